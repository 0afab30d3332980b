#!/usr/bin/env bash
# gateway.sh config|start|stop: HAProxy on GATEWAY_PORT in front of the services.
# The replicas of a service come from services.txt and REPLICAS, or from MISSION_SERVERS="host:port host:port" and
# the like.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# servers NAME: host:port of each replica
servers() {
    local given
    given=$(upper "$1")_SERVERS
    echo "${!given:-$(instances | awk -v name="$1" '$2 == name { print "127.0.0.1:" $4 }')}"
}

# config: the template, and GATEWAY_MORE if there is one, with a server line for each replica in the place of "@servers NAME@"
config() {
    local line address number
    while IFS= read -r line; do
        if [[ $line =~ ^[[:space:]]*@servers[[:space:]](.*)@$ ]]; then
            number=0
            for address in $(servers "${BASH_REMATCH[1]}"); do
                number=$((number + 1))
                echo "    server ${BASH_REMATCH[1]}-$number $address"
            done
        else
            line=${line//@GATEWAY_PORT@/$GATEWAY_PORT}
            line=${line//@DASHBOARD_PORT@/${DASHBOARD_PORT:-}}
            echo "${line//@GATEWAY_STATS_PORT@/$GATEWAY_STATS_PORT}"
        fi
    done < <(cat "$ROOT/infra/gateway/haproxy.cfg" ${GATEWAY_MORE:+"$GATEWAY_MORE"})
}

start() {
    local user home wanted
    user=$(store_user haproxy)
    home=$(store_home gateway "$user")
    wanted=$(config)
    if pid_of gateway >/dev/null; then
        if [[ $wanted = "$(cat "$home/haproxy.cfg")" ]]; then
            report gateway "already running on $GATEWAY_PORT"
            return 0
        fi
        note 'the gateway has other servers now and is started again'
        stop_detached TERM 10 gateway
    fi
    run_as "$user" tee "$home/haproxy.cfg" <<<"$wanted" >/dev/null
    bring_up gateway "$user" "$GATEWAY_PORT" 10 "http_ok http://127.0.0.1:$GATEWAY_STATS_PORT/healthz" -- \
        haproxy -db -f "$home/haproxy.cfg"
}

make_run_dir
case ${1:-} in
config) config ;;
start) start ;;
stop) stop_detached TERM 10 gateway ;;
*) failure gateway "there is config, start and stop, not ${1:-nothing}" && exit 2 ;;
esac
