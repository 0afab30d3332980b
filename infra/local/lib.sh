# shellcheck shell=bash
# What the scripts of the local run share: output, processes, settings. Sourced, never run.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
LOCAL=$ROOT/infra/local
PATH=$PATH:/usr/sbin:/sbin
umask 022

# Where state and logs go. Another RUN_DIR with another PORT_OFFSET is a second, independent run.
RUN_DIR=${RUN_DIR:-.run}
[[ $RUN_DIR = /* ]] || RUN_DIR=$ROOT/$RUN_DIR
PORT_OFFSET=${PORT_OFFSET:-0}
PG_PORT=${PG_PORT:-$((15432 + PORT_OFFSET))}
MARIADB_PORT=${MARIADB_PORT:-$((13306 + PORT_OFFSET))}
REDIS_PORT=${REDIS_PORT:-$((16379 + PORT_OFFSET))}
BROKER_CONTROL_PORT=${BROKER_CONTROL_PORT:-$((19093 + PORT_OFFSET))}
SANDBOX_PORT=${SANDBOX_PORT:-$((8090 + PORT_OFFSET))}
RECEIVER_PORT=${RECEIVER_PORT:-$((8093 + PORT_OFFSET))}
GATEWAY_PORT=${GATEWAY_PORT:-$((8080 + PORT_OFFSET))}
GATEWAY_STATS_PORT=${GATEWAY_STATS_PORT:-$((8404 + PORT_OFFSET))}
REPLICAS=${REPLICAS:-1}
export RUN_DIR PORT_OFFSET PG_PORT MARIADB_PORT REDIS_PORT BROKER_CONTROL_PORT SANDBOX_PORT RECEIVER_PORT GATEWAY_PORT \
    GATEWAY_STATS_PORT REPLICAS

# ---------------------------------------------------------------------------------------------------------- output

if [[ -t 1 && -z ${NO_COLOR:-} && ${TERM:-dumb} != dumb ]]; then
    GREEN=$'\e[32m' RED=$'\e[31m' BOLD=$'\e[1m' DIM=$'\e[2m' PLAIN=$'\e[0m'
else
    GREEN='' RED='' BOLD='' DIM='' PLAIN=''
fi

now_ms() { echo $((${EPOCHREALTIME//[.,]/} / 1000)); }

# A path as the reader types it: relative to the project where it can be.
short() { echo "${1#"$ROOT"/}"; }

# heading TEXT
heading() { printf '\n%s%s%s\n' "$BOLD" "$1" "$PLAIN"; }

# Names have 18 places, as many as order-statistics-2 needs.
# report NAME TEXT [MILLISECONDS]
report() {
    printf '%s%-18s%s %-48s' "$GREEN" "$1" "$PLAIN" "$2"
    [[ -z ${3:-} ]] || printf ' %s%7d ms%s' "$DIM" "$3" "$PLAIN"
    printf '\n'
}

# note TEXT: something worth knowing that is no result
note() { printf '%-18s %s%s%s\n' '' "$DIM" "$1" "$PLAIN"; }

# failure NAME LINE [LOG]: the one line that matters and where the rest is
failure() {
    printf '%s%-18s %s%s\n' "$RED" "$1" "$2" "$PLAIN" >&2
    [[ -z ${3:-} ]] || printf '%-18s log: %s\n' '' "$(short "$3")" >&2
}

# seconds MILLISECONDS: for people
seconds() {
    if (($1 < 60000)); then printf '%d.%d s' $(($1 / 1000)) $(($1 % 1000 / 100)); else
        printf '%d min %02d s' $(($1 / 60000)) $(($1 % 60000 / 1000))
    fi
}

# ------------------------------------------------------------------------------------------------------- processes

make_run_dir() {
    mkdir -p "$RUN_DIR/log" "$RUN_DIR/pid"
    [[ -e $RUN_DIR/.gitignore ]] || echo '*' >"$RUN_DIR/.gitignore"
}

# start_time PID: in ticks since boot; fails for a dead process. With it a reused pid is told apart.
start_time() {
    local stat
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    # shellcheck disable=SC2086 # the fields behind the command's name, the state first
    set -- ${stat##*) }
    [[ $1 != [ZX] ]] && echo "${20}"
}

# pid_of NAME: prints the pid while the process that was started under this name lives; else fails
pid_of() {
    local pid started
    read -r pid started 2>/dev/null <"$RUN_DIR/pid/$1.pid" || return 1
    [[ $(start_time "$pid") = "$started" ]] && echo "$pid"
}

# started_names: the names of all that was started here, dead or alive
started_names() {
    local file
    for file in "$RUN_DIR"/pid/*.pid; do
        [[ -e $file ]] && basename "$file" .pid
    done
    return 0
}

# as_user USER: sets the array AS_USER to what a command must begin with in order to run as that user
as_user() {
    AS_USER=()
    [[ $1 = "$(id -un)" ]] || AS_USER=(setpriv --reuid "$1" --regid "$(id -g "$1")" --init-groups --inh-caps=-all --)
}

# run_as USER COMMAND…
run_as() {
    as_user "$1"
    (cd / && "${AS_USER[@]}" "${@:2}")
}

# A daemon inherits no descriptor but its log, and none of make's variables.
leave_everything() {
    local fd
    for fd in /proc/"$BASHPID"/fd/*; do
        fd=${fd##*/}
        ((fd <= 2)) || eval "exec $fd>&-"
    done
    unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES MAKE_TERMOUT MAKE_TERMERR STARTED_LIST
    cd /
}

