#!/bin/sh
# executables.sh FROM TO: copies the suite's executables, without their debug symbols.
set -eu
from=$1 to=$2
mkdir -p "$to"
for file in "$from"/*; do
    if [ ! -f "$file" ] || [ ! -x "$file" ]; then continue; fi
    case $file in *.so | *.xctest | *-tool) continue ;; esac
    strip --strip-unneeded -o "$to/$(basename "$file")" "$file"
done
