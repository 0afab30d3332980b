#!/usr/bin/env bash
# Tests/Schema/run.sh [SERVICE…]: does each service answer as its /openapi.yaml says? Part of make test, which has
# started the stores of the tests. Every service of infra/local/services.txt is asked that describes itself.
#
# EXAMPLES: how many requests are made up for each operation, besides those that cover its limits one by one.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail
# The answers of a broker of yours are not what is tested, and nothing of this belongs on it.
unset KAFKA_BROKERS
export SHUTDOWN_DRAIN=0s CONSISTENCY_WAIT=20ms
# shellcheck source=../../infra/local/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../infra/local/lib.sh"
# shellcheck source=../../infra/local/environment.sh
. "$LOCAL/environment.sh"
HERE=$ROOT/Tests/Schema
export COLLECTOR_CONFIG=$HERE/collector.yaml
EXAMPLES=${EXAMPLES:-20}
make_run_dir

# tools: a Python environment with what requirements.txt names; made anew only when that file changes
tools() {
    local begin log=$RUN_DIR/log/schema-tools.log
    TOOLS=$RUN_DIR/schema-tools-$(cksum <"$HERE/requirements.txt" | cut -d ' ' -f 1)
    [[ ! -e $TOOLS/complete ]] || return 0
    begin=$(now_ms)
    rm -rf "$RUN_DIR"/schema-tools-*
    if ! { python3 -m venv "$TOOLS" && "$TOOLS/bin/pip" install --disable-pip-version-check --no-input \
        -r "$HERE/requirements.txt"; } </dev/null >"$log" 2>&1; then
        failure tools "not installed: $(last_line "$log")" "$log"
        return 1
    fi
    touch "$TOOLS/complete"
    report tools 'installed from PyPI' $(($(now_ms) - begin))
}

# empty_databases: ids begin with 1, so that the same requests meet the same state in each run
empty_databases() {
    local database
    for database in $(databases postgres); do
        psql -X -q -v ON_ERROR_STOP=1 "$POSTGRES_URL" <<SQL
DROP DATABASE IF EXISTS $database WITH (FORCE);
CREATE DATABASE $database OWNER $database TEMPLATE template0;
REVOKE ALL ON DATABASE $database FROM PUBLIC;
SQL
    done
    for database in $(databases mariadb); do
        echo "DROP DATABASE IF EXISTS $database; CREATE DATABASE $database;" |
            MYSQL_PWD=$(password mariadb) mariadb --no-defaults -h 127.0.0.1 -P "$MARIADB_PORT" -u root
    done
}

# ask NAME: one service; its whole log is shown only when it fails
ask() {
    local url begin log=$RUN_DIR/log/schema-$1.log cases
    url=$(url_name "$1")
    url=${!url}
    if ! http_ok "$url/openapi.yaml"; then
        note "$1 has no /openapi.yaml"
        return 0
    fi
    begin=$(now_ms)
    if ! SCHEMA_HOOKS=$HERE/hooks.py "$TOOLS/bin/schemathesis" --config-file "$HERE/schemathesis.toml" run \
        --max-examples "$EXAMPLES" --continue-on-failure --no-color "$url/openapi.yaml" </dev/null >"$log" 2>&1; then
        cat "$log"
        failure "$1" 'its answers differ from its /openapi.yaml' "$log"
        return 1
    fi
    cases=$(sed -nE 's/^ +([0-9]+) generated.*/\1/p' "$log")
    report "$1" "${cases:-0} requests answered as described" $(($(now_ms) - begin))
    # An answer that is never given fails nothing above.
    ((${cases:-0} > 50)) || { failure "$1" 'hardly anything was asked' "$log" && return 1; }
}

stop_suite() {
    "$LOCAL/services.sh" stop >/dev/null
    "$LOCAL/stores.sh" stop broker >/dev/null
}

