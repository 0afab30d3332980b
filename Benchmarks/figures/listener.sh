# shellcheck shell=bash
# event-listener: bulk beside psql \copy, single POSTs beside a constant handler and nginx, one INSERT each, memory.

LISTENER_EVENTS=${LISTENER_EVENTS:-300000}
LISTENER_ROUNDS=${LISTENER_ROUNDS:-3}
LISTENER_MINUTES=${LISTENER_MINUTES:-5}
IFS= read -r EVENT <<'JSON'
{"event_type":"page","event_action":"view","event_ver":"1.0","etc_num1":7,"user_ip":"192.0.2.7","payload":{"path":"/products/1234","ms":123,"agent":"Mozilla/5.0"}}
JSON
export EVENT

listener_sql() { psql -X -q -At -v ON_ERROR_STOP=1 "$(env_value EVENT_LISTENER_MIGRATION_DATABASE_URL)"; }

empty_log() { listener_sql <<<'TRUNCATE apilog.event_key, apilog.api_event_log'; }

# per_second COUNT MILLISECONDS
per_second() { awk -v n="$1" -v ms="$2" 'BEGIN { printf "%.0f", n * 1000 / ms }'; }

# bulk_stream FOLDER: events/s from the first byte to the answer, which comes behind the last commit
bulk_stream() {
    local begin answer
    begin=$(now_ms)
    answer=$(curl -fsS -H 'Content-Type: application/x-ndjson' -X POST -T "$1/events.ndjson" "$EVENT_LISTENER_URL/events")
    per_second "$LISTENER_EVENTS" $(($(now_ms) - begin))
    [[ $answer = "{\"stored\":$LISTENER_EVENTS,"* ]] || { failure listener "the stream was answered: ${answer:0:200}" && return 1; }
}

# bulk_copy FOLDER: the same rows by psql
bulk_copy() {
    local begin columns='uuid, event_type, event_action, event_ver, etc_num1, user_ip, payload, upd_dt'
    begin=$(now_ms)
    listener_sql <<SQL
BEGIN;
\\copy apilog.event_key (uuid, upd_dt) FROM '$1/keys.csv' (FORMAT csv)
\\copy apilog.api_event_log ($columns) FROM '$1/events.csv' (FORMAT csv)
COMMIT;
SQL
    per_second "$LISTENER_EVENTS" $(($(now_ms) - begin))
}

# post_events PORT PATH: "requests/s p99"
post_events() {
    local text
    text=$(EVENTS_PATH=$2 wrk -t2 -c64 -d"${WRK_SECONDS}s" --latency -s "$BENCH/tools/events.lua" "http://127.0.0.1:$1")
    echo "$text" >>"$RUN_DIR/log/wrk.log"
    ! grep -E 'Non-2xx|Socket errors' <<<"$text" >&2 || note "that was on port $1" >&2
    awk '/Requests\/sec/ { rate = $2 } $1 == "99%" { p99 = $2 } END { print rate, p99 }' <<<"$text"
}

# milliseconds 1.23ms|45us|2s
milliseconds() { awk -v t="$1" 'BEGIN { v = t + 0; print (t ~ /us$/ ? v / 1000 : t ~ /ms$/ ? v : v * 1000) }'; }

# one_insert_each: events/s
one_insert_each() {
    local bin script=$RUN_DIR/listener/insert.sql url
    bin=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin | sort -V | tail -n 1)
    url=$(env_value EVENT_LISTENER_DATABASE_URL)
    cat >"$script" <<'SQL'
INSERT INTO apilog.api_event_log (uuid, event_type, event_action, event_ver, etc_num1, user_ip, payload, upd_dt)
VALUES (gen_random_uuid(), 'page', 'view', '1.0', 7, '192.0.2.7',
    '{"path":"/products/1234","ms":123,"agent":"Mozilla/5.0"}', clock_timestamp());
SQL
    "$bin/pgbench" -n -M prepared -c 8 -j 2 -T "$WRK_SECONDS" -f "$script" "$url" 2>>"$RUN_DIR/log/pgbench.log" |
        awk '/^tps/ { print $3 }'
}

# resident_kb: of event-listener
resident_kb() { awk '/^VmRSS/ { print $2 }' "/proc/$(pid_of event-listener)/status"; }

# memory_under_load: "after half a minute, at most afterwards, at the end", in MB
memory_under_load() {
    local first=0 most=0 now end=$((SECONDS + LISTENER_MINUTES * 60)) settle=$((SECONDS + 30)) load
    EVENTS_PATH=/events wrk -t2 -c64 -d"$((LISTENER_MINUTES * 60))s" -s "$BENCH/tools/events.lua" \
        "$EVENT_LISTENER_URL" >>"$RUN_DIR/log/wrk.log" 2>&1 &
    load=$!
    while ((SECONDS < end)) && kill -0 "$load" 2>/dev/null; do
        sleep 1
        now=$(resident_kb)
        ((SECONDS < settle)) && continue
        ((first)) || first=$now
        ((now <= most)) || most=$now
    done
    wait "$load"
    echo "$((first / 1024)) $((most / 1024)) $((now / 1024))"
}

