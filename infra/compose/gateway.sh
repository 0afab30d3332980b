#!/bin/sh
# The local run's gateway in a container: names of the services in the place of ports on 127.0.0.1, looked up again and
# again, so that a service that is made anew is found.
set -eu
{
    cat <<'CONF'
resolvers docker
    nameserver dns 127.0.0.11:53
    hold valid 2s
CONF
    sed -E -e 's/bind 127\.0\.0\.1:@GATEWAY_PORT@/bind :8080/' -e 's/bind 127\.0\.0\.1:@GATEWAY_STATS_PORT@/bind :8404/' \
        -e 's/^( *)@servers ([a-z-]+)@/\1server-template \2- 1-4 \2:8080 resolvers docker init-addr none/' /haproxy.cfg.in
} >/tmp/haproxy.cfg
exec haproxy -W -db -f /tmp/haproxy.cfg
