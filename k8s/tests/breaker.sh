#!/usr/bin/env bash
# breaker.sh: takes telegram away and exchanges rewards. gift must answer each at once, its breaker must open, and when
# telegram is back every message must arrive.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

telegram=deployment/game-telegram
count=${COUNT:-20}
replicas=$(k get "$telegram" -o 'jsonpath={.spec.replicas}')
trap 'k scale "$telegram" --replicas "${replicas:-1}" >/dev/null; clean_up' EXIT
start_shell

customer=$((RANDOM * 32768 + RANDOM + 1))
call PUT "http://game-telegram:8080/chats/$customer" "{\"chatId\": $customer}" >/dev/null
rewards=()
for ((number = 0; number < count; number++)); do
    mission=$(call POST http://game-mission:8080/missions "{\"customerId\": $customer, \"status\": \"Achieved\"}" | jq .id)
    reward=''
    until [[ -n $reward ]]; do
        reward=$(call GET "http://game-reward:8080/rewards?missionId=$mission" | jq -r '.items[0].id // empty')
    done
    rewards+=("$reward")
done
say "$count rewards; telegram goes away"
k scale "$telegram" --replicas 0
is_gone() { [[ -z $(k get pods -l app.kubernetes.io/name=game-telegram -o name) ]]; }
eventually 120 'telegram is gone' is_gone

slowest=0 gifts=()
for reward in "${rewards[@]}"; do
    begin=$(date +%s%3N)
    answer=$(call POST http://game-gift:8080/gifts "{\"rewardId\": $reward}")
    took=$(($(date +%s%3N) - begin))
    ((took <= slowest)) || slowest=$took
    [[ $(jq -r .notification <<<"$answer") = Deferred ]] || failed "gift answered: $answer"
    gifts+=("$(jq .id <<<"$answer")")
done
say "$count exchanges answered Deferred; the slowest took $slowest ms, kubectl exec included"
# With several replicas of gift this is one of them, and each has a breaker of its own.
call GET http://game-gift:8080/metrics | grep -aiE 'circuit_breaker_state.*state="(half-?)?open".* 1(\.0)?$' ||
    failed 'no breaker has opened'

k scale "$telegram" --replicas "${replicas:-1}"
k rollout status "$telegram" --timeout 2m
messages() { call GET "http://game-telegram:8080/telegrams?giftId=$1" | jq '[.items[] | select(.status == "Sent")] | length'; }
all_sent() {
    local gift
    for gift in "${gifts[@]}"; do [[ $(messages "$gift") = 1 ]] || return 1; done
}
eventually 180 'every message is sent, once' all_sent
say "telegram is back: $count messages, one for each gift"
say 'passed'
