#!/bin/sh
# Starts MariaDB on /data, after it has made the data folder, if need be. At each start it makes, from the
# *_DATABASE_URLs of /credentials, every user, and a database for each owner: those of *_MIGRATION_DATABASE_URL. Works in the upstream image and in ours alike.
set -eu
data=/data/mariadb

if [ ! -d "$data" ]; then
    rm -rf "$data.new"
    mariadb-install-db --no-defaults --datadir="$data.new" --tmpdir=/tmp --skip-test-db
    mv "$data.new" "$data"
fi

umask 077
: >/tmp/init.sql
for file in /credentials/*_DATABASE_URL; do
    url=$(cat "$file")
    case $url in mariadb://*) ;; *) continue ;; esac
    database=${url##*/} && database=${database%%\?*}
    login=${url#*://} && login=${login%%@*}
    cat >>/tmp/init.sql <<SQL
CREATE USER IF NOT EXISTS '${login%%:*}'@'%';
ALTER USER '${login%%:*}'@'%' IDENTIFIED BY '${login#*:}';
SQL
    case $file in
    # The owner lets the service's user in, when it migrates.
    *_MIGRATION_DATABASE_URL)
        cat >>/tmp/init.sql <<SQL
CREATE DATABASE IF NOT EXISTS $database;
GRANT ALL ON $database.* TO '${login%%:*}'@'%' WITH GRANT OPTION;
SQL
        ;;
    esac
done

exec mariadbd --no-defaults --datadir="$data" --tmpdir=/tmp --socket=/tmp/mariadb.sock --pid-file=/tmp/mariadb.pid \
    --port=3306 --bind-address=0.0.0.0 --skip-name-resolve --max-connections=300 --character-set-server=utf8mb4 \
    --default-time-zone=+00:00 --transaction-isolation=READ-COMMITTED --performance-schema=OFF \
    --innodb-buffer-pool-size=128M --init-file=/tmp/init.sql
