#!/usr/bin/env bash
# make manifests: the tests of the manifests, Dockerfiles and routes. They need kubectl or kustomize to render, and put
# their Python packages into a virtual environment under RUN_DIR.
set -euo pipefail
# shellcheck source=../../infra/local/lib.sh
. "$(dirname "$0")/../../infra/local/lib.sh"

make_run_dir
if ! command -v kubectl >/dev/null && ! command -v kustomize >/dev/null && [[ -z ${KUSTOMIZE:-} ]]; then
    failure manifests 'neither kubectl nor kustomize is here, so that the manifests are NOT tested; install one of them'
    exit "$([[ -n ${CI:-} ]] && echo 1 || echo 0)"
fi
venv=$RUN_DIR/manifests-venv
requirements=$ROOT/k8s/tests/requirements.txt
if ! cmp -s "$requirements" "$venv/requirements.txt"; then
    begin=$(now_ms)
    rm -rf "$venv"
    python3 -m venv "$venv"
    if ! "$venv/bin/pip" install -q --disable-pip-version-check -r "$requirements" >"$RUN_DIR/log/manifests.log" 2>&1
    then
        failure manifests "$(last_line "$RUN_DIR/log/manifests.log")" "$RUN_DIR/log/manifests.log"
        exit 1
    fi
    cp "$requirements" "$venv/"
    report manifests 'Python packages installed' $(($(now_ms) - begin))
fi
cd "$ROOT/k8s/tests"
PYTHONDONTWRITEBYTECODE=1 exec "$venv/bin/python" -m pytest -q -p no:cacheprovider "$@"
