# shellcheck shell=bash
# What AUTH=on costs: GET /mypages/{id} with and without it by turns, and the check of one token (Benchmarks/auth).

AUTH_ROUNDS=${AUTH_ROUNDS:-3}
AUTH_CHECKS=${AUTH_CHECKS:-5000}

# guarded_mypage: a second mypage beside the first, on the same rows, which asks for tokens
guarded_mypage() {
    "$SUITE_BIN/demo-token" keys --folder "$RUN_DIR/auth" >/dev/null
    background mypage-auth env HTTP_PORT=$((8074 + PORT_OFFSET)) DATABASE_URL="$(env_value MYPAGE_DATABASE_URL)" \
        KAFKA_BROKERS="$(env_value KAFKA_BROKERS)" KAFKA_SESSION_TIMEOUT=4s \
        KAFKA_PROPERTIES='fetch.wait.max.ms=2;heartbeat.interval.ms=300' AUTH=on AUTH_ISSUER=demo \
        AUTH_JWKS_FILE="$RUN_DIR/auth/jwks.json" "$SUITE_BIN/mypage" serve
    await_port $((8074 + PORT_OFFSET))
}

figure_auth() {
    local round text off='' on='' refused token generation
    "$LOCAL/stores.sh" start postgres mariadb broker
    "$LOCAL/services.sh" stop
    "$LOCAL/services.sh" start mypage
    generation=$(mypage_sql <<<'SELECT active FROM mypage_generation')
    fill_mypage "$generation" >/dev/null
    guarded_mypage
    token=$("$SUITE_BIN/demo-token" token --folder "$RUN_DIR/auth" --role operator --subject bench)
    for ((round = 1; round <= AUTH_ROUNDS; round++)); do
        text=$(run_wrk $((8085 + PORT_OFFSET)) /mypages/) && off+=" ${text% *}"
        text=$(READS_TOKEN=$token run_wrk $((8074 + PORT_OFFSET)) /mypages/) && on+=" ${text% *}"
        note "$round: off$off, on$on"
    done
    refused=$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$((8074 + PORT_OFFSET))/mypages/1")
    end_background
    [[ $refused = 401 ]] || { failure auth "without a token the answer was $refused" && return 1; }
    text=$("$AUTH_BIN" "$AUTH_CHECKS" | tr '\n' ' ')
    begin_figure auth
    row 'GET /mypages/{id}, AUTH=off' "$(thousands "$(median "$off")")/s" '' '' ''
    row 'GET /mypages/{id}, AUTH=on, an operator' "$(thousands "$(median "$on")")/s" \
        "$(ratio "$(median "$on")" "$(median "$off")") of AUTH=off" '≥ 0.85 of AUTH=off' \
        "$(at_least "$(ratio "$(median "$on")" "$(median "$off")")" 0.85)"
    row 'a token that is remembered' "$(value remembered "$text") ns" "$(value bytes "$text") bytes to compare" \
        '≤ 2000 ns' "$(at_most "$(value remembered "$text")" 2000)"
    row 'a token that is new: ES256' "$(($(value verify "$text") / 1000)) µs" '' '' ''
    end_figure
}
