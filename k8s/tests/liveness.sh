#!/usr/bin/env bash
# liveness.sh: removes the file that mission's liveness depends on, watches the kubelet restart the container, and puts
# the file back. Needs components/liveness-file, which the overlays have.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

pod=$(k get pods -l app.kubernetes.io/name=game-mission --field-selector status.phase=Running \
    -o 'jsonpath={.items[0].metadata.name}')
status() { k get pod "$pod" -o "jsonpath={.status.containerStatuses[?(@.name=='service')].$1}"; }
has_restarted() { (($(status restartCount) > before)); }
is_ready() { [[ $(status ready) = true ]]; }

before=$(status restartCount)
eventually 60 "$pod is ready" is_ready
say "$pod: $before restarts; removing its file"
k exec "$pod" -c alive -- rm /alive/alive
trap 'k exec "$pod" -c alive -- touch /alive/alive' EXIT
eventually 120 'a restart' has_restarted
say "$(status restartCount) restarts; the file comes back"
k exec "$pod" -c alive -- touch /alive/alive
eventually 180 "$pod is ready again" is_ready
k get pod "$pod"
say 'passed'
