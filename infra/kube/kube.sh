#!/usr/bin/env bash
# kube.sh run|rollout|scale [NAME]: see kube.py; "long" is what `make test-long` does, one after the other. Needs root, for
# networks and control groups of its own; the images are made first, if they are not there.
#
#   OVERLAY=local-auth  another overlay     SECONDS_OF_SIEGE=60  CPUS=0.2
set -euo pipefail
# shellcheck source=../local/lib.sh
. "$(dirname "$0")/../local/lib.sh"
# shellcheck source=../images/lib.sh
. "$ROOT/infra/images/lib.sh"

if [[ ${1:-} = long ]]; then
    "$0" run
    "$0" rollout mypage
    exec "$0" scale mypage
fi
((EUID == 0)) || { failure kube 'containers with networks and limits of their own need root' && exit 1; }
# The kubectl of the manifests' tests renders them.
"$ROOT/k8s/tests/manifests.sh" --version >/dev/null
PATH=$RUN_DIR/manifests-venv/bin:$PATH
# The images of these executables, and not of older ones.
if [[ ! -e $IMAGES/toolbox.tar || ! -e $IMAGES/callback-receiver.tar || ! -e $IMAGES/mypage.tar ||
    $(suite_bin)/mypage -nt $IMAGES/mypage.tar ]]; then
    "$ROOT/infra/images/images.sh"
fi
install_packages "$ROOT/infra/images/packages.txt"

# The gateway of the containers beside the one of `make up`.
export GATEWAY_PORT=$((GATEWAY_PORT + 500)) GATEWAY_STATS_PORT=$((GATEWAY_STATS_PORT + 500))
export DASHBOARD_PORT=$((GATEWAY_PORT + 1))
SUITE_BIN=$(suite_bin)
export SUITE_BIN
heading 'The local overlay in containers'
# Debian's own python3 has the package for YAML.
python=$(command -v /usr/bin/python3 || command -v python3)
trap leave_store EXIT
PYTHONDONTWRITEBYTECODE=1 "$python" "$ROOT/infra/kube/kube.py" "${1:-run}" --service "${2:-}" \
    ${OVERLAY:+--overlay "$OVERLAY"} \
    ${SECONDS_OF_SIEGE:+--seconds "$SECONDS_OF_SIEGE"} ${CPUS:+--cpus "$CPUS"}
