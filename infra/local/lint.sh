#!/usr/bin/env bash
# make lint: swift format, shellcheck, and the rules of this house that neither of them knows.
# lint.sh format: swift format in place.
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
cd "$ROOT" || exit 1
faults=0

folders=()
for folder in Services Shared Tests Benchmarks infra; do [[ ! -d $folder ]] || folders+=("$folder"); done
mapfile -t sources < <(find Package.swift "${folders[@]}" -name '.build*' -prune -o -name '*.swift' -print | sort)
mapfile -t scripts < <(
    find infra Benchmarks Tests k8s .ci -name '.build*' -prune -o -name '*.sh' -print 2>/dev/null
    ls .ci/run
)

# rule TEXT: complains about each line of the input
rule() {
    local line count=0
    while IFS= read -r line; do
        printf '%s\n    %s\n' "$line" "$1"
        count=$((count + 1))
    done
    faults=$((faults + count))
}

# code PATTERN FILE…: matching lines as file:line, comments and the contents of strings left out
code() {
    local pattern=$1
    shift
    # shellcheck disable=SC2016
    awk -v pattern="$pattern" '{
        line = $0
        gsub(/"([^"\\]|\\.)*"/, "\"\"", line)
        sub(/\/\/.*/, "", line)
        if (line ~ pattern) print FILENAME ":" FNR ": " $0
    }' "$@" /dev/null
}

# importers MODULE FOLDER…: imports of a C library outside the folders that wrap it
importers() {
    local module=$1 wrappers
    shift
    wrappers=$(printf '|^%s/' "$@")
    code "^ *(@[a-z_A-Z]+ +|public +|internal +|private +)*import +$module( |\$)" "${sources[@]}" |
        grep -vE "${wrappers#|}"
}

if [[ ${1:-} = format ]]; then
    exec swift format format --in-place --parallel "${sources[@]}"
fi

echo 'swift format'
swift format lint --strict --parallel "${sources[@]}" || faults=$((faults + 1))

if command -v shellcheck >/dev/null; then
    echo 'shellcheck'
    shellcheck -x "${scripts[@]}" || faults=$((faults + 1))
else
    note 'shellcheck is not installed: the scripts are not checked'
fi

echo 'house rules'
rule 'librdkafka is imported by Shared/Kafka and Shared/KafkaDevBroker alone' \
    < <(importers CRdkafka Shared/Kafka Shared/KafkaDevBroker)
rule 'libpq is imported by Shared/Postgres alone' < <(importers CPostgres Shared/Postgres)
rule 'libmariadb is imported by Shared/MariaDB alone' < <(importers CMariaDB Shared/MariaDB)
rule 'libcurl is imported by Shared/HTTPClient alone' < <(importers CCurl Shared/HTTPClient)
rule 'hiredis is imported by Shared/Redis alone' < <(importers CHiredis Shared/Redis)
rule 'OpenSSL is imported by Shared/Redis alone' < <(importers COpenSSL Shared/Redis)
rule 'no try!: throw, or show in a comment why it cannot fail and unwrap' < <(code '(^|[^A-Za-z])try!' "${sources[@]}")
rule 'no fatalError: throw, or preconditionFailure for a bug of our own' < <(code 'fatalError[(]' "${sources[@]}")
rule 'no Task.detached: structured concurrency' < <(code 'Task[.]detached' "${sources[@]}")
rule 'no nonisolated(unsafe)' < <(code 'nonisolated[(]unsafe[)]' "${sources[@]}")
rule 'the sandbox is written apart from the suite' < <(
    modules=$(find Shared -mindepth 1 -maxdepth 1 -type d -printf '%f|')
    code "^ *import +(${modules%|})\$" infra/telegram-sandbox/*.swift
)
rule 'more than 500 lines: split it' < <(
    wc -l "${sources[@]}" "${scripts[@]}" | awk '$1 > 500 && $2 != "total" { print $2 ": " $1 }'
)

if ((faults > 0)); then
    failure lint "$faults complaints"
    exit 1
fi
report lint "${#sources[@]} Swift files, ${#scripts[@]} scripts: clean"
