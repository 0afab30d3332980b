#!/usr/bin/env bash
# make clean: stops everything and removes what was built and all data of the local run.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

for folder in "$RUN_DIR" "$ROOT/.run-test" "$ROOT/.run-bench"; do
    [[ -d $folder ]] || continue
    RUN_DIR=$folder "$LOCAL/down.sh"
    find "$folder" -maxdepth 1 -type l -lname '/var/tmp/game-suite-*' -printf '%l\n' | while read -r data; do
        rm -rf "$data"
        rmdir --ignore-fail-on-non-empty "$(dirname "$data")"
    done
    rm -rf "$folder"
done
cd "$ROOT" && rm -rf .build .build-*
report clean 'nothing is left'