# Variables of the next daemon, NAME=VALUE. (As arguments of env they would be readable to everybody on the machine.)
DAEMON_ENV=()

# start_detached NAME USER COMMAND…: starts a daemon in a session of its own, writing to log/NAME.log
start_detached() {
    local name=$1 log=$RUN_DIR/log/$1.log pid
    as_user "$2"
    shift 2
    if [[ $(stat -c %s "$log" 2>/dev/null || echo 0) -gt 52428800 ]]; then mv -f "$log" "$log.1"; fi
    LOG_START=$(($(stat -c %s "$log" 2>/dev/null || echo 0) + 1))
    (
        leave_everything
        ((${#DAEMON_ENV[@]} == 0)) || export "${DAEMON_ENV[@]}"
        exec setsid "${AS_USER[@]}" "$@"
    ) </dev/null >>"$log" 2>&1 &
    pid=$!
    DAEMON_ENV=()
    disown "$pid"
    echo "$pid $(start_time "$pid")" >"$RUN_DIR/pid/$name.pid"
    [[ -z ${STARTED_LIST:-} ]] || echo "$name" >>"$STARTED_LIST"
}

# last_line LOG [START]: the last line since byte START that speaks of an error, or else the last line
last_line() {
    local lines
    lines=$(tail -c "+${2:-1}" "$1" 2>/dev/null | grep -v '^[[:space:]]*$' | tail -n 200)
    { grep -iE 'error|critical|fatal|panic|denied|cannot|could not' <<<"$lines" || echo "$lines"; } | tail -n 1 |
        cut -c 1-400
}

# await_ready NAME SECONDS PROBE…: waits until PROBE succeeds; explains when the process dies or the time is over
await_ready() {
    local name=$1 limit=$2 log=$RUN_DIR/log/$1.log deadline
    shift 2
    deadline=$(($(now_ms) + limit * 1000))
    until "$@" >/dev/null 2>&1; do
        if ! pid_of "$name" >/dev/null; then
            failure "$name" "ended while starting: $(last_line "$log" "$LOG_START")" "$log"
            return 1
        elif (($(now_ms) > deadline)); then
            failure "$name" "not ready after $limit s: $(last_line "$log" "$LOG_START")" "$log"
            return 1
        fi
        sleep 0.02
    done
}

# bring_up NAME USER PORT SECONDS PROBE -- COMMAND…: starts a daemon and waits until PROBE (words, split) succeeds
bring_up() {
    local name=$1 user=$2 port=$3 limit=$4 probe=$5 begin
    shift 6
    if port_answers "$port"; then
        failure "$name" "port $port is taken by another program$(port_owner "$port")"
        return 1
    fi
    begin=$(now_ms)
    start_detached "$name" "$user" "$@" || return 1
    # shellcheck disable=SC2086 # the probe is a command with its arguments
    await_ready "$name" "$limit" $probe || return 1
    report "$name" "ready on $port" $(($(now_ms) - begin))
}

# stop_detached SIGNAL SECONDS NAME…: asks all of them to end, then waits for each; who takes too long is killed
stop_detached() {
    local signal=$1 limit=$2 name pid begin
    shift 2
    begin=$(now_ms)
    for name; do
        ! pid=$(pid_of "$name") || kill "-$signal" "$pid" 2>/dev/null || true
    done
    for name; do
        while pid_of "$name" >/dev/null && (($(now_ms) - begin < limit * 1000)); do sleep 0.02; done
        if pid=$(pid_of "$name"); then
            failure "$name" "did not end within $limit s: killed" "$RUN_DIR/log/$name.log"
            kill -KILL "$pid" 2>/dev/null || true
            while pid_of "$name" >/dev/null; do sleep 0.02; done
        fi
        [[ ! -e $RUN_DIR/pid/$name.pid ]] || report "$name" stopped $(($(now_ms) - begin))
        rm -f "$RUN_DIR/pid/$name.pid"
    done
    return 0
}

# side_by_side WORKERS COMMAND ARGUMENT…: runs COMMAND with each of the arguments, so many of them at once, each in a
# process group of its own. Fails if one of them did.
BESIDE=()
side_by_side() {
    local workers=$1 command=$2 argument running=0 code=0
    shift 2
    for argument; do
        if ((running == workers)); then
            wait -n || code=1
            running=$((running - 1))
        fi
        set -m
        "$command" "$argument" &
        set +m
        BESIDE+=($!)
        running=$((running + 1))
    done
    for ((; running > 0; running--)); do wait -n || code=1; done
    BESIDE=()
    return "$code"
}

# stop_side_by_side: ends what side_by_side has started and what that has started, for the end of a script
stop_side_by_side() {
    local group
    for group in "${BESIDE[@]}"; do kill -TERM -- "-$group" 2>/dev/null || true; done
    BESIDE=()
}

# port_answers PORT: something accepts connections there
port_answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

port_owner() {
    local pid
    pid=$(ss -Hltnp "sport = :$1" 2>/dev/null | grep -o 'pid=[0-9]*' | head -n 1)
    [[ -z $pid ]] || echo " ($pid, $(cat "/proc/${pid#pid=}/comm" 2>/dev/null))"
}

# http_ok URL: answers with a 2xx
http_ok() { curl -fsS -o /dev/null --max-time 2 "$1"; }

# One command at a time changes a run: the lock is this process's own and no daemon inherits it.
lock_run_dir() {
    make_run_dir
    exec {RUN_LOCK}>"$RUN_DIR/lock"
    if ! flock -n "$RUN_LOCK"; then
        note "another command is at work on $(short "$RUN_DIR"): waiting for it"
        flock "$RUN_LOCK"
    fi
}

# ------------------------------------------------------------------------------------------ folders of other users

# store_user NAME: who runs a server; they refuse root, and nobody but root needs another user
store_user() { if ((EUID == 0)); then echo "$1"; else id -un; fi; }

# store_home NAME USER: prints the folder with a server's data and socket, made if need be. It is RUN_DIR/NAME, unless
# that user may not enter there or the socket's path would be too long: then RUN_DIR/NAME is a link to /var/tmp.
store_home() {
    local link=$RUN_DIR/$1 user=$2 home
    if [[ -L $link ]]; then home=$(readlink "$link"); else home=$link; fi
    if [[ ! -d $home ]]; then
        if ((${#home} > 85)) || ! run_as "$user" test -x "$RUN_DIR"; then
            home=/var/tmp/game-suite-$(cksum <<<"$RUN_DIR" | cut -d ' ' -f 1)
            [[ -d $home ]] || mkdir -m 0755 "$home"
            [[ -O $home && ! -L $home ]] || { failure "$1" "$home belongs to somebody else" && return 1; }
            home=$home/$1
            ln -sfn "$home" "$link"
            note "$user cannot use $(short "$link"): its data is in $home" >&2
        fi
        mkdir -p "$home"
        chown "$user" "$home"
        chmod 0700 "$home"
    fi
    echo "$home"
}

# -------------------------------------------------------------------------------------------------------- settings

# services: lines "name executable port store database" of the table, ports shifted
services() {
    local name executable port store database
    while read -r name executable port store database; do
        [[ -z $name || $name = \#* ]] || echo "$name $executable $((port + PORT_OFFSET)) $store $database"
    done <"$LOCAL/services.txt"
}

# instances: lines "instance name executable port store database"; replica N has port + (N - 1) * 10000
instances() {
    local name executable port store database replica
    services | while read -r name executable port store database; do
        for ((replica = 1; replica <= REPLICAS; replica++)); do
            # The collector's positions belong to one process.
            [[ $name != order-collector || $replica = 1 ]] || continue
            echo "$name$( ((replica == 1)) || echo "-$replica") $name $executable $((port + (replica - 1) * 10000))" \
                "$store $database"
        done
    done
}

# databases STORE: names of the databases kept in postgres or mariadb
databases() { services | awk -v store="$1" '$4 == store { print $5 }'; }

# env_value NAME: from the run's env file; empty if it is not there
env_value() {
    [[ -r $RUN_DIR/env ]] || return 0
    # shellcheck disable=SC1091
    (. "$RUN_DIR/env" && echo "${!1:-}")
}

# suite_bin: the folder with the executables
suite_bin() {
    local bin=${SUITE_BIN:-$(env_value SUITE_BIN)}
    echo "${bin:-$ROOT/.build-release/release}"
}

upper() { tr 'a-z-' 'A-Z_' <<<"$1"; }

# url_name NAME: the shell variable with a service's address
url_name() { echo "$(upper "$1")_URL"; }