# ask_whole: chains of requests that cross from one service to the next. They are cheap and their beginnings many, so
# that few of them would leave it to chance which links are followed.
ask_whole() {
    local begin log=$RUN_DIR/log/schema-whole.log links
    begin=$(now_ms)
    "$TOOLS/bin/python" "$HERE/whole.py" "$HERE/links.yaml" "$ROOT"/Services/*/openapi.yaml >"$RUN_DIR/whole.json"
    if ! SCHEMA_HOOKS=$HERE/hooks.py SCHEMA_KEYS=whole- "$TOOLS/bin/schemathesis" \
        --config-file "$HERE/schemathesis.toml" run --phases stateful --max-examples $((EXAMPLES * 3)) \
        --continue-on-failure --no-color --exclude-checks described_answers_are_given --url "$MISSION_URL" \
        "$RUN_DIR/whole.json" </dev/null >"$log" 2>&1; then
        cat "$log"
        failure whole 'chains across services break' "$log"
        return 1
    fi
    links=$(sed -nE 's/^ +API Links: +([0-9]+) covered.*/\1/p' "$log")
    report whole "${links:-0} links followed from service to service" $(($(now_ms) - begin))
    ((${links:-0} > 4)) || { failure whole 'hardly any link was followed' "$log" && return 1; }
}

# ask_guarded: the same services with AUTH=on: who is let in where, and no answer outside the description
ask_guarded() {
    local begin name url log=$RUN_DIR/log/schema-roles.log role token
    begin=$(now_ms)
    "$LOCAL/services.sh" stop >/dev/null
    (export AUTH=on && "$LOCAL/stores.sh" start broker >/dev/null && "$LOCAL/services.sh" start >/dev/null)
    load_environment
    token() { "$SUITE_BIN/demo-token" token --folder "$RUN_DIR/auth" --subject 42 "$@"; }
    for role in customer operator service; do
        printf '%s"%s": "%s"' "$([[ $role = customer ]] && echo '{' || echo ', ')" "$role" "$(token --role "$role")"
    done >"$RUN_DIR/auth/tokens.json"
    echo '}' >>"$RUN_DIR/auth/tokens.json"
    "$TOOLS/bin/python" "$HERE/roles.py" "$RUN_DIR/auth/tokens.json" "$ROOT"/Services/*/openapi.yaml || return 1
    token=$(token --role customer --role operator --role service)
    for name in mission bypass-queue; do
        url=$(url_name "$name")
        for role in "Authorization: Bearer $token" 'x-no-token: 1'; do
            if ! AUTH=on SCHEMA_HOOKS=$HERE/hooks.py "$TOOLS/bin/schemathesis" --config-file "$HERE/schemathesis.toml" run \
                --phases examples,coverage --max-examples 5 --continue-on-failure --no-color --header "$role" \
                --checks status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance \
                "${!url}/openapi.yaml" </dev/null >"$log" 2>&1; then
                cat "$log"
                failure "$name" 'with AUTH=on its answers differ from its /openapi.yaml' "$log"
                return 1
            fi
        done
    done
    report guarded 'with a token and without one, answered as described' $(($(now_ms) - begin))
}

finish() {
    local code=$?
    trap '' INT TERM HUP
    stop_side_by_side
    stop_suite
    exit "$code"
}

heading 'Answers and their descriptions'
tools
"$TOOLS/bin/python" "$HERE/documents.py" "$ROOT"/Services/*/openapi.yaml
load_environment
# A run that was killed may have left them.
stop_suite
empty_databases
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
"$LOCAL/stores.sh" start broker >/dev/null
"$LOCAL/services.sh" start >/dev/null
load_environment
# shellcheck disable=SC2046 # names of variables
export $(sed -nE 's/^([A-Z_]+)=.*/\1/p' "$RUN_DIR/env")
"$TOOLS/bin/python" "$HERE/seed.py"
faults=0
is_whole=$(($# == 0))
if ((is_whole)); then
    mapfile -t names < <(services | cut -d ' ' -f 1)
    set -- "${names[@]}"
fi
# One schemathesis keeps one core busy.
side_by_side 2 ask "$@" || faults=1
# Last, because what it leaves behind depends on how fast events travel.
((!is_whole)) || ask_whole || faults=$((faults + 1))
((!is_whole)) || ask_guarded || faults=$((faults + 1))
((faults == 0))
