# shellcheck shell=bash
# Writes RUN_DIR/env: every address, secret and local setting of a run, as shell variables. Sourced after lib.sh.

# secret NAME: a password that is made once per run folder and kept in its env file
secret() {
    local value
    value=$(env_value "$1")
    if [[ -z $value ]]; then
        value=$(od -An -N 18 -tx1 /dev/urandom | tr -d ' \n')
        (umask 077 && echo "$1=$value" >>"$RUN_DIR/env")
    fi
    echo "$value"
}

# password USER
password() { secret "$(upper "$1")_PASSWORD"; }

# service_user DATABASE: who reads and writes its rows; its owner, who alone may alter it, is called as the database is
service_user() { echo "$1_service"; }

# database_url STORE DATABASE USER
database_url() {
    case $1 in
    postgres) echo "postgres://$3:$(password "$3")@127.0.0.1:$PG_PORT/$2" ;;
    mariadb) echo "mariadb://$3:$(password "$3")@127.0.0.1:$MARIADB_PORT/$2" ;;
    esac
}

# database_users STORE: the owner of each database and the user of its service
database_users() {
    local database
    for database in $(databases "$1"); do echo "$database" "$(service_user "$database")"; done
}

# our_broker: the address of the built-in broker while it runs
our_broker() { pid_of broker >/dev/null && cat "$RUN_DIR/broker.address" 2>/dev/null; }

# A caller who has read the env file of this run names its built-in broker: that is no cluster of the caller's own.
if [[ -n ${KAFKA_BROKERS:-} && $KAFKA_BROKERS = "$(cat "$RUN_DIR/broker.address" 2>/dev/null)" ]]; then
    unset KAFKA_BROKERS
fi

# uses_own_cluster: the caller's KAFKA_BROKERS names a cluster to use instead of the built-in broker
uses_own_cluster() { [[ -n ${KAFKA_BROKERS:-} ]]; }

# variable NAME VALUE: quoted only where it must be, so that readers other than a shell understand most lines
variable() {
    if [[ $2 =~ ^[A-Za-z0-9_./:@,%+-]*$ ]]; then echo "$1=$2"; else echo "$1='${2//\'/\'\\\'\'}'"; fi
}

# keep NAME DEFAULT: a setting that the caller's environment may choose
keep() { variable "$1" "${!1:-$2}"; }

# The built-in broker wakes no waiting fetch and is slow to let a member in again: short waits make up for it. Real
# clusters need none of this.
broker_tuning() {
    keep KAFKA_SESSION_TIMEOUT 4s
    keep KAFKA_PROPERTIES 'fetch.wait.max.ms=2;heartbeat.interval.ms=300'
}

service_addresses() {
    local name port store database
    while read -r name _ port store database; do
        echo "$(url_name "$name")=http://127.0.0.1:$port"
        [[ $store != - ]] || continue
        echo "$(upper "$name")_DATABASE_URL=$(database_url "$store" "$database" "$(service_user "$database")")"
        echo "$(upper "$name")_MIGRATION_DATABASE_URL=$(database_url "$store" "$database" "$database")"
    done < <(services)
}

environment() {
    local user
    echo '# Addresses, secrets and settings of this run, as shell variables. Written by the scripts in infra/local;'
    echo "# what differs from production's settings stands here and nowhere else."
    variable SUITE_BIN "$(suite_bin)"
    echo "GATEWAY_URL=http://127.0.0.1:$GATEWAY_PORT"
    echo "GATEWAY_STATS_URL=http://127.0.0.1:$GATEWAY_STATS_PORT"
    service_addresses
    echo "TELEGRAM_SVC_URL=http://127.0.0.1:$(services | awk '$1 == "telegram" { print $3 }')"
    echo "TELEGRAM_API_URL=http://127.0.0.1:$SANDBOX_PORT"
    echo "TELEGRAM_SANDBOX_URL=http://127.0.0.1:$SANDBOX_PORT"
    echo "CALLBACK_RECEIVER_URL=http://127.0.0.1:$RECEIVER_PORT"
    echo "TELEGRAM_BOT_TOKEN=110201543:$(secret TELEGRAM_BOT_PASSWORD)"
    echo "TELEGRAM_WEBHOOK_SECRET=$(secret TELEGRAM_WEBHOOK_SECRET)"
    echo "LINK_CODE_SECRET=$(secret LINK_CODE_SECRET)"
    echo "POSTGRES_URL=postgres://postgres:$(password postgres)@127.0.0.1:$PG_PORT/postgres"
    echo "MARIADB_URL=mariadb://root:$(password mariadb)@127.0.0.1:$MARIADB_PORT/mysql"
    echo "REDIS_URL=redis://127.0.0.1:$REDIS_PORT/0"
    for user in postgres mariadb telegram_bot $(database_users postgres) $(database_users mariadb); do
        echo "$(upper "$user")_PASSWORD=$(password "$user")"
    done
    keep ORDERS_FILE "$RUN_DIR/orders.jsonl"
    keep ORDERS_VIA redis
    keep ORDERS_RATE 5
    variable COLLECTOR_STATE "$RUN_DIR/order-collector"
    if uses_own_cluster; then
        variable KAFKA_BROKERS "$KAFKA_BROKERS"
    else
        echo "KAFKA_BROKERS=$(our_broker || true)"
        echo "BROKER_CONTROL_URL=http://127.0.0.1:$BROKER_CONTROL_PORT"
        broker_tuning
    fi
    keep RECOVERY_DIR "$RUN_DIR/recovery"
    keep AUTH off
    if [[ ${AUTH:-off} = on ]]; then
        keep AUTH_ISSUER demo
        keep AUTH_JWKS_FILE "$RUN_DIR/auth/jwks.json"
        keep SERVICE_TOKEN_FILE "$RUN_DIR/auth/gift.token"
    fi
    keep CALLBACK_ALLOW 127.0.0.1
    keep HTTP_HOST 127.0.0.1
    keep LOG_FORMAT text
    keep SHUTDOWN_DRAIN 2s
}

# write_environment: replaces the file in one step; only its owner may read it
write_environment() {
    (umask 077 && environment >"$RUN_DIR/env.new")
    mv -f "$RUN_DIR/env.new" "$RUN_DIR/env"
}

# load_environment: the file's variables, for this shell
load_environment() {
    if [[ ! -r $RUN_DIR/env ]]; then
        failure env "there is no $(short "$RUN_DIR/env") yet: run make up"
        return 1
    fi
    # shellcheck disable=SC1091
    . "$RUN_DIR/env"
}
