#!/usr/bin/env bash
# make demo: the main flow and a telephone's webhooks once, from outside, each step with the milliseconds since the
# request.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=environment.sh
. "$LOCAL/environment.sh"
load_environment

export GATEWAY_URL TELEGRAM_SANDBOX_URL BYPASS_QUEUE_URL CALLBACK_RECEIVER_URL
if [[ $AUTH = on ]]; then
    TOKEN=${TOKEN:-$("$SUITE_BIN/demo-token" token --folder "$RUN_DIR/auth" --role operator --role service --subject demo)}
    export TOKEN
fi
READY_URLS=$(instances | awk '{ printf "http://127.0.0.1:%s/readyz ", $4 }')
export READY_URLS
exec python3 "$LOCAL/flow.py"
