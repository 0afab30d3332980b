#!/usr/bin/env bash
# stores.sh start|stop|restart|status [postgres] [mariadb] [redis] [broker]: private instances on 127.0.0.1.
# Their data is under RUN_DIR. A root shell runs them as the unprivileged users that their packages made.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=environment.sh
. "$LOCAL/environment.sh"

TOPICS=game.mission,game.reward,game.gift,game.telegram,game.bypass,orders

# ------------------------------------------------------------------------------------------------------ PostgreSQL

postgres_bin() { find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin | sort -V | tail -n 1; }

# as the cluster's superuser, over its socket: needs no password
postgres_sql() {
    run_as "$1" "$(postgres_bin)/psql" -X -q -v ON_ERROR_STOP=1 -h "$2" -p "$PG_PORT" -U postgres -d postgres
}

postgres_create() {
    local user=$1 home=$2 log=$RUN_DIR/log/postgres.log
    if ! run_as "$user" "$(postgres_bin)/initdb" -D "$home/new" -U postgres -E UTF8 --locale=C.UTF-8 --data-checksums \
        --auth-local=peer --auth-host=scram-sha-256 >>"$log" 2>&1; then
        failure postgres "no new cluster: $(last_line "$log")" "$log"
        return 1
    fi
    run_as "$user" tee "$home/new/pg_hba.conf" >/dev/null <<'CONF'
local all all           peer map=owner
host  all all 127.0.0.1/32 scram-sha-256
CONF
    echo "owner $user postgres" | run_as "$user" tee "$home/new/pg_ident.conf" >/dev/null
    run_as "$user" tee -a "$home/new/postgresql.conf" >/dev/null <<'CONF'
listen_addresses = '127.0.0.1'
max_connections = 300
shared_buffers = 128MB
max_wal_size = 1GB
wal_level = minimal
max_wal_senders = 0
autovacuum_naptime = 10s
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
CONF
    run_as "$user" mv "$home/new" "$home/data"
}

# one database a service, its owner, and the service's user, whom migrate lets in
provision_postgres() {
    local database user store_user
    store_user=$(store_user postgres)
    {
        echo "ALTER ROLE postgres PASSWORD '$(password postgres)';"
        for user in $(database_users postgres); do
            cat <<SQL
SELECT 'CREATE ROLE $user LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '$user') \gexec
ALTER ROLE $user PASSWORD '$(password "$user")';
SQL
        done
        for database in $(databases postgres); do
            cat <<SQL
SELECT 'CREATE DATABASE $database OWNER $database TEMPLATE template0'
    WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '$database') \gexec
REVOKE ALL ON DATABASE $database FROM PUBLIC;
SQL
        done
    } | postgres_sql "$store_user" "$(store_home postgres "$store_user")"
}

start_postgres() {
    local user home bin
    user=$(store_user postgres)
    home=$(store_home postgres "$user") || return 1
    bin=$(postgres_bin)
    [[ -e $home/data/PG_VERSION ]] || postgres_create "$user" "$home" || return 1
    bring_up postgres "$user" "$PG_PORT" 60 "$bin/pg_isready -q -h 127.0.0.1 -p $PG_PORT" -- \
        "$bin/postgres" -D "$home/data" -p "$PG_PORT" -k "$home"
}

# --------------------------------------------------------------------------------------------------------- MariaDB

mariadb_create() {
    local user=$1 home=$2 log=$RUN_DIR/log/mariadb.log
    run_as "$user" mkdir -p "$home/tmp"
    if ! run_as "$user" mariadb-install-db --no-defaults --datadir="$home/new" --tmpdir="$home/tmp" --skip-test-db \
        --auth-root-authentication-method=socket --auth-root-socket-user="$user" >>"$log" 2>&1; then
        failure mariadb "no new data folder: $(last_line "$log")" "$log"
        return 1
    fi
    run_as "$user" mv "$home/new" "$home/data"
}

mariadb_options() {
    cat <<CONF
[mariadbd]
datadir = $home/data
tmpdir = $home/tmp
socket = $home/mariadb.sock
pid-file = $home/mariadb.pid
port = $MARIADB_PORT
bind-address = 127.0.0.1
skip-name-resolve
max-connections = 300
character-set-server = utf8mb4
default-time-zone = +00:00
transaction-isolation = READ-COMMITTED
performance-schema = OFF
innodb-buffer-pool-size = 128M
innodb-log-file-size = 64M
innodb-flush-log-at-trx-commit = 1
CONF
}

