#!/usr/bin/env bash
# make test [T=filter]: every test, on private stores beside a running suite. make test-long sets TEST_LONG=1.
set -euo pipefail
RUN_DIR=${TEST_RUN_DIR:-.run-test}
PORT_OFFSET=${TEST_PORT_OFFSET:-10000}
unset PG_PORT MARIADB_PORT REDIS_PORT
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=environment.sh
. "$LOCAL/environment.sh"

begin=$(now_ms)
lock_run_dir
HEARTBEAT=''
finish() {
    local code=$?
    trap '' INT TERM HUP
    [[ -z $HEARTBEAT ]] || kill "$HEARTBEAT" 2>/dev/null || true
    "$LOCAL/stores.sh" stop redis mariadb postgres
    exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

heading 'Packages and build'
"$LOCAL/packages.sh" "$LOCAL/packages-test.txt"
"$LOCAL/build.sh" tests
if [[ -z ${SUITE_BIN:-} ]]; then
    "$LOCAL/build.sh" release
    SUITE_BIN=$(cd "$ROOT" && swift build -c release --scratch-path .build-release --show-bin-path)
fi
export SUITE_BIN

if [[ -z ${T:-} ]]; then
    heading 'Manifests'
    "$ROOT/k8s/tests/manifests.sh"
fi
# The reference verification of Standard Webhooks; without it one suite is skipped, and says so.
TEST_PYTHON=$RUN_DIR/python/bin/python
if [[ ! -e $RUN_DIR/python/complete ]]; then
    if python3 -m venv "$RUN_DIR/python" &&
        "$TEST_PYTHON" -m pip install --disable-pip-version-check --no-input -q standardwebhooks==1.1.0 &&
        touch "$RUN_DIR/python/complete"; then
        report standardwebhooks 'installed from PyPI'
    else
        note 'standardwebhooks is not there: signatures are not held against the reference library'
    fi </dev/null
fi
export TEST_PYTHON

heading 'Stores of the tests'
"$LOCAL/stores.sh" start postgres mariadb redis
load_environment
export TEST_POSTGRES_URL=$POSTGRES_URL TEST_MARIADB_URL=$MARIADB_URL TEST_REDIS_URL=$REDIS_URL
heading 'Tests'
cd "$ROOT"
log=$RUN_DIR/log/tests.log
: >"$log"
# A sign of life when the tests have printed nothing for a while. Neither it nor what tests start holds the lock.
(
    while sleep 5 >/dev/null 2>&1; do
        quiet=$(($(date +%s) - $(stat -c %Y "$log")))
        ((quiet < 30)) || { note "still testing, $(seconds $(($(now_ms) - begin)))" && touch "$log"; }
    done
) {RUN_LOCK}>&- &
HEARTBEAT=$!
# run_tests ARGUMENTS…: the tests that the arguments choose. Ports and folders of this run are no business of the
# processes that tests start.
run_tests() {
    env -u RUN_DIR -u PORT_OFFSET -u PG_PORT -u MARIADB_PORT -u REDIS_PORT -u BROKER_CONTROL_PORT -u SANDBOX_PORT \
        -u RECEIVER_PORT -u GATEWAY_PORT -u GATEWAY_STATS_PORT -u REPLICAS -u KAFKA_BROKERS -u MAKEFLAGS -u MAKELEVEL \
        swift test --skip-build --scratch-path .build "$@" </dev/null 2>&1 {RUN_LOCK}>&- | tee -a "$log"
}

# A pass that fails does not keep the others from running.
failed=0
# First what shares the stores peacefully, then what takes them down. One test at a time: many of them measure time, and
# on two cores they would measure one another.
[[ -n ${T:-} ]] || run_tests --no-parallel --skip '^EndToEnd\.' || failed=1
export TEST_POSTGRES_RESTART="RUN_DIR='$RUN_DIR' PORT_OFFSET=$PORT_OFFSET '$LOCAL/stores.sh' restart postgres"
export TEST_MARIADB_RESTART="RUN_DIR='$RUN_DIR' PORT_OFFSET=$PORT_OFFSET '$LOCAL/stores.sh' restart mariadb"
[[ -n ${T:-} ]] || TEST_ALONE=1 run_tests --no-parallel --filter 'LossTests|RestartTests' || failed=1
[[ ${T:-} = Schema ]] || TEST_ALONE=${T:+1} run_tests --no-parallel --filter "${T:-^EndToEnd\\.}" || failed=1
# Last the answers of the whole suite against their descriptions: no Swift test, and so chosen by T=Schema alone.
if [[ ${T:-Schema} = Schema ]]; then
    EXAMPLES=${EXAMPLES:-$((${TEST_LONG:-0} ? 400 : 20))} "$ROOT/Tests/Schema/run.sh" 2>&1 | tee -a "$log" || failed=1
fi
if ((failed)); then
    failure tests 'some failed' "$log"
    exit 1
fi
