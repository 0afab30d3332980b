#!/usr/bin/env bash
# make logs S=mission: the end of a log; on a terminal it is followed. Without S: which logs there are.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

name=${1:-}
log=$RUN_DIR/log/$name.log
if [[ -z $name ]]; then
    echo 'Say which one: make logs S=mission'
    ls -1s --block-size=1K "$RUN_DIR/log" 2>/dev/null || note 'there are no logs yet'
elif [[ ! -e $log ]]; then
    failure "$name" "there is no log $(short "$log")"
    exit 1
elif [[ -t 1 ]]; then
    exec tail -n 50 -F "$log"
else
    tail -n 200 "$log"
fi
