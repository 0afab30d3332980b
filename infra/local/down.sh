#!/usr/bin/env bash
# make down: closes the gateway, waits until the outboxes are empty, then stops everything.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

PATIENCE_MS=30000
lock_run_dir

# backlog METRIC: its sum over all services that run; 0 for those that do not answer
backlog() {
    local instance port
    instances | while read -r instance _ _ port _; do
        ! pid_of "$instance" >/dev/null || curl -fsS --max-time 2 "http://127.0.0.1:$port/metrics" 2>/dev/null || true
    done | awk -v metric="$1" '$1 ~ "^" metric "([{]|$)" { sum += $NF } END { printf "%d\n", sum }'
}

# The services measure once a second: empty is what was empty twice, more than a second apart. What is published but
# not consumed yet is waited for as well, a little: the built-in broker forgets it when it stops.
await_outboxes() {
    local begin pending lag empty_since='' spoken=0 now
    begin=$(now_ms)
    while :; do
        pending=$(backlog outbox_pending)
        lag=$(backlog consumer_lag)
        now=$(now_ms)
        if ((pending > 0 || (lag > 0 && now - begin < 5000))); then empty_since=''; else : "${empty_since:=$now}"; fi
        if [[ -n $empty_since ]] && ((now - empty_since > 1100)); then
            report outboxes empty $((now - begin))
            return 0
        elif ((now - begin > PATIENCE_MS)); then
            note "$pending events are still unpublished: they stay in the databases and go out after the next make up"
            return 0
        elif ((now - spoken > 2000)); then
            spoken=$now
            note "waiting for the outboxes: $pending events to publish, $lag to consume"
        fi
        sleep 0.1
    done
}

if [[ -z $(started_names) ]]; then
    note 'nothing is running'
    exit 0
fi
"$LOCAL/gateway.sh" stop
[[ -z $("$LOCAL/services.sh" status) ]] || await_outboxes
"$LOCAL/services.sh" stop
"$LOCAL/stores.sh" stop broker redis mariadb postgres
