# shellcheck shell=bash
# Missions posted as fast as they are accepted, until the last row is complete.

FLOOD_MISSIONS=${FLOOD_MISSIONS:-20000}

figure_flood() {
    local line round lines='' best='' seconds=''
    main_flow
    for round in 1 2 3; do
        line=$(with_env "$TOOLS/saga" flood "$FLOOD_MISSIONS")
        note "round $round: $line"
        [[ $(value complete "$line") = "$FLOOD_MISSIONS" ]] ||
            { failure flood "only $(value complete "$line") of $FLOOD_MISSIONS were complete in time" && return 1; }
        seconds+=" $(value all_complete_s "$line")" best+=" $(value accepted_per_s "$line")"
        lines+="$line"$'\n'
    done
    begin_figure flood
    row "$(thousands "$FLOOD_MISSIONS") missions on 64 connections, from the first POST to the last complete row" \
        "$(median "$seconds") s" "accepted at $(thousands "$(median "$best")")/s meanwhile" '≤ 15 s, aim 7.5' \
        "$(at_most "$(median "$seconds")" 15)"
    row 'Missions accepted while all five hops work' "$(thousands "$(median "$best")")/s" \
        "POST p99 $(value post_p99_ms "$(head -n 1 <<<"$lines")") ms" '' ''
    end_figure
}
