#!/usr/bin/env bash
# make up: packages, build, stores, services, gateway, then the main flow once. What runs already is left alone; when
# a step fails, what this call started is stopped again.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

begin=$(now_ms)
lock_run_dir
# shellcheck source=environment.sh
. "$LOCAL/environment.sh"
STARTED_LIST=$(mktemp)
export STARTED_LIST

finish() {
    local code=$? names services stores
    trap '' INT TERM HUP
    if ((code != 0)); then
        mapfile -t names < <(tac "$STARTED_LIST" | awk '!seen[$0]++')
        if ((${#names[@]})); then
            heading 'That failed: stopping what was started'
            # The stores last: nothing loses a store while it still uses it.
            mapfile -t services < <(printf '%s\n' "${names[@]}" | grep -vxE 'postgres|mariadb|redis|broker')
            stop_detached TERM 35 "${services[@]}"
            mapfile -t stores < <(printf '%s\n' "${names[@]}" | grep -xE 'postgres|mariadb|redis|broker')
            ((${#stores[@]} == 0)) || "$LOCAL/stores.sh" stop "${stores[@]}"
        fi
    fi
    rm -f "$STARTED_LIST"
    exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

heading 'Packages and build'
"$LOCAL/packages.sh"
if [[ -z ${SUITE_BIN:-} ]]; then
    "$LOCAL/build.sh" release
    SUITE_BIN=$(cd "$ROOT" && swift build -c release --scratch-path .build-release --show-bin-path)
else
    report build "not needed: SUITE_BIN=$(short "$SUITE_BIN")"
fi
export SUITE_BIN

heading 'Stores'
"$LOCAL/stores.sh" start

heading 'Services'
"$LOCAL/services.sh" start
"$LOCAL/gateway.sh" start

"$LOCAL/flow.sh"

load_environment
heading 'Running'
cat <<TEXT
  gateway            $GATEWAY_URL        (try: curl $GATEWAY_URL/missions)
  its statistics     $GATEWAY_STATS_URL
  Telegram sandbox   $TELEGRAM_SANDBOX_URL
  live order chart   $ORDER_DASHBOARD_URL
  bypass-queue       $BYPASS_QUEUE_URL        (its groups, in the browser)
  callback receiver  $CALLBACK_RECEIVER_URL        (a sample that refuses what is stale)
  all addresses      $(short "$RUN_DIR/env")
  logs               make logs S=mission
  stop               make down
TEXT
note "up in $(seconds $(($(now_ms) - begin)))"
