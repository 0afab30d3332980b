#!/usr/bin/env bash
# build.sh release|tests: builds with a running clock; the compiler's words go to log/build-*.log.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

kind=${1:-release}
cd "$ROOT"
make_run_dir
log=$RUN_DIR/log/build-$kind.log
case $kind in
release) command=(swift build -c release --static-swift-stdlib --scratch-path .build-release) ;;
# With its index, in which the package manager looks for the tests.
tests) command=(swift build --build-tests --scratch-path .build) ;;
*) failure build "there is release and tests, not $kind" && exit 2 ;;
esac

# the compiler's latest word: "[123/456] Compiling Kafka"
progress() { tr '\r' '\n' <"$log" | grep -o '^\[[0-9]*/[0-9]*\] [A-Za-z]* [^ ]*' | tail -n 1 | cut -c 1-60; }

begin=$(now_ms)
"${command[@]}" </dev/null >"$log" 2>&1 &
compiler=$!
trap 'kill "$compiler" 2>/dev/null || true' EXIT
spoken=$begin
while kill -0 "$compiler" 2>/dev/null; do
    if [[ -t 1 ]]; then
        printf '\r\e[K%-18s %s  %s' "build" "$(seconds $(($(now_ms) - begin)))" "$DIM$(progress)$PLAIN"
    elif (($(now_ms) - spoken >= 15000)); then
        spoken=$(now_ms)
        printf '%-18s %s  %s\n' "build" "$(seconds $((spoken - begin)))" "$(progress)"
    fi
    sleep 0.25
done
[[ ! -t 1 ]] || printf '\r\e[K'
if ! wait "$compiler"; then
    trap - EXIT
    errors=$(grep -E '^[^ ].*error:|undefined reference' "$log" | awk '!seen[$0]++' | head -n 5 | cut -c 1-300)
    failure build "${errors:-$(tail -n 1 "$log")}" "$log"
    exit 1
fi
trap - EXIT
report build "$kind: done" $(($(now_ms) - begin))
