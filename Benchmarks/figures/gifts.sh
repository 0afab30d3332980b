# shellcheck shell=bash
# POST /gifts with telegram healthy, and with the circuit breaker open; the two by turns.

GIFTS_SECONDS=${GIFTS_SECONDS:-8}
GIFTS_ROUNDS=${GIFTS_ROUNDS:-3}
GIFTS_THREADS=2
# More rewards than any round can exchange.
GIFTS_REWARDS=${GIFTS_REWARDS:-100000}
export GIFTS_THREADS

# service_sql SERVICE: runs the statements of the input in its database
service_sql() { psql -X -q -At -v ON_ERROR_STOP=1 "$(env_value "$(upper "$1")_MIGRATION_DATABASE_URL")"; }

# grant_rewards FIRST: rewards as reward has granted them and as gift knows them; each of 1,000 customers has a chat
grant_rewards() {
    local last=$(($1 + GIFTS_REWARDS - 1))
    service_sql reward <<SQL
INSERT INTO rewards (id, version, mission_id, customer_id, status, created_at, updated_at)
SELECT id, 1, id, id % 1000 + 1, 'Allocated', now(), now() FROM generate_series($1, $last) AS id;
ANALYZE rewards;
SQL
    service_sql gift <<SQL
INSERT INTO rewards (id, version, mission_id, customer_id, status)
SELECT id, 1, id, id % 1000 + 1, 'Allocated' FROM generate_series($1, $last) AS id;
ANALYZE rewards;
SQL
    service_sql telegram <<SQL
INSERT INTO chats (id, version, chat_id, updated_at) SELECT id, 1, id, now() FROM generate_series(1, 1000) AS id
ON CONFLICT DO NOTHING;
SQL
}

# set_breaker MODE
set_breaker() {
    curl -fsS -o "$RUN_DIR/log/breaker.json" -X PUT -H 'Content-Type: application/json' -d "{\"mode\": \"$1\"}" \
        "$(env_value GIFT_URL)/operator/breakers/telegram"
}

breaker_state() {
    curl -fsS "$(env_value GIFT_URL)/operator/breakers/telegram" | grep -oE '"state":"[A-Za-z]+"' | cut -d '"' -f 4
}

# exchange_gifts FIRST: "requests/s p99"
exchange_gifts() {
    local text
    text=$(GIFTS_FIRST=$1 wrk -t"$GIFTS_THREADS" -c64 -d"${GIFTS_SECONDS}s" --latency -s "$BENCH/tools/gifts.lua" \
        "$(env_value GIFT_URL)")
    echo "$text" >>"$RUN_DIR/log/wrk.log"
    ! grep -E 'Non-2xx|Socket errors' <<<"$text" >&2
    awk '/Requests\/sec/ { rate = $2 } $1 == "99%" { p99 = $2 } END { print rate, p99 }' <<<"$text"
}

# gifts_settled: until gift's outbox is empty, so that the rounds begin alike
gifts_settled() {
    local deadline=$(($(now_ms) + 120000))
    while [[ $(service_sql gift <<<'SELECT count(*) FROM (SELECT 1 FROM outbox LIMIT 1) AS waiting') != 0 ]]; do
        (($(now_ms) < deadline)) || { failure gifts 'the outbox does not become empty' && return 1; }
        sleep 0.2
    done
}

figure_gifts() {
    local round mode answer first=1000000000
    local -A rates=() p99=()
    everything
    for ((round = 1; round <= GIFTS_ROUNDS; round++)); do
        for mode in Automatic ForcedOpen; do
            grant_rewards "$first"
            set_breaker "$mode"
            answer=$(exchange_gifts "$first")
            rates[$mode]+=" ${answer% *}" p99[$mode]+=" ${answer#* }"
            note "$round $mode: $answer, the breaker is $(breaker_state)"
            first=$((first + GIFTS_REWARDS))
            gifts_settled
        done
    done
    begin_figure gifts
    row 'POST /gifts, telegram healthy' "$(thousands "$(median "${rates[Automatic]}")")/s" \
        "p99 of the rounds:${p99[Automatic]}" '' ''
    row 'POST /gifts, the breaker open' "$(thousands "$(median "${rates[ForcedOpen]}")")/s" \
        "p99 of the rounds:${p99[ForcedOpen]}" '' ''
    end_figure
}