provision_mariadb() {
    local database user store_user home
    store_user=$(store_user mysql)
    home=$(store_home mariadb "$store_user")
    {
        echo "CREATE USER IF NOT EXISTS root@'127.0.0.1';"
        echo "ALTER USER root@'127.0.0.1' IDENTIFIED BY '$(password mariadb)';"
        echo "GRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION;"
        for user in $(database_users mariadb); do
            echo "CREATE USER IF NOT EXISTS $user@'127.0.0.1';"
            echo "ALTER USER $user@'127.0.0.1' IDENTIFIED BY '$(password "$user")';"
        done
        for database in $(databases mariadb); do
            echo "CREATE DATABASE IF NOT EXISTS $database;"
            echo "GRANT ALL ON $database.* TO $database@'127.0.0.1' WITH GRANT OPTION;"
        done
    } | run_as "$store_user" mariadb --no-defaults --socket="$home/mariadb.sock" --user="$store_user"
}

start_mariadb() {
    local user home
    user=$(store_user mysql)
    home=$(store_home mariadb "$user") || return 1
    [[ -d $home/data ]] || mariadb_create "$user" "$home" || return 1
    mariadb_options | run_as "$user" tee "$home/mariadb.cnf" >/dev/null
    bring_up mariadb "$user" "$MARIADB_PORT" 60 \
        "run_as $user mariadb-admin --no-defaults --socket=$home/mariadb.sock --user=$user ping" -- \
        mariadbd --defaults-file="$home/mariadb.cnf"
}

# ----------------------------------------------------------------------------------------------- Redis, the broker

start_redis() {
    local user home
    user=$(store_user redis)
    home=$(store_home redis "$user") || return 1
    bring_up redis "$user" "$REDIS_PORT" 20 "redis-cli -e -p $REDIS_PORT ping" -- \
        redis-server --bind 127.0.0.1 --port "$REDIS_PORT" --dir "$home" --save '' --appendonly yes \
        --appendfsync everysec --daemonize no
}

# The built-in broker chooses its port itself and writes its address to a file.
start_broker() {
    local bin
    bin=$(suite_bin)
    rm -f "$RUN_DIR/broker.address"
    bring_up broker "$(id -un)" "$BROKER_CONTROL_PORT" 20 broker_ready -- \
        "$bin/dev-broker" --control-port "$BROKER_CONTROL_PORT" --address-file "$RUN_DIR/broker.address" \
        --topics "$TOPICS,${TOPICS//,/.dlq,}.dlq" --partitions 12
}

broker_ready() { [[ -s $RUN_DIR/broker.address ]] && http_ok "http://127.0.0.1:$BROKER_CONTROL_PORT/livez"; }

# -------------------------------------------------------------------------------------------------------- commands

start() {
    if [[ $1 = broker ]] && uses_own_cluster; then
        report broker "yours: $KAFKA_BROKERS"
    elif pid_of "$1" >/dev/null; then
        report "$1" 'already running'
        provision "$1"
    else
        "start_$1" && provision "$1"
    fi
}

# provision NAME: what the services need there and does not exist yet; one that runs may be of an earlier version
provision() { ! declare -F "provision_$1" >/dev/null || "provision_$1"; }

# PostgreSQL ends its sessions at SIGINT and waits for them at SIGTERM.
stop() { stop_detached "$([[ $1 = postgres ]] && echo INT || echo TERM)" 60 "$1"; }

status() { if pid_of "$1" >/dev/null; then report "$1" "pid $(pid_of "$1")"; else report "$1" 'not running'; fi; }

verb=${1:-status}
shift || true
(($#)) || set -- postgres mariadb redis broker
make_run_dir
for name; do
    declare -F "start_$name" >/dev/null || { failure stores "there is no store called $name" && exit 2; }
done
case $verb in
start) for name; do start "$name" || exit 1; done && write_environment ;;
stop) for name; do stop "$name"; done ;;
restart) for name; do stop "$name" && start "$name" || exit 1; done ;;
status) for name; do status "$name"; done ;;
*) failure stores "there is start, stop, restart and status, not $verb" && exit 2 ;;
esac
