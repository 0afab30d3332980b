# shellcheck shell=bash
# What the circuit breaker costs a call (Benchmarks/breaker), beside what such a call cannot do without.

BREAKER_CALLS=${BREAKER_CALLS:-200000}

figure_breaker() {
    local text bare floor
    text=$("$BREAKER_BIN" "$BREAKER_CALLS" | tr '\n' ' ')
    bare=$(value bare "$text")
    # A refusal takes the lock and looks at the clock once, a call twice.
    floor=$(($(value lock "$text") + $(value clock "$text")))
    begin_figure breaker
    row 'the call without a breaker' "$bare ns" "a lock $(value lock "$text") ns, a clock $(value clock "$text") ns" '' ''
    breaker_row 'closed, the last 50 calls' $(($(value closed-calls "$text") - bare)) $((2 * floor)) 1000
    breaker_row 'closed, the last 30 s' $(($(value closed-time "$text") - bare)) $((2 * floor)) 1000
    breaker_row 'open: a refusal' "$(value open "$text")" "$floor" 1000
    breaker_row 'deadline, closed breaker, bulkhead' $(($(value remote-closed "$text") - bare)) $((2 * floor))
    breaker_row 'deadline, open breaker, bulkhead: a refusal' "$(value remote-open "$text")" "$floor" 1000
    end_figure
}

# breaker_row WHAT COST FLOOR [BOUND], in nanoseconds
breaker_row() {
    row "$1" "$2 ns" "its locks and clocks alone $3 ns" "${4:+≤ $4 ns}" "${4:+$(at_most "$2" "${4:-0}")}"
}
