#!/usr/bin/env bash
# rollout.sh [SERVICE] [PATH]: rolls a service out under load, then rolls out a broken image and takes it back. No
# request may fail in either.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
trap clean_up EXIT

service=${1:-mypage}
path=${2:-/mypages?customerId=1}
workload=deployment/game-$service
url=http://game-$service:8080$path
k get "$workload" -o name >/dev/null || failed "$service is no Deployment: a StatefulSet with one replica has a gap"

say "siege -c2 -t100S on $url"
siege_client game-test-siege 2 100 "$url"
before=$(k get pods -l "app.kubernetes.io/name=game-$service" -o name | sort)
k rollout restart "$workload"
k rollout status "$workload" --timeout 3m
after=$(k get pods -l "app.kubernetes.io/name=game-$service" --field-selector status.phase=Running -o name | sort)
[[ $before != "$after" ]] || failed 'no pod was replaced'
say 'rolled out; waiting for siege'
result=$(availability game-test-siege)
say "availability: $result %"
[[ $result = 100.00 || $result = 100 ]] || failed "availability $result % during a rollout"

say 'an image that does not exist, under load'
siege_client game-test-siege-bad 2 60 "$url"
k set image "$workload" "service=localhost/game/does-not-exist:none" >/dev/null
! k rollout status "$workload" --timeout 30s || failed 'a missing image rolled out'
k rollout undo "$workload"
k rollout status "$workload" --timeout 3m
result=$(availability game-test-siege-bad)
say "availability: $result %"
[[ $result = 100.00 || $result = 100 ]] || failed "availability $result % during a bad rollout"
say 'passed'
