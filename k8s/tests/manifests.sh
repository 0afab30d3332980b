#!/usr/bin/env bash
# make manifests: the tests of the manifests, Dockerfiles and routes. Their Python packages, and the kubectl that renders,
# are in a virtual environment under RUN_DIR; KUSTOMIZE="kustomize build" renders with another program.
set -euo pipefail
# shellcheck source=../../infra/local/lib.sh
. "$(dirname "$0")/../../infra/local/lib.sh"

make_run_dir
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
PATH=$venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 exec "$venv/bin/python" -m pytest -q -p no:cacheprovider "$@"
