#!/bin/sh
# Starts PostgreSQL on /data, after it has made the cluster, if need be, and, from the *_DATABASE_URLs of /credentials,
# every user, and a database for each owner: those of *_MIGRATION_DATABASE_URL. Works in the upstream image and in ours
# alike.
set -eu
PATH=$PATH:/usr/lib/postgresql/15/bin
data=/data/postgres

if [ ! -s "$data/PG_VERSION" ]; then
    rm -rf "$data.new"
    initdb -D "$data.new" -U postgres -E UTF8 --locale=C.UTF-8 --data-checksums \
        --auth-local=trust --auth-host=scram-sha-256
    echo 'host all all all scram-sha-256' >>"$data.new/pg_hba.conf"
    mv "$data.new" "$data"
fi

sql() { psql -h /tmp -U postgres -d postgres -X -q -v ON_ERROR_STOP=1 "$@"; }

# With a socket alone nobody else sees it yet.
pg_ctl -D "$data" -s -w -o "-c listen_addresses= -c unix_socket_directories=/tmp" start
for file in /credentials/*_DATABASE_URL; do
    url=$(cat "$file")
    case $url in postgres://*) ;; *) continue ;; esac
    database=${url##*/} && database=${database%%\?*}
    login=${url#*://} && login=${login%%@*}
    sql -v login="${login%%:*}" -v password="${login#*:}" <<'SQL'
SELECT format('CREATE ROLE %I LOGIN', :'login')
    WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'login') \gexec
ALTER ROLE :"login" PASSWORD :'password';
SQL
    # The owner lets the service's user in, when it migrates.
    case $file in *_MIGRATION_DATABASE_URL) ;; *) continue ;; esac
    sql -v owner="${login%%:*}" -v database="$database" <<'SQL'
SELECT format('CREATE DATABASE %I OWNER %I TEMPLATE template0', :'database', :'owner')
    WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
SQL
done
pg_ctl -D "$data" -s -w -m fast stop

exec postgres -D "$data" -c listen_addresses='*' -c unix_socket_directories=/tmp -c max_connections=300 \
    -c shared_buffers=128MB -c jit=off -c timezone=UTC -c log_timezone=UTC
