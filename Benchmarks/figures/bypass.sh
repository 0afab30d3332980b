# shellcheck shell=bash
# bypass-queue: what it accepts beside a handler that only answers, what it delivers beside wrk posting to the same
# receivers, both once more with processors assigned, the delay of an idle group, and both with a million messages
# waiting.

BYPASS_ROUNDS=${BYPASS_ROUNDS:-3}
BYPASS_SECONDS=${BYPASS_SECONDS:-8}
BYPASS_MESSAGES=${BYPASS_MESSAGES:-100000}
BYPASS_WAITING=${BYPASS_WAITING:-1000000}
BYPASS_GROUPS=1000
BYPASS_ANSWER='{"group":"group-1","id":123456,"sequence":1234}'
BYPASS_DELAYS=${BYPASS_DELAYS:-1000}

bypass_port() { echo $((8088 + PORT_OFFSET)); }
bypass_sql() { psql -X -q -At -v ON_ERROR_STOP=1 "$(env_value BYPASS_QUEUE_MIGRATION_DATABASE_URL)"; }

# post_load PORT PATH GROUPS [CALLBACK]: "requests/s p99" of wrk -t2 -c64
post_load() {
    local text
    text=$(POSTS_PATH=$2 POSTS_GROUPS=$3 CALLBACK=${4:-} wrk -t2 -c64 -d"${BYPASS_SECONDS}s" --latency \
        -s "$BENCH/tools/posts.lua" "http://127.0.0.1:$1")
    echo "$text" >>"$RUN_DIR/log/wrk.log"
    ! grep -E 'Non-2xx|Socket errors' <<<"$text" >&2 || note "that was on port $1" >&2
    awk '/Requests\/sec/ { rate = $2 } $1 == "99%" { p99 = $2 } END { print rate, p99 }' <<<"$text"
}

# make_groups PREFIX COUNT PAUSED [RECEIVER]
make_groups() {
    bypass_sql <<SQL
INSERT INTO groups (name, callback_url, secret, paused)
SELECT '$1-' || n, '${4:-$BYPASS_RECEIVER}', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', $3 FROM generate_series(1, $2) n
ON CONFLICT (name) DO NOTHING;
SQL
}

# put_messages PREFIX COUNT: into the groups of that name, one after another
put_messages() {
    bypass_sql <<SQL
WITH numbered AS (
    SELECT id, last_sequence, row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () AS groups
    FROM groups WHERE name LIKE '$1-%'
), news AS (
    INSERT INTO messages (group_id, id, sequence, is_ordered, accepted_at, body)
    SELECT g.id, nextval('message_ids'), g.last_sequence + n / g.groups + 1, true, now(), decode(repeat('78', 200), 'hex')
    FROM generate_series(0, $2 - 1) n JOIN numbered g ON g.place = n % g.groups
    RETURNING group_id
)
UPDATE groups SET last_sequence = last_sequence + added, is_waiting = true
FROM (SELECT group_id, count(*) AS added FROM news GROUP BY group_id) a WHERE groups.id = a.group_id;
ANALYZE messages;
SQL
}

# forget_messages: what was accepted into paused groups
forget_messages() {
    bypass_sql <<<"DELETE FROM messages; UPDATE groups SET done_sequence = last_sequence, is_waiting = false"
}

# deliver PREFIX COUNT [RECEIVER]: puts them, sets them free, and prints deliveries/s
deliver() {
    local begin end url before
    url=http://127.0.0.1:$(bypass_port)
    make_groups "$1" "$BYPASS_GROUPS" true "${3:-}"
    put_messages "$1" "$2"
    before=$(python3 "$BENCH/tools/delivered.py" "$url")
    begin=$(now_ms)
    bypass_sql <<SQL
UPDATE groups SET paused = false WHERE name LIKE '$1-%';
NOTIFY bypass_free;
SQL
    python3 "$BENCH/tools/delivered.py" "$url" $((before + $2)) 300
    end=$(now_ms)
    [[ $(bypass_sql <<<"SELECT count(*) FROM messages m JOIN groups g ON g.id = m.group_id AND g.name LIKE '$1-%'") = 0 ]] ||
        { failure bypass 'messages were counted as delivered and are still there' && return 1; }
    awk -v n="$2" -v ms="$((end - begin))" 'BEGIN { printf "%.0f", n * 1000 / ms }'
}

start_bypass() {
    local folder=$RUN_DIR/nginx
    "$LOCAL/stores.sh" start postgres mariadb broker
    "$LOCAL/services.sh" stop
    "$LOCAL/services.sh" start bypass-queue
    mkdir -p "$folder"
    sed -e "s|@FOLDER@|$folder|; s|@PORT@|$((8071 + PORT_OFFSET))|; s|@BODY@|$BYPASS_ANSWER|" "$BENCH/peers/nginx.conf" \
        >"$folder/nginx.conf"
    background nginx nginx -e stderr -c "$folder/nginx.conf"
    background constant env HTTP_PORT=$((8072 + PORT_OFFSET)) CONSTANT_BODY="$BYPASS_ANSWER" "$CONSTANT_BIN"
    background receiver "$SUITE_BIN/callback-receiver" --port $((8073 + PORT_OFFSET))
    for port in $((8071 + PORT_OFFSET)) $((8072 + PORT_OFFSET)) $((8073 + PORT_OFFSET)); do await_port "$port"; done
    BYPASS_RECEIVER=http://127.0.0.1:$((8071 + PORT_OFFSET))/hook
}

