#!/usr/bin/env bash
# make bench: measures the suite on private stores beside a running one, and writes docs/benchmarks.md.
# run.sh [--only FIGURE…]: these figures alone, see FIGURES below; the document keeps the results of the others.
# SUITE_BIN names executables that are built already. About 10 minutes.
# BENCH_NOTE is a remark for the document, such as what else the machine was doing.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail
RUN_DIR=${BENCH_RUN_DIR:-.run-bench}
PORT_OFFSET=${BENCH_PORT_OFFSET:-5000}
REPLICAS=1
unset PG_PORT MARIADB_PORT REDIS_PORT BROKER_CONTROL_PORT SANDBOX_PORT GATEWAY_PORT GATEWAY_STATS_PORT KAFKA_BROKERS
# shellcheck source=../infra/local/lib.sh
. "$(dirname "$0")/../infra/local/lib.sh"
# shellcheck source=lib.sh
. "$ROOT/Benchmarks/lib.sh"

FIGURES=(relay services saga flood reads auth breaker orders listener bypass gifts)
for figure in "${FIGURES[@]}"; do
    # shellcheck source=/dev/null
    . "$BENCH/figures/$figure.sh"
done

wanted=("${FIGURES[@]}")
if [[ ${1:-} = --only ]]; then
    wanted=("${@:2}")
    ((${#wanted[@]})) || wanted=('')
    for figure in "${wanted[@]}"; do
        [[ " ${FIGURES[*]} " = *" $figure "* ]] || { failure bench "--only takes some of: ${FIGURES[*]}" && exit 2; }
    done
    # In the order above: reads and auth leave rows behind that saga would take for complete ones of its own.
    asked=" ${wanted[*]} " wanted=()
    for figure in "${FIGURES[@]}"; do [[ $asked != *" $figure "* ]] || wanted+=("$figure"); done
elif (($#)); then
    failure bench "usage: run.sh [--only NAME]" && exit 2
fi

begin=$(now_ms)
lock_run_dir
mkdir -p "$TOOLS" "$RESULTS"
STRAY=()
finish() {
    local code=$?
    trap '' INT TERM HUP
    end_background
    ((${#STRAY[@]} == 0)) || kill "${STRAY[@]}" 2>/dev/null || true
    "$LOCAL/services.sh" stop >/dev/null
    "$LOCAL/stores.sh" stop broker redis mariadb postgres >/dev/null
    exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# check_tools: what only the benchmarks need
check_tools() {
    local package missing=()
    while read -r package; do
        [[ -z $package || $package = \#* ]] && continue
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) = installed ]] || missing+=("$package")
    done <"$BENCH/packages.txt"
    ((${#missing[@]} == 0)) && return 0
    failure bench "missing packages: sudo apt-get install --no-install-recommends ${missing[*]}"
    return 1
}

# compile: the measuring programs and the peer
compile() {
    local flags=(-std=c17 -O2 -Wall -Wextra -Werror)
    # shellcheck disable=SC2046 # pkg-config prints words
    (
        cd "$BENCH/tools"
        gcc "${flags[@]}" -o "$TOOLS/saga" saga.c http.c watch.c $(pkg-config --cflags --libs libmariadb) -lpthread
        gcc "${flags[@]}" -o "$TOOLS/outbox" outbox.c http.c $(pkg-config --cflags --libs libpq rdkafka)
        gcc "${flags[@]}" -o "$TOOLS/callbacks" callbacks.c http.c $(pkg-config --cflags --libs libcurl)
        cd "$BENCH/peers/go"
        GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS='' go build -o "$TOOLS/go-peer" .
    )
    report tools compiled
}

heading 'Packages and build'
"$LOCAL/packages.sh"
check_tools
if [[ -z ${SUITE_BIN:-} ]]; then
    # With this variable the package has the constant service and the breaker's program too.
    export BENCHMARKS=1
    "$LOCAL/build.sh" release
    SUITE_BIN=$(cd "$ROOT" && swift build -c release --scratch-path .build-release --show-bin-path)
fi
CONSTANT_BIN=${CONSTANT_BIN:-$SUITE_BIN/constant}
BREAKER_BIN=${BREAKER_BIN:-$SUITE_BIN/breaker-cost}
AUTH_BIN=${AUTH_BIN:-$SUITE_BIN/auth-cost}
export SUITE_BIN CONSTANT_BIN BREAKER_BIN AUTH_BIN
compile
forget_data

for figure in "${wanted[@]}"; do
    heading "$figure ($(seconds $(($(now_ms) - begin))) so far)"
    "figure_$figure"
done

heading 'Result'
python3 "$BENCH/report.py" "$RESULTS" "$ROOT/docs/benchmarks.md" "${wanted[@]}"
note "measured in $(seconds $(($(now_ms) - begin)))"
