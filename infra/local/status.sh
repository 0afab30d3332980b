#!/usr/bin/env bash
# make status: what runs, where, whether it is ready, and how much memory it holds.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# row NAME PORT [READY-URL]
row() {
    local pid ready=- memory
    if ! pid=$(pid_of "$1"); then
        printf '%-18s %s%8s%s %6s  %-6s %10s\n' "$1" "$RED" dead "$PLAIN" "$2" - -
        return
    fi
    if [[ -n ${3:-} ]]; then
        ready=$(http_ok "$3" 2>/dev/null && echo yes || echo NO)
    elif [[ $2 != - ]]; then
        ready=$(port_answers "$2" && echo yes || echo NO)
    fi
    memory=$(awk '/^VmRSS/ { printf "%.1f MB", $2 / 1024 }' "/proc/$pid/status")
    printf '%-18s %8s %6s  %-6s %10s\n' "$1" "$pid" "$2" "$ready" "$memory"
}

printf '%s%-18s %8s %6s  %-6s %10s%s\n' "$BOLD" name pid port ready memory "$PLAIN"
row postgres "$PG_PORT"
row mariadb "$MARIADB_PORT"
row redis "$REDIS_PORT"
[[ ! -e $RUN_DIR/pid/broker.pid ]] || row broker "$BROKER_CONTROL_PORT" "http://127.0.0.1:$BROKER_CONTROL_PORT/livez"
row sandbox "$SANDBOX_PORT"
row receiver "$RECEIVER_PORT"
while read -r instance _ _ port _; do
    row "$instance" "$port" "http://127.0.0.1:$port/readyz"
done < <(REPLICAS=9 instances | while read -r instance rest; do
    [[ ! -e $RUN_DIR/pid/$instance.pid && $instance = *-[2-9] ]] || echo "$instance $rest"
done)
[[ ! -e $RUN_DIR/pid/order-generator.pid ]] || row order-generator -
row gateway "$GATEWAY_PORT"
