# shellcheck shell=bash
# The order pipeline: lines a second from the file to the counts, by the Redis list and by the Kafka topic, beside a bare
# push and a peer; from a line's write to the browser; memory.

ORDERS_LINES=${ORDERS_LINES:-300000}
# With its start included the topic takes fewer lines: the built-in broker keeps about 5 MB a partition, and what the
# collector brings before the reader has its partitions must fit into that.
ORDERS_START_LINES=${ORDERS_START_LINES:-50000}
ORDERS_LOOKS=${ORDERS_LOOKS:-40}

orders_redis() { redis-cli -p "$REDIS_PORT" "$@"; }

# orders_made COUNT: a file with so many orders
orders_made() {
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

# orders_reader VIA: order-statistics with an empty store, reading
orders_reader() {
    orders_redis flushall >/dev/null
    orders_start order-statistics $((8092 + PORT_OFFSET)) "$1"
    [[ $1 = kafka ]] || return 0
    until curl -fsS "http://127.0.0.1:$((8092 + PORT_OFFSET))/readyz" | grep -q '"joined'; do sleep 0.1; done
}

orders_collector() { orders_start order-collector $((8091 + PORT_OFFSET)) "$1"; }

# cpu_us NAME: what a background process has used of the processors so far, in µs
cpu_us() {
    local stat
    read -r stat <"/proc/${BACKGROUND[$1]}/stat"
    # shellcheck disable=SC2086 # the fields behind the command's name
    set -- ${stat##*) }
    echo $(((${12} + ${13}) * 1000000 / $(getconf CLK_TCK)))
}

# orders_await COUNT VIA: until the counter in Redis says so. Asked every 5 ms on one connection: a redis-cli each time
# would take a fifth of a processor away from what is measured.
orders_await() {
    local counted=0 deadline=$(($(now_ms) + 120000)) size
    exec {ORDERS_REDIS}<>"/dev/tcp/127.0.0.1/$REDIS_PORT"
    while [[ $counted != "$1" ]]; do
        (($(now_ms) < deadline)) || { failure orders "${counted:-0} of $1 lines were counted by $2" && return 1; }
        sleep 0.005
        printf 'HGET order-statistics:totals counted\r\n' >&"$ORDERS_REDIS"
        read -r -u "$ORDERS_REDIS" size
        [[ $size = \$-1* ]] || read -r -u "$ORDERS_REDIS" counted
        counted=${counted%$'\r'}
    done
    exec {ORDERS_REDIS}>&-
}

# orders_rate COUNT VIA: both services run and wait; the lines are appended to the followed file at once. Lines a second
# from the beginning of the append to the last line counted, and each service's processor time a line.
orders_rate() {
    local begin collector statistics
    orders_made "$1"
    mv "$RUN_DIR/orders.bench" "$RUN_DIR/orders.whole"
    : >"$RUN_DIR/orders.bench"
    orders_reader "$2"
    orders_collector "$2"
    # The first lines of a process's life cost more than those after them.
    sleep 1
    collector=$(cpu_us order-collector) statistics=$(cpu_us order-statistics)
    begin=$(now_ms)
    cat "$RUN_DIR/orders.whole" >>"$RUN_DIR/orders.bench" &
    orders_await "$1" "$2" || return 1
    ORDERS_RATE_MEASURED=$(($1 * 1000 / ($(now_ms) - begin)))
    ORDERS_COLLECTOR_NS=$((($(cpu_us order-collector) - collector) * 1000 / $1))
    ORDERS_STATISTICS_NS=$((($(cpu_us order-statistics) - statistics) * 1000 / $1))
    wait "$!"
    rm -f "$RUN_DIR/orders.whole"
    end_background
}

# orders_start_rate COUNT VIA: the file is there before the collector; its start and the first connection are included
orders_start_rate() {
    local begin
    orders_made "$1"
    orders_reader "$2"
    begin=$(now_ms)
    orders_collector "$2"
    orders_await "$1" "$2" || return 1
    ORDERS_RATE_MEASURED=$(($1 * 1000 / ($(now_ms) - begin)))
    end_background
}

# orders_limit COUNT: lines a second that tail and redis-cli push into a list, uncounted
orders_limit() {
    local begin
    orders_redis flushall >/dev/null
    orders_made "$1"
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

# What the rounds found, by "<via> <figure>".
declare -A ORDERS_FOUND=()

# orders_row VIA NAME LIMIT LINES
orders_row() {
    local rate start
    rate=$(median "${ORDERS_FOUND[$1 rate]}") start=$(median "${ORDERS_FOUND[$1 start]}")
    row "Orders, $(thousands "$ORDERS_LINES") lines appended at once, from the file to counted by $2" \
        "$(thousands "$rate") lines/s" \
        "tail and redis-cli --pipe, uncounted: $(thousands "$3")/s; at $(ratio "$rate" "$3")" \
        '≥ 0.3 of it, aim 0.5' "$(at_least "$(ratio "$rate" "$3")" 0.3)"
    row '… processor time a line' "$(median "${ORDERS_FOUND[$1 collector]}") ns collector" \
        "$(median "${ORDERS_FOUND[$1 statistics]}") ns statistics" '-' '-'
    row "… with the collector's start and first connection, $(thousands "$4") lines" "$(thousands "$start") lines/s" \
        "at $(ratio "$start" "$3")" '-' '-'
}

figure_orders() {
    local round via limit='' peer looks service bare
    ORDERS_FOUND=()
    "$LOCAL/stores.sh" start redis
    # By turns, so that what else the machine does meets all of them.
    for round in 1 2 3; do
        orders_limit "$ORDERS_LINES"
        limit+=" $ORDERS_LIMIT_MEASURED"
        for via in redis kafka; do
            fresh_broker >/dev/null
            orders_rate "$ORDERS_LINES" "$via"
            ORDERS_FOUND[$via rate]+=" $ORDERS_RATE_MEASURED"
            ORDERS_FOUND[$via collector]+=" $ORDERS_COLLECTOR_NS"
            ORDERS_FOUND[$via statistics]+=" $ORDERS_STATISTICS_NS"
            note "round $round: limit $ORDERS_LIMIT_MEASURED/s, by $via $ORDERS_RATE_MEASURED/s"
            fresh_broker >/dev/null
            orders_start_rate "$([[ $via = redis ]] && echo "$ORDERS_LINES" || echo "$ORDERS_START_LINES")" "$via"
            ORDERS_FOUND[$via start]+=" $ORDERS_RATE_MEASURED"
        done
    done
    orders_made "$ORDERS_LINES"
    peer=$(orders_peer || echo 'lines_per_s=0 with_start=0')
    bare=$(median "$limit")
    begin_figure orders
    orders_row redis 'the Redis list' "$bare" "$ORDERS_LINES"
    orders_row kafka 'the Kafka topic' "$bare" "$ORDERS_START_LINES"
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
