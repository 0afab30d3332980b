# shellcheck shell=bash
# Each service: from its start to its first readiness with the stores up, and its memory after 30 idle seconds.

IDLE_SECONDS=${IDLE_SECONDS:-30}

# resident PID: in MB
resident() { awk '/^VmRSS/ { printf "%.1f", $2 / 1024 }' "/proc/$1/status"; }

figure_services() {
    local name executable port round answer
    local -A ready=() pid=()
    everything
    "$LOCAL/services.sh" stop
    "$LOCAL/services.sh" start sandbox
    while read -r name executable port _; do
        for round in 1 2 3; do
            answer=$(as_service "$name" python3 "$BENCH/tools/start.py" "$port" "$SUITE_BIN/$executable" serve \
                2>>"$RUN_DIR/log/$name.log")
            ready[$name]+=" ${answer% *}"
            pid[$name]=${answer#* }
            ((round == 3)) || end_process "${pid[$name]}"
        done
        STRAY+=("${pid[$name]}")
    done < <(services)
    note "idle for $IDLE_SECONDS s"
    sleep "$IDLE_SECONDS"
    begin_figure services
    while read -r name executable _; do
        row "$name: start to ready" "$(median "${ready[$name]}") ms" 'process, sockets, first query' '≤ 300 ms' \
            "$(at_most "$(median "${ready[$name]}")" 300)"
        row "$name: resident memory, idle" "$(resident "${pid[$name]}") MB" \
            "$(du -m --apparent-size "$SUITE_BIN/$executable" | cut -f 1) MB executable" '≤ 45 MB' \
            "$(at_most "$(resident "${pid[$name]}")" 45)"
    done < <(services)
    end_figure
    for name in "${!pid[@]}"; do end_process "${pid[$name]}"; done
    STRAY=()
}

# end_process PID: asks it to end and waits
end_process() {
    kill "$1" 2>/dev/null || return 0
    while start_time "$1" >/dev/null; do sleep 0.05; done
}
