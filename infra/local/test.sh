#!/usr/bin/env bash
# make test [T=filter]: every test, on private stores beside a running suite. make test-long sets TEST_LONG=1.
# TEST_AGAIN=1, as in CI: suites that failed run once more alone, and are named when they pass then.
set -euo pipefail
RUN_DIR=${TEST_RUN_DIR:-.run-test}
PORT_OFFSET=${TEST_PORT_OFFSET:-10000}
unset PG_PORT MARIADB_PORT REDIS_PORT
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=environment.sh
. "$LOCAL/environment.sh"
# shellcheck source=test-suites.sh
. "$LOCAL/test-suites.sh"

begin=$(now_ms)
lock_run_dir
HEARTBEAT=''
finish() {
    local code=$?
    trap '' INT TERM HUP
    [[ -z $HEARTBEAT ]] || kill "$HEARTBEAT" 2>/dev/null || true
    stop_side_by_side
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
make_test_logs
# What fails does not keep the others from running.
failed=()
if [[ -z ${T:-} ]]; then
    sign_of_life "$begin" {RUN_LOCK}>&- &
    HEARTBEAT=$!
    run_all_suites
    kill "$HEARTBEAT"
    HEARTBEAT=''
    mapfile -t failed < <(suites_that_failed)
    if ((${TEST_AGAIN:-0} && ${#failed[@]} > 0)); then
        heading 'Once more, alone'
        try_again "${failed[@]}"
        mapfile -t failed < <(suites_that_failed)
    fi
elif [[ $T != Schema ]]; then
    swift_tests_that_disturb "$T" | tee "$TEST_LOGS/chosen.log" || failed+=("$T")
fi
# Last the answers of the whole suite against their descriptions: no Swift test, and so chosen by T=Schema alone.
if [[ ${T:-Schema} = Schema ]]; then
    EXAMPLES=${EXAMPLES:-$((${TEST_LONG:-0} ? 400 : 20))} "$ROOT/Tests/Schema/run.sh" || failed+=(Schema)
fi
if [[ -s $TEST_LOGS/unsteady ]]; then
    cat "$TEST_LOGS/unsteady-reasons"
    note "unsteady, passed only alone: $(paste -sd' ' "$TEST_LOGS/unsteady")"
fi
if ((${#failed[@]} > 0)); then
    what_failed "${failed[@]}" | tee "$TEST_LOGS/failures"
    failure tests "failed: ${failed[*]}"
    exit 1
fi