# placed_bypass: the same with event loops on processor 0 and a receiver on processor 1, as if it had a machine of its own
placed_bypass() {
    local round free constant mine direct delivered
    local -a frees=() constants=() mines=() directs=() delivereds=()
    "$LOCAL/services.sh" stop
    HTTP_PROCESSORS=0 "$LOCAL/services.sh" start bypass-queue
    background placed-constant \
        env HTTP_PROCESSORS=0 HTTP_PORT=$((8074 + PORT_OFFSET)) CONSTANT_BODY="$BYPASS_ANSWER" "$CONSTANT_BIN"
    background placed-receiver taskset -c 1 "$SUITE_BIN/callback-receiver" --port $((8075 + PORT_OFFSET))
    for port in $((8074 + PORT_OFFSET)) $((8075 + PORT_OFFSET)); do await_port "$port"; done
    for ((round = 1; round <= BYPASS_ROUNDS; round++)); do
        free=$(post_load $((8072 + PORT_OFFSET)) "$path" "$BYPASS_GROUPS")
        constant=$(post_load $((8074 + PORT_OFFSET)) "$path" "$BYPASS_GROUPS")
        mine=$(post_load "$(bypass_port)" "$path" "$BYPASS_GROUPS")
        forget_messages
        direct=$(AS_CALLBACK=1 post_load $((8075 + PORT_OFFSET)) /hook 1)
        delivered=$(deliver "placed$round" "$BYPASS_MESSAGES" "http://127.0.0.1:$((8075 + PORT_OFFSET))/hook")
        frees+=("${free% *}") constants+=("${constant% *}") mines+=("${mine% *}")
        directs+=("${direct% *}") delivereds+=("$delivered")
        note "$round, placed: accepted ${mine% *}/s of ${constant% *}/s, delivered $delivered/s of ${direct% *}/s"
    done
    placed_free=$(median "${frees[*]}") placed_constant=$(median "${constants[*]}") placed_mine=$(median "${mines[*]}")
    placed_direct=$(median "${directs[*]}") placed_delivered=$(median "${delivereds[*]}")
    "$LOCAL/services.sh" stop
    "$LOCAL/services.sh" start bypass-queue
}

# part_of_share RATE LIMIT RATE0 LIMIT0: RATE's share of its limit, as a part of the share that RATE0 had of its own
part_of_share() { awk -v a="$1" -v b="$2" -v c="$3" -v d="$4" 'BEGIN { printf "%.2f", b * c ? a * d / (b * c) : 0 }'; }

