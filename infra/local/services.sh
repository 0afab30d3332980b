#!/usr/bin/env bash
# services.sh start|stop|status [NAME…]: the Telegram sandbox, the callback receiver and the services of services.txt, each in REPLICAS copies.
# Start brings the schemas up to date, starts what is not running and leaves the rest alone.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# service_environment NAME PORT STORE: sets SERVICE_ENV to the run's settings, without what belongs to other services
service_environment() {
    local line variable database
    SERVICE_ENV=()
    while IFS= read -r line; do
        variable=${line%%=*}
        case $variable in
        '#'* | '' | *_PASSWORD | *_DATABASE_URL | POSTGRES_URL | MARIADB_URL | SUITE_BIN) continue ;;
        TELEGRAM_BOT_TOKEN | TELEGRAM_WEBHOOK_SECRET | LINK_CODE_SECRET) [[ $1 = telegram ]] || continue ;;
        esac
        SERVICE_ENV+=("$variable=${!variable}")
    done <"$RUN_DIR/env"
    SERVICE_ENV+=("HTTP_PORT=$2")
    database=$(upper "$1")_DATABASE_URL
    [[ $3 = - ]] || SERVICE_ENV+=("DATABASE_URL=${!database}")
}

# As the schema's owner, whose password the service never sees.
migrate() {
    local name=$1 command=$2 log=$RUN_DIR/log/$1.log start owner
    owner=$(upper "$name")_MIGRATION_DATABASE_URL
    start=$(($(stat -c %s "$log" 2>/dev/null || echo 0) + 1))
    if ! (leave_everything && export "${SERVICE_ENV[@]}" "MIGRATION_DATABASE_URL=${!owner}" && exec "$command" migrate) </dev/null >>"$log" 2>&1; then
        failure "$name" "migrate failed: $(last_line "$log" "$start")" "$log"
        return 1
    fi
    MIGRATED+=" $name "
}

# The built-in broker has another address after each start: who still knows the old one starts anew.
has_old_broker() {
    local brokers
    brokers=$(tr '\0' '\n' <"/proc/$1/environ" 2>/dev/null | sed -n 's/^KAFKA_BROKERS=//p')
    [[ -n $brokers && $brokers != "$KAFKA_BROKERS" ]]
}

start_instance() {
    local instance=$1 name=$2 command=$SUITE_BIN/$3 port=$4 store=$5 pid
    if pid=$(pid_of "$instance"); then
        if has_old_broker "$pid"; then
            note "$instance knows an earlier broker's address and is started again"
            stop_detached TERM 35 "$instance"
        else
            [[ $(readlink "/proc/$pid/exe") != *deleted* ]] ||
                note "$instance runs an older build; make down up changes that"
            report "$instance" "already running on $port"
            return 0
        fi
    fi
    service_environment "$name" "$port" "$store"
    [[ $store = - || $MIGRATED = *" $name "* ]] || migrate "$name" "$command" || return 1
    DAEMON_ENV=("${SERVICE_ENV[@]}")
    bring_up "$instance" "$(id -un)" "$port" 30 "http_ok http://127.0.0.1:$port/readyz" -- "$command" serve
}

start_sandbox() {
    if pid_of sandbox >/dev/null; then
        report sandbox "already running on $SANDBOX_PORT"
        return 0
    fi
    DAEMON_ENV=("TELEGRAM_BOT_TOKEN=$TELEGRAM_BOT_TOKEN")
    bring_up sandbox "$(id -un)" "$SANDBOX_PORT" 10 "http_ok http://127.0.0.1:$SANDBOX_PORT/messages?last=1" -- \
        "$SUITE_BIN/telegram-sandbox" --port "$SANDBOX_PORT"
}

# The generator has no port: it runs when the file grows. It renames the file at 64 MB and keeps three.
start_generator() {
    if pid_of order-generator >/dev/null; then
        report order-generator 'already running'
        return 0
    fi
    start_detached order-generator "$(id -un)" "$SUITE_BIN/order-generator" --file "$ORDERS_FILE" \
        --rate "$ORDERS_RATE" --rotate-bytes 67108864 --rotate-keep 3
    await_ready order-generator 10 test -s "$ORDERS_FILE" || return 1
    report order-generator "$ORDERS_RATE orders a second into $(short "$ORDERS_FILE")"
}

start_receiver() {
    if pid_of receiver >/dev/null; then
        report receiver "already running on $RECEIVER_PORT"
        return 0
    fi
    bring_up receiver "$(id -un)" "$RECEIVER_PORT" 10 "http_ok http://127.0.0.1:$RECEIVER_PORT/callbacks?group=-" -- \
        "$SUITE_BIN/callback-receiver" --port "$RECEIVER_PORT"
}

# wanted NAME: was it named on the command line, or was nothing named?
wanted() { [[ -z $NAMES || $NAMES = *" $1 "* ]]; }

# demo_tokens: with AUTH=on and no issuer of the caller's own, keys, and the token that telegram knows gift by
demo_tokens() {
    [[ $AUTH = on && $AUTH_JWKS_FILE = "$RUN_DIR/auth/jwks.json" ]] || return 0
    "$SUITE_BIN/demo-token" keys --folder "$RUN_DIR/auth" >/dev/null
    (umask 077 && "$SUITE_BIN/demo-token" token --folder "$RUN_DIR/auth" --role service --subject gift \
        --minutes 525600 >"$RUN_DIR/auth/gift.token")
    report tokens "AUTH=on; demo-token makes them, see docs/security.md"
}

start() {
    local instance name executable port store database
    # shellcheck source=environment.sh
    . "$LOCAL/environment.sh"
    load_environment
    demo_tokens
    MIGRATED=''
    ! wanted sandbox || start_sandbox || return 1
    ! wanted receiver || start_receiver || return 1
    while read -r instance name executable port store database; do
        ! wanted "$name" || start_instance "$instance" "$name" "$executable" "$port" "$store" || return 1
    done < <(instances)
    ! wanted order-generator || start_generator || return 1
}

# every replica that was started, also those of an earlier and larger REPLICAS
running_instances() {
    local name
    ! wanted order-generator || [[ ! -e $RUN_DIR/pid/order-generator.pid ]] || echo order-generator
    ! wanted sandbox || [[ ! -e $RUN_DIR/pid/sandbox.pid ]] || echo sandbox
    ! wanted receiver || [[ ! -e $RUN_DIR/pid/receiver.pid ]] || echo receiver
    services | while read -r name _; do
        ! wanted "$name" || started_names | grep -xE "$name(-[0-9]+)?" || true
    done
}

verb=${1:-status}
shift || true
NAMES=${*:+" $* "}
make_run_dir
case $verb in
start) start ;;
stop) mapfile -t names < <(running_instances) && stop_detached TERM 35 "${names[@]}" ;;
status) running_instances ;;
*) failure services "there is start, stop and status, not $verb" && exit 2 ;;
esac
