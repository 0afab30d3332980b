# shellcheck shell=bash
# Runs the suites of Swift tests, each in a process of its own, several beside one another. Sourced by test.sh.
#
# Most tests wait more than they work: for a broker's group, a lease, a time-out. What a suite does to others its name
# tells, so that a new one needs no entry here:
#   …LossTests, …RestartTests   take down or slow down the shared stores; beside them runs what does not use these
#   …PaceTests                  measure time; nothing runs beside them
# Tests of one suite run one after another. The tests of the manifests are one suite more.

TESTS=$ROOT/.build/debug/game-suitePackageTests.xctest
TEST_WORKERS=${TEST_WORKERS:-3}
TEST_LOGS=$RUN_DIR/log/tests

DISTURBING='(Loss|Restart)Tests'
MEASURING='PaceTests'
# Without a database: with a broker and a Redis of their own, or nothing at all.
STORELESS='^(KafkaTests|MessagingTests|DevBrokerTests|HTTPClientTests|ResilienceTests|ServiceRuntimeTests|Order[A-Z])'
STORELESS+='|/(OrderPipeline|Collector|Dashboard)Tests$'
# What they promise is that nothing is lost, doubled or out of order: one failure is proof enough, see try_again.
PROMISING='(Kill|Loss|Race|Restart|Disorder|Outage|Bypass|Listener|OrderPipeline|Rollout)Tests$|^(OutboxTests|stores)$'
# They take longest, so they begin first.
LONG='/(Kill|GiftRace|Bypass|OrderPipeline|Rebuild|Sandbox|Rollout)Tests|KafkaTests[.](Group|Consumer|Gap)'
LONG+='|^(BypassQueueService|Messaging)Tests'

make_test_logs() {
    rm -rf "$TEST_LOGS"
    mkdir -p "$TEST_LOGS/running"
    touch "$TEST_LOGS"/{begun,passed,spoken}
}

# suite_names: a name for each module of tests; the slow modules' suites have names of their own
suite_names() {
    "$TESTS" --testing-library swift-testing --list-tests 2>/dev/null |
        sed -nE 's,^(EndToEnd\.EndToEnd/[A-Za-z]+|KafkaTests\.[A-Za-z]+|[A-Za-z]+).*,\1,p' | sort -u |
        grep -vE "$DISTURBING$|$MEASURING$"
}

# longest_first: the names on the input, in the order in which they begin
longest_first() {
    local names
    names=$(cat)
    grep -E "$LONG" <<<"$names" || true
    grep -vE "$LONG" <<<"$names" || true
}

# swift_tests FILTER [OPTION…]: one test after another. Ports and folders of this run are no business of the processes
# that tests start.
swift_tests() {
    env -u RUN_DIR -u PORT_OFFSET -u PG_PORT -u MARIADB_PORT -u REDIS_PORT -u BROKER_CONTROL_PORT -u SANDBOX_PORT \
        -u RECEIVER_PORT -u GATEWAY_PORT -u GATEWAY_STATS_PORT -u REPLICAS -u KAFKA_BROKERS -u MAKEFLAGS -u MAKELEVEL \
        "$TESTS" --testing-library swift-testing --no-parallel --filter "$@" </dev/null 2>&1 {RUN_LOCK}>&-
}

# swift_tests_that_disturb FILTER [OPTION…]: the same, allowed to restart the stores
swift_tests_that_disturb() {
    local stores="RUN_DIR='$RUN_DIR' PORT_OFFSET=$PORT_OFFSET '$LOCAL/stores.sh'"
    TEST_POSTGRES_RESTART="$stores restart postgres" TEST_MARIADB_RESTART="$stores restart mariadb" TEST_ALONE=1 \
        swift_tests "$@"
}

# run_suite NAME: its log is shown when it is over, in one piece
run_suite() {
    local name=$1 log=$TEST_LOGS/${1//[.\/]/-}.log begin code=0 passed
    begin=$(now_ms)
    echo "$name" >>"$TEST_LOGS/begun"
    : >"$TEST_LOGS/running/${name##*/}"
    case $name in
    stores) swift_tests_that_disturb "$DISTURBING" >"$log" || code=$? ;;
    manifests) "$ROOT/k8s/tests/manifests.sh" >"$log" 2>&1 {RUN_LOCK}>&- || code=$? ;;
    *"$MEASURING") swift_tests "^${name}[./]" >"$log" || code=$? ;;
    *) swift_tests "^${name}[./]" --skip "$DISTURBING|$MEASURING" >"$log" || code=$? ;;
    esac
    rm "$TEST_LOGS/running/${name##*/}"
    {
        flock "$SPEECH"
        touch "$TEST_LOGS/spoken"
        grep -vE '^◇|^✔ Suite|^↳' "$log" || true
        if ((code)); then
            failure tests "$name: failed" "$log"
        else
            echo "$name" >>"$TEST_LOGS/passed"
            passed=$(sed -nE 's/^(✔ Test run with )?([0-9]+)( tests?.*)? passed.*/\2 passed/p' "$log")
            report tests "${name#EndToEnd.}: $passed" $(($(now_ms) - begin))
        fi
    } {SPEECH}>"$TEST_LOGS/speech"
    return "$code"
}

# sign_of_life BEGIN: says what is under way when nothing was said for a while
sign_of_life() {
    local quiet
    while sleep 5 >/dev/null 2>&1; do
        quiet=$(($(date +%s) - $(stat -c %Y "$TEST_LOGS/spoken")))
        ((quiet < 30)) || {
            note "$(seconds $(($(now_ms) - $1))), under way: $(cd "$TEST_LOGS/running" && echo *)"
            touch "$TEST_LOGS/spoken"
        }
    done
}

# suites_that_failed: those that began and did not pass, also because they were killed
suites_that_failed() { grep -vxFf "$TEST_LOGS/passed" "$TEST_LOGS/begun"; }

# what_failed SUITE…: of each what went wrong, in few lines
what_failed() {
    local name log
    for name in "$@"; do
        log=$TEST_LOGS/${name//[.\/]/-}.log
        echo "$name"
        grep -hE -A2 '^✘ .*recorded an issue|Fatal error|^(FAILED|ERROR) ' "$log" 2>/dev/null |
            cut -c 1-300 | head -n 20 || true
    done
}

# try_again SUITE…: each once more with nothing beside it, except those whose one failure counts. What passes now is
# named in the file "unsteady": it needs mending, but says nothing against the change under test.
try_again() {
    local name
    for name in "$@"; do
        ! grep -qE "$PROMISING" <<<"$name" || continue
        what_failed "$name" >>"$TEST_LOGS/unsteady-reasons"
        ! run_suite "$name" || echo "$name" >>"$TEST_LOGS/unsteady"
    done
}

# run_all_suites: three rounds, see above
run_all_suites() {
    local names storeless others measuring
    names=$(suite_names)
    mapfile -t storeless < <(grep -E "$STORELESS" <<<"$names" | longest_first)
    mapfile -t others < <(grep -vE "$STORELESS" <<<"$names" | longest_first)
    mapfile -t measuring < <(
        "$TESTS" --testing-library swift-testing --list-tests 2>/dev/null |
            sed -nE "s,^(.*$MEASURING)/.*,\\1,p" | sort -u
    )
    # Who failed stands in the logs.
    side_by_side "$TEST_WORKERS" run_suite stores "${storeless[@]}" manifests || true
    side_by_side "$TEST_WORKERS" run_suite "${others[@]}" || true
    side_by_side 1 run_suite "${measuring[@]}" || true
}
