# shellcheck shell=bash
# From the POST's answer to the complete row of the read model, at a steady rate.

SAGA_RATE=${SAGA_RATE:-200}
SAGA_SECONDS=${SAGA_SECONDS:-20}

figure_saga() {
    local line look
    main_flow
    note "$SAGA_RATE missions/s for $SAGA_SECONDS s"
    line=$(with_env "$TOOLS/saga" rate "$SAGA_RATE" "$SAGA_SECONDS")
    note "$line"
    look=$(value look_ms "$line")
    begin_figure saga
    row "Saga at $SAGA_RATE missions/s, p50" "$(value saga_p50_ms "$line") ms" \
        "resolution of the measuring: 5 ms between two looks of $look ms" "≤ 40 ms, aim 25" \
        "$(at_most "$(value saga_p50_ms "$line")" 40)"
    row "Saga at $SAGA_RATE missions/s, p99" "$(value saga_p99_ms "$line") ms" \
        "longest: $(value saga_max_ms "$line") ms" "≤ 150 ms" "$(at_most "$(value saga_p99_ms "$line")" 150)"
    row "POST /missions at that rate, p50 / p99, from the moment it was due" \
        "$(value post_p50_ms "$line") / $(value post_p99_ms "$line") ms" \
        "$(value complete "$line") of $(value posted "$line") complete, $(value refused "$line") refused" \
        'all complete' \
        "$(at_least "$(value complete "$line")" $((SAGA_RATE * SAGA_SECONDS)))"
    end_figure
}
