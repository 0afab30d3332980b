# shellcheck shell=bash
# The relay alone: a full outbox of a stopped service, beside what one SELECT and a bare producer take.

RELAY_ROWS=${RELAY_ROWS:-200000}

fill_outbox() {
    bench_sql <<SQL
TRUNCATE outbox;
INSERT INTO outbox (id, aggregatetype, aggregateid, type, key, payload, headers, created_at)
SELECT gen_random_uuid(), 'mission', n, 'MissionAchieved', (n % 1000 + 1)::text,
       format('{"customerId":%s,"id":%s,"status":"Achieved","title":"Mission %s of the benchmark","version":1}',
              n % 1000 + 1, n, n)::json,
       format('{"correlationid":"%s","traceparent":"00-%s-%s-01"}', gen_random_uuid(), md5(n::text),
              left(md5(n::text), 16))::json,
       now()
FROM generate_series(1, $RELAY_ROWS) n;
VACUUM ANALYZE outbox;
SQL
}

figure_relay() {
    local round limit drain rates='' limits='' selects='' produces=''
    fresh_broker
    # Its migrations make the table.
    "$LOCAL/services.sh" start mission && "$LOCAL/services.sh" stop mission
    for round in 1 2 3; do
        fill_outbox
        limit=$(as_service mission "$TOOLS/outbox" limit)
        drain=$(as_service mission "$TOOLS/outbox" drain "$SUITE_BIN/mission" serve 2>>"$RUN_DIR/log/mission.log")
        note "round $round: limit $(value rows_per_s "$limit")/s, relay $(value rows_per_s "$drain")/s"
        [[ $(value left "$drain") = 0 ]] || { failure relay 'rows were left in the outbox' && return 1; }
        limits+=" $(value rows_per_s "$limit")" rates+=" $(value rows_per_s "$drain")"
        selects+=" $(value select_s "$limit")" produces+=" $(value produce_s "$limit")"
    done
    # Nobody else may consume events of missions that there never were.
    fresh_broker
    local rate limit_rate parts
    rate=$(median "$rates") limit_rate=$(median "$limits")
    parts="one SELECT ($(median "$selects") s) and a bare producer ($(median "$produces") s)"
    begin_figure relay
    row "Relay, $(thousands "$RELAY_ROWS") rows, from the process's start to an empty outbox" \
        "$(thousands "$rate") rows/s" \
        "$parts: $(thousands "$limit_rate") rows/s; the relay is at $(ratio "$rate" "$limit_rate")" \
        "≥ 30,000 rows/s, aim 50,000" "$(at_least "$rate" 30000)"
    end_figure
}
