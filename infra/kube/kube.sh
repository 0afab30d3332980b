#!/usr/bin/env bash
# kube.sh run|rollout|scale [NAME]: see kube.py. Needs root, for networks and control groups of its own; the images are
# made first, if they are not there.
set -euo pipefail
# shellcheck source=../local/lib.sh
. "$(dirname "$0")/../local/lib.sh"
# shellcheck source=../images/lib.sh
. "$ROOT/infra/images/lib.sh"

((EUID == 0)) || { failure kube 'containers with networks and limits of their own need root' && exit 1; }
command -v kubectl >/dev/null || { failure kube 'kubectl renders the manifests and is not here' && exit 1; }
# The images of these executables, and not of older ones.
if [[ ! -e $IMAGES/toolbox.tar || ! -e $IMAGES/mypage.tar || $(suite_bin)/mypage -nt $IMAGES/mypage.tar ]]; then
    "$ROOT/infra/images/images.sh"
fi
install_packages "$ROOT/infra/images/packages.txt"

# The gateway of the containers beside the one of `make up`.
export GATEWAY_PORT=$((GATEWAY_PORT + 500)) GATEWAY_STATS_PORT=$((GATEWAY_STATS_PORT + 500))
heading 'The local overlay in containers'
# Debian's own python3 has the package for YAML.
python=$(command -v /usr/bin/python3 || command -v python3)
PYTHONDONTWRITEBYTECODE=1 exec "$python" "$ROOT/infra/kube/kube.py" "${1:-run}" --service "${2:-}" \
    ${SECONDS_OF_SIEGE:+--seconds "$SECONDS_OF_SIEGE"} ${CPUS:+--cpus "$CPUS"}
