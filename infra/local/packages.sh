#!/usr/bin/env bash
# packages.sh [LIST…]: installs the Debian packages of packages.txt and of further lists that are missing; an installed
# machine never gets as far as calling apt.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

missing=()
while read -r package; do
    [[ -z $package || $package = \#* ]] && continue
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) = installed ]] || missing+=("$package")
done < <(cat "${PACKAGES_FILE:-$LOCAL/packages.txt}" "$@")

if ! command -v swift >/dev/null; then
    for folder in /opt/swift/usr/bin "$HOME/.local/share/swiftly/bin" /usr/local/swift/usr/bin; do
        [[ -x $folder/swift ]] || continue
        failure packages "swift is in $folder but not on PATH: export PATH=\$PATH:$folder"
        exit 1
    done
    failure packages 'the Swift toolchain (6.2 or newer) is not on PATH; get it from https://www.swift.org/install'
    exit 1
fi
if ((${#missing[@]} == 0)); then
    report packages 'all installed'
    exit 0
fi

root=()
if ((EUID != 0)); then
    if ! command -v sudo >/dev/null; then
        failure packages "as root, run: apt-get install ${missing[*]}"
        exit 1
    fi
    root=(sudo)
fi
make_run_dir
log=$RUN_DIR/log/packages.log
echo "Missing Debian packages: ${missing[*]}"
echo "They are installed now with: ${root[*]}${root:+ }apt-get install --no-install-recommends ${missing[*]}"
echo 'Their system-wide servers are not started: this project runs its own instances.'

# While the packages are set up, Debian's own switch keeps them from starting servers; it is put back in any case.
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
    trap '"${root[@]}" rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee "$policy" >/dev/null
    "${root[@]}" chmod 755 "$policy"
fi
begin=$(now_ms)
if ! { "${root[@]}" apt-get update && "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends "${missing[@]}"; } </dev/null >"$log" 2>&1; then
    failure packages "$(grep -m 1 '^E: ' "$log" || tail -n 1 "$log")" "$log"
    exit 1
fi
report packages "${#missing[@]} installed" $(($(now_ms) - begin))
