# shellcheck shell=bash
# What the figures share. Sourced by run.sh after infra/local/lib.sh.

BENCH=$ROOT/Benchmarks
TOOLS=$RUN_DIR/tools
RESULTS=$RUN_DIR/results
export BENCH TOOLS RESULTS

# with_env COMMAND…: runs it with the addresses and settings of the run
with_env() (
    set -a
    # shellcheck disable=SC1091
    . "$RUN_DIR/env"
    "$@"
)

# as_service NAME COMMAND…: runs it with the settings of that service
as_service() (
    set -a
    # shellcheck disable=SC1091
    . "$RUN_DIR/env"
    url=$(url_name "$1") database=$(upper "$1")_DATABASE_URL
    export HTTP_PORT=${!url##*:} DATABASE_URL=${!database:-}
    shift
    exec "$@"
)

# bench_sql: runs the statements of the input in mission's database, as its owner
bench_sql() { psql -X -q -At -v ON_ERROR_STOP=1 "$(env_value MISSION_MIGRATION_DATABASE_URL)"; }

# mypage_sql: runs the statements of the input in mypage's database, as its owner
mypage_sql() {
    local url user password rest
    url=$(env_value MYPAGE_MIGRATION_DATABASE_URL)
    rest=${url#mariadb://} user=${rest%%:*} password=${rest#*:}
    MYSQL_PWD=${password%%@*} mariadb --no-defaults -N -h 127.0.0.1 -P "$MARIADB_PORT" -u "$user" mypage
}

# begin_figure NAME: empties its result
begin_figure() {
    RESULT=$RESULTS/$1.tsv
    echo "$(date -u '+%Y-%m-%d %H:%M UTC'), load average $(cut -d ' ' -f 1 /proc/loadavg)" >"$RESULT.new"
}

# row WHAT MEASURED LIMIT TARGET VERDICT
row() {
    local IFS=$'\t'
    echo "$*" >>"$RESULT.new"
    report '' "$1: $2"
}

end_figure() { mv -f "$RESULT.new" "$RESULT"; }

# value NAME LINE: from a line of name=value
value() { grep -oE "(^| )$1=[^ ]*" <<<"$2" | cut -d = -f 2; }

median() { tr ' ' '\n' <<<"$*" | grep . | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# at_most VALUE BOUND, at_least VALUE BOUND: the verdict's word
at_most() { awk -v a="$1" -v b="$2" 'BEGIN { print (a <= b ? "met" : "missed") }'; }
at_least() { awk -v a="$1" -v b="$2" 'BEGIN { print (a >= b ? "met" : "missed") }'; }

ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", b ? a / b : 0 }'; }

# thousands NUMBER: 123456 as 123,456
thousands() { printf '%.0f' "$1" | sed -E ':a; s/^([0-9]+)([0-9]{3})/\1,\2/; ta'; }

# background NAME COMMAND…: starts a helper that end_background ends; its words go to log/NAME.log
declare -A BACKGROUND=()
background() {
    local name=$1
    shift
    (leave_everything && exec "$@") </dev/null >>"$RUN_DIR/log/$name.log" 2>&1 &
    BACKGROUND[$name]=$!
}

end_background() {
    local name
    for name in "${!BACKGROUND[@]}"; do
        kill "${BACKGROUND[$name]}" 2>/dev/null || true
        wait "${BACKGROUND[$name]}" 2>/dev/null || true
    done
    BACKGROUND=()
}

# await_port PORT: until something answers there
await_port() {
    local deadline=$(($(now_ms) + 10000))
    until port_answers "$1"; do
        (($(now_ms) < deadline)) || { failure bench "nothing answers on port $1" && return 1; }
        sleep 0.02
    done
}

# forget_data: stops what an earlier run left behind and removes its data, so that runs compare
forget_data() {
    local data
    [[ -n $(started_names) ]] || [[ -e $RUN_DIR/postgres ]] || return 0
    "$LOCAL/services.sh" stop
    "$LOCAL/stores.sh" stop broker redis mariadb postgres
    data=$(readlink "$RUN_DIR/postgres" || true)
    if [[ $data = /var/tmp/game-suite-* ]]; then rm -rf "${data%/*}"; fi
    rm -rf "$RUN_DIR/postgres" "$RUN_DIR/mariadb" "$RUN_DIR/redis"
}

# main_flow: the stores, and the services that a mission passes on its way to its row; no others run then
main_flow() {
    "$LOCAL/services.sh" stop && "$LOCAL/stores.sh" start postgres mariadb broker &&
        "$LOCAL/services.sh" start sandbox mission reward telegram mypage
}

# everything: the stores and all services
everything() { "$LOCAL/stores.sh" start postgres mariadb redis broker && "$LOCAL/services.sh" start; }

# fresh_broker: the built-in broker without what earlier figures left in it; all services are stopped
fresh_broker() {
    "$LOCAL/services.sh" stop
    "$LOCAL/stores.sh" stop broker
    "$LOCAL/stores.sh" start postgres mariadb broker
}
