# shellcheck shell=bash
# The order pipeline: lines a second from the file to the counts, by the Redis list and by the Kafka topic, beside a bare
# push and a peer; from a line's write to the browser; memory.

ORDERS_LINES=${ORDERS_LINES:-300000}
# The built-in broker keeps about 5 MB a partition, so what goes by the topic must fit into it as a whole.
ORDERS_KAFKA_LINES=${ORDERS_KAFKA_LINES:-50000}
ORDERS_LOOKS=${ORDERS_LOOKS:-40}

orders_redis() { redis-cli -p "$REDIS_PORT" "$@"; }

# orders_file COUNT: a file with so many orders
orders_file() {
    rm -rf "$RUN_DIR"/orders.bench* "$RUN_DIR/orders-state"
    "$SUITE_BIN/order-generator" --file "$RUN_DIR/orders.bench" --rate 0 --count "$1" --seed 1
}

# orders_start NAME PORT VIA: one of the pipeline's services, ready
orders_start() {
    background "$1" env REDIS_URL="redis://127.0.0.1:$REDIS_PORT/0" ORDERS_VIA="$3" HTTP_PORT="$2" SHUTDOWN_DRAIN=0s \
        KAFKA_BROKERS="$(env_value KAFKA_BROKERS)" KAFKA_SESSION_TIMEOUT=4s \
        KAFKA_PROPERTIES='fetch.wait.max.ms=2;heartbeat.interval.ms=300' \
        ORDERS_FILE="$RUN_DIR/orders.bench" COLLECTOR_STATE="$RUN_DIR/orders-state" "$SUITE_BIN/$1" serve
    await_port "$2"
}

# orders_rate COUNT VIA: lines a second from the start of the collector to the last line counted
orders_rate() {
    local begin counted deadline
    orders_redis flushall >/dev/null
    orders_file "$1"
    orders_start order-statistics $((8092 + PORT_OFFSET)) "$2"
    if [[ $2 = kafka ]]; then
        until curl -fsS "http://127.0.0.1:$((8092 + PORT_OFFSET))/readyz" | grep -q '"joined'; do sleep 0.1; done
    fi
    begin=$(now_ms)
    deadline=$((begin + 120000))
    orders_start order-collector $((8091 + PORT_OFFSET)) "$2"
    until counted=$(orders_redis hget order-statistics:totals counted) && [[ $counted = "$1" ]]; do
        (($(now_ms) < deadline)) || { failure orders "${counted:-0} of $1 lines were counted by $2" && return 1; }
        sleep 0.01
    done
    ORDERS_RATE_MEASURED=$(($1 * 1000 / ($(now_ms) - begin)))
    end_background
}

# orders_limit COUNT: lines a second that tail and redis-cli push into a list, uncounted
orders_limit() {
    local begin
    orders_redis flushall >/dev/null
    orders_file "$1"
    begin=$(now_ms)
    tail -n +1 "$RUN_DIR/orders.bench" | awk '{ printf "*3\r\n$5\r\nRPUSH\r\n$4\r\nlist\r\n$%d\r\n%s\r\n", length($0), $0 }' |
        redis-cli -p "$REDIS_PORT" --pipe >/dev/null
    ORDERS_LIMIT_MEASURED=$(($1 * 1000 / ($(now_ms) - begin)))
}

# orders_peer: the same counts by PySpark structured streaming on the same file
orders_peer() {
    local venv=$RUN_DIR/spark
    [[ -x $venv/bin/python ]] || python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet 'pyspark==3.5.*' >"$RUN_DIR/log/spark.log" 2>&1 || return 1
    "$venv/bin/python" "$BENCH/peers/spark/orders.py" "$RUN_DIR/orders.bench" 2>>"$RUN_DIR/log/spark.log"
}

figure_orders() {
    local round redis='' kafka='' limit='' peer looks service
    fresh_broker
    "$LOCAL/stores.sh" start redis
    for round in 1 2 3; do
        orders_limit "$ORDERS_LINES"
        limit+=" $ORDERS_LIMIT_MEASURED"
        orders_rate "$ORDERS_LINES" redis
        redis+=" $ORDERS_RATE_MEASURED"
        note "round $round: limit $ORDERS_LIMIT_MEASURED/s, by the list $ORDERS_RATE_MEASURED/s"
    done
    for round in 1 2 3; do
        fresh_broker
        orders_rate "$ORDERS_KAFKA_LINES" kafka
        kafka+=" $ORDERS_RATE_MEASURED"
    done
    orders_file "$ORDERS_LINES"
    peer=$(orders_peer || echo 'lines_per_s=0 with_start=0')
    limit=$(median "$limit") redis=$(median "$redis") kafka=$(median "$kafka")
    begin_figure orders
    row "Orders, $(thousands "$ORDERS_LINES") lines, file to counted by the Redis list" "$(thousands "$redis") lines/s" \
        "tail and redis-cli --pipe, uncounted: $(thousands "$limit")/s; at $(ratio "$redis" "$limit")" \
        '≥ 0.3 of it, aim 0.5' "$(at_least "$(ratio "$redis" "$limit")" 0.3)"
    row "Orders, $(thousands "$ORDERS_KAFKA_LINES") lines, file to counted by the Kafka topic" \
        "$(thousands "$kafka") lines/s" "the same limit; at $(ratio "$kafka" "$limit")" '≥ 0.3 of it, aim 0.5' \
        "$(at_least "$(ratio "$kafka" "$limit")" 0.3)"
    row 'The same counts by PySpark structured streaming, local[2]' \
        "$(thousands "$(value lines_per_s "$peer")") lines/s" \
        "with its start: $(thousands "$(value with_start "$peer")")/s" 'peer' '-'
    orders_redis flushall >/dev/null
    rm -rf "$RUN_DIR"/orders.bench* "$RUN_DIR/orders-state"
    for service in order-statistics:8092 order-collector:8091 order-dashboard:3000; do
        orders_start "${service%:*}" $((${service#*:} + PORT_OFFSET)) redis
    done
    looks=$(python3 "$BENCH/tools/looks.py" "$RUN_DIR/orders.bench" "http://127.0.0.1:$((3000 + PORT_OFFSET))/" \
        "$ORDERS_LOOKS")
    row "From a line's write to the browser's update, p50 of $ORDERS_LOOKS" "$(value p50_ms "$looks") ms" \
        "p95 $(value p95_ms "$looks") ms" '≤ 300 ms' "$(at_most "$(value p50_ms "$looks")" 300)"
    background order-generator "$SUITE_BIN/order-generator" --file "$RUN_DIR/orders.bench" --rate 5
    sleep 10
    for service in order-generator order-collector order-statistics order-dashboard; do
        row "$service: resident memory at 5 orders/s" "$(resident "${BACKGROUND[$service]}") MB" '' '≤ 45 MB' \
            "$(at_most "$(resident "${BACKGROUND[$service]}")" 45)"
    done
    end_background
    end_figure
}
