#!/usr/bin/env bash
# hpa.sh [SERVICE] [PATH]: siege -c150 until the autoscaler adds replicas, then quiet until it takes them away.
# Needs the metrics server.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
trap clean_up EXIT

service=${1:-mypage}
path=${2:-/mypages?customerId=1}
seconds=${SIEGE_SECONDS:-150}

field() { k get hpa "game-$service" -o "jsonpath={$1}"; }
has_metrics() { [[ -n $(field .status.currentMetrics) ]]; }
has_more() { (($(field .status.currentReplicas) > least)); }
has_fewest() { (($(field .status.currentReplicas) == least)); }

least=$(field .spec.minReplicas)
eventually 120 'the autoscaler has metrics (is the metrics server there?)' has_metrics
eventually 600 "quiet: $least replicas" has_fewest
k get hpa "game-$service"
say "siege -c150 -t${seconds}S"
siege_client game-test-siege 150 "$seconds" "http://game-$service:8080$path"
eventually "$seconds" 'more replicas' has_more
say "scaled to $(field .status.desiredReplicas) replicas"
until has_ended game-test-siege; do
    k get hpa "game-$service" --no-headers
    sleep 15
done
say "availability: $(availability game-test-siege) %; peak $(field .status.desiredReplicas) replicas"
eventually 900 "back to $least replicas" has_fewest
k get hpa "game-$service"
say 'passed'