# contest: all contestants get the same POSTs, by turns
contest() {
    local round name port path answer
    while read -r name port path; do
        answer=$(post_events "$port" "$path" </dev/null)
        rates[$name]+=" ${answer% *}" p99[$name]+=" $(milliseconds "${answer#* }")"
        note "$1 $name:${rates[$name]}, p99${p99[$name]} ms"
    done <<TEXT
nginx $((8071 + PORT_OFFSET)) /events
constant $((8072 + PORT_OFFSET)) /events
stored ${EVENT_LISTENER_URL##*:} /events
queued ${EVENT_LISTENER_URL##*:} /events?ack=queued
TEXT
}

figure_listener() {
    local folder=$RUN_DIR/listener round copies='' streams='' inserts memory words
    local -A rates=() p99=()
    "$LOCAL/stores.sh" start postgres mariadb broker
    "$LOCAL/services.sh" stop
    "$LOCAL/services.sh" start event-listener
    EVENT_LISTENER_URL=$(env_value EVENT_LISTENER_URL)
    python3 "$BENCH/tools/events.py" "$folder" "$LISTENER_EVENTS"
    for ((round = 1; round <= LISTENER_ROUNDS; round++)); do
        empty_log
        copies+=" $(bulk_copy "$folder")"
        empty_log
        streams+=" $(bulk_stream "$folder")"
        note "$round psql:$copies, stream:$streams"
    done
    empty_log
    mkdir -p "$folder/nginx"
    sed -e "s|@FOLDER@|$folder/nginx|; s|@PORT@|$((8071 + PORT_OFFSET))|" \
        -e 's|@BODY@|{"stored":1,"duplicates":0,"rejected":[]}|' "$BENCH/peers/nginx.conf" >"$folder/nginx/nginx.conf"
    background nginx nginx -e stderr -c "$folder/nginx/nginx.conf"
    background constant env HTTP_PORT=$((8072 + PORT_OFFSET)) \
        CONSTANT_BODY='{"stored":1,"duplicates":0,"rejected":[]}' "$CONSTANT_BIN"
    for port in $((8071 + PORT_OFFSET)) $((8072 + PORT_OFFSET)); do await_port "$port"; done
    for ((round = 1; round <= LISTENER_ROUNDS; round++)); do
        contest "$round"
        empty_log
    done
    inserts=$(one_insert_each)
    empty_log
    memory=$(memory_under_load)
    end_background
    empty_log
    begin_figure listener
    bulk_rows "$(median "$streams")" "$(median "$copies")"
    single_rows "$(median "${rates[constant]}")" "$inserts"
    read -ra words <<<"$memory"
    row "memory over $LISTENER_MINUTES minutes at full load" "${words[2]} MB at the end" \
        "${words[0]} MB after 30 s, at most ${words[1]} MB" '≤ 16 MB more' "$(at_most $((words[1] - words[0])) 16)"
    end_figure
}

bulk_rows() {
    row "psql \\copy of $(thousands "$LISTENER_EVENTS") events, both tables" "$(thousands "$2")/s" '' '' ''
    row 'NDJSON stream, to the last commit' "$(thousands "$1")/s" "$(ratio "$1" "$2") of psql" '≥ 0.60, aim 0.90' \
        "$(at_least "$(ratio "$1" "$2")" 0.6)"
}

single_rows() {
    local stored queued slow
    stored=$(median "${rates[stored]}") queued=$(median "${rates[queued]}") slow=$(median "${p99[stored]}")
    row 'POST, nginx with a constant' "$(thousands "$(median "${rates[nginx]}")")/s" \
        "$(ratio "$(median "${rates[nginx]}")" "$1") of ours" '' ''
    row 'POST, our runtime with a constant' "$(thousands "$1")/s" "p99 $(median "${p99[constant]}") ms" '' ''
    row 'POST /events, ack=stored' "$(thousands "$stored")/s" "$(ratio "$stored" "$1") of the constant" '≥ 0.50' \
        "$(at_least "$(ratio "$stored" "$1")" 0.5)"
    row 'POST /events, ack=stored, p99' "$slow ms" "constant $(median "${p99[constant]}") ms" '≤ 20 ms' \
        "$(at_most "$slow" 20)"
    row 'POST /events, ack=queued' "$(thousands "$queued")/s" "$(ratio "$queued" "$1") of the constant" '≥ 0.80' \
        "$(at_least "$(ratio "$queued" "$1")" 0.8)"
    row 'one INSERT and commit an event, 8 connections, no HTTP' "$(thousands "$2")/s" \
        "$(ratio "$2" "$stored") of ack=stored" '' ''
}