figure_bypass() {
    local round nginx constant mine straight delivered sample sampled delay waiting_mine waiting_delivered memory path p99
    local straight_curl sample_curl waiting_constant waiting_curl share
    local placed_free placed_constant placed_mine placed_direct placed_delivered
    local -a straight_curls=() sample_curls=()
    local -a nginxes=() constants=() mines=() straights=() delivereds=() samples=() sampleds=()
    path=/queues/accept-%d/messages
    start_bypass
    make_groups accept "$BYPASS_GROUPS" true
    for ((round = 1; round <= BYPASS_ROUNDS; round++)); do
        nginx=$(post_load $((8071 + PORT_OFFSET)) "$path" "$BYPASS_GROUPS")
        constant=$(post_load $((8072 + PORT_OFFSET)) "$path" "$BYPASS_GROUPS")
        mine=$(post_load "$(bypass_port)" "$path" "$BYPASS_GROUPS")
        p99=${mine#* }
        straight=$(post_load $((8071 + PORT_OFFSET)) '/hook?bypass=1&reqid=1' 1)
        forget_messages
        delivered=$(deliver "round$round" "$BYPASS_MESSAGES")
        straight_curl=$("$TOOLS/callbacks" "$BYPASS_RECEIVER" "$BYPASS_MESSAGES" 128)
        sample_curl=$("$TOOLS/callbacks" "http://127.0.0.1:$((8073 + PORT_OFFSET))/hook" "$BYPASS_MESSAGES" 128)
        straight_curls+=("$straight_curl") sample_curls+=("$sample_curl")
        sample=$(AS_CALLBACK=1 post_load $((8073 + PORT_OFFSET)) /hook 1)
        sampled=$(deliver "sample$round" "$BYPASS_MESSAGES" "http://127.0.0.1:$((8073 + PORT_OFFSET))/hook")
        nginxes+=("${nginx% *}") constants+=("${constant% *}") mines+=("${mine% *}") straights+=("${straight% *}")
        delivereds+=("$delivered") samples+=("${sample% *}") sampleds+=("$sampled")
        note "$round: accepted ${mine% *}/s of ${constant% *}/s, delivered $delivered/s of ${straight% *}/s" \
            "and $sampled/s of ${sample% *}/s"
    done
    placed_bypass
    delay=$(python3 "$BENCH/tools/delay.py" "http://127.0.0.1:$(bypass_port)" "$BYPASS_DELAYS")
    make_groups waiting "$BYPASS_GROUPS" true
    put_messages waiting "$BYPASS_WAITING"
    # The machine's own pace changes within minutes: what is compared with the rounds above is its share of the limit.
    waiting_constant=$(post_load $((8072 + PORT_OFFSET)) "$path" "$BYPASS_GROUPS")
    waiting_mine=$(post_load "$(bypass_port)" "$path" "$BYPASS_GROUPS")
    waiting_curl=$("$TOOLS/callbacks" "$BYPASS_RECEIVER" "$BYPASS_MESSAGES" 128)
    waiting_delivered=$(deliver full "$BYPASS_MESSAGES")
    memory=$(resident "$(pid_of bypass-queue)")
    end_background
    begin_figure bypass
    constant=$(median "${constants[*]}") mine=$(median "${mines[*]}")
    straight=$(median "${straights[*]}") delivered=$(median "${delivereds[*]}")
    sample=$(median "${samples[*]}") sampled=$(median "${sampleds[*]}")
    row 'POST, nginx answers a constant' "$(thousands "$(median "${nginxes[*]}")")/s" '' '' ''
    row 'POST, our runtime answers a constant' "$(thousands "$constant")/s" '' '' ''
    row 'POST, accepted and committed' "$(thousands "$mine")/s" "$(ratio "$mine" "$constant") of the constant, p99 $p99" \
        '≥ 0.50' "$(at_least "$(ratio "$mine" "$constant")" 0.5)"
    row '… the constant, with HTTP_PROCESSORS=0' "$(thousands "$placed_constant")/s" \
        "$(thousands "$placed_free")/s on both processors then" '' ''
    share=$(ratio "$placed_mine" "$placed_constant")
    row '… accepted and committed, likewise' "$(thousands "$placed_mine")/s" \
        "$share of that, $(ratio "$placed_mine" "$placed_free") of the constant on both" '≥ 0.50' "$(at_least "$share" 0.5)"
    row 'wrk straight to the sample receiver' "$(thousands "$sample")/s" '' '' ''
    row "callbacks to it, $BYPASS_GROUPS groups" "$(thousands "$sampled")/s" "$(ratio "$sampled" "$sample") of that" \
        '≥ 0.30, aim 0.50' "$(at_least "$(ratio "$sampled" "$sample")" 0.3)"
    row 'libcurl alone to it, 128 at once' "$(thousands "$(median "${sample_curls[*]}")")/s" '' '' ''
    row '… wrk straight to it, the receiver on processor 1 alone' "$(thousands "$placed_direct")/s" '' '' ''
    share=$(ratio "$placed_delivered" "$placed_direct")
    row '… callbacks to it, likewise' "$(thousands "$placed_delivered")/s" "$share of that" '≥ 0.30, aim 0.50' \
        "$(at_least "$share" 0.3)"
    row 'wrk straight to nginx, which answers a constant' "$(thousands "$straight")/s" '' '' ''
    row "callbacks to it, $BYPASS_GROUPS groups" "$(thousands "$delivered")/s" "$(ratio "$delivered" "$straight") of that" \
        '≥ 0.30, aim 0.50' "$(at_least "$(ratio "$delivered" "$straight")" 0.3)"
    row 'libcurl alone to it, 128 at once' "$(thousands "$(median "${straight_curls[*]}")")/s" '' '' ''
    row 'delay of an idle group, p50' "$(value p50 "$delay") ms" "p99 $(value p99 "$delay") ms" '≤ 5 ms' \
        "$(at_most "$(value p50 "$delay")" 5)"
    share=$(part_of_share "${waiting_mine% *}" "${waiting_constant% *}" "$mine" "$constant")
    row "accepted, $(thousands "$BYPASS_WAITING") waiting" "$(thousands "${waiting_mine% *}")/s" \
        "the constant $(thousands "${waiting_constant% *}")/s then: $share of the empty queue's share of it" '≥ 0.90' \
        "$(at_least "$share" 0.9)"
    share=$(part_of_share "$waiting_delivered" "$waiting_curl" "$delivered" "$(median "${straight_curls[*]}")")
    row "callbacks to nginx, $(thousands "$BYPASS_WAITING") waiting" "$(thousands "$waiting_delivered")/s" \
        "libcurl alone $(thousands "$waiting_curl")/s then: $share of the empty queue's share of it" '≥ 0.90' \
        "$(at_least "$share" 0.9)"
    row 'resident memory then' "$memory MB" '' '≤ 150 MB' "$(at_most "$memory" 150)"
    end_figure
}
