# shellcheck shell=bash
# GET /mypages/{id} beside those who do less: nginx and our own runtime with a constant, and beside Go doing the same.
# The contestants take turns within each round.

READS_ROWS=20000
READS_ROUNDS=${READS_ROUNDS:-3}
WRK_SECONDS=${WRK_SECONDS:-10}
SIEGE_SECONDS=${SIEGE_SECONDS:-4}
GO_CONNECTIONS=${GO_CONNECTIONS:-16}
export READS_ROWS

# name port prefix label
contestants() {
    cat <<TEXT
nginx $((8071 + PORT_OFFSET)) /mypages/ nginx, a constant of the same size
fast $((8072 + PORT_OFFSET)) /mypages/ our runtime, fast route, a constant
ordinary $((8072 + PORT_OFFSET)) /ordinary/ our runtime, ordinary route, a constant
mypage $((8085 + PORT_OFFSET)) /mypages/ mypage, the row from MariaDB
go $((8073 + PORT_OFFSET)) /mypages/ Go net/http and go-sql-driver, the same row
TEXT
}

fill_mypage() {
    mypage_sql <<SQL
REPLACE INTO mypage_g$1 (id, customer_id, title, mission_status, mission_version, reward_id, reward_status,
                         reward_version, telegram_id, telegram_status, telegram_version, updated_at)
SELECT seq, seq % 1000 + 1, CONCAT('Mission ', seq, ' of the benchmark'), 'RewardAllocated', 3, seq, 'Allocated', 1,
       seq, 'Sent', 2, UTC_TIMESTAMP(3)
FROM seq_1_to_$READS_ROWS;
ANALYZE TABLE mypage_g$1;
SQL
}

start_contestants() {
    local generation body folder=$RUN_DIR/nginx password
    "$LOCAL/stores.sh" start postgres mariadb broker
    "$LOCAL/services.sh" stop
    "$LOCAL/services.sh" start mypage
    generation=$(mypage_sql <<<'SELECT active FROM mypage_generation')
    fill_mypage "$generation" >/dev/null
    body=$(curl -fsS "http://127.0.0.1:$((8085 + PORT_OFFSET))/mypages/$((READS_ROWS / 2))")
    mkdir -p "$folder"
    sed -e "s|@FOLDER@|$folder|; s|@PORT@|$((8071 + PORT_OFFSET))|; s|@BODY@|$body|" "$BENCH/peers/nginx.conf" \
        >"$folder/nginx.conf"
    background nginx nginx -e stderr -c "$folder/nginx.conf"
    background constant env HTTP_PORT=$((8072 + PORT_OFFSET)) CONSTANT_BODY="$body" "$CONSTANT_BIN"
    password=$(env_value MYPAGE_PASSWORD)
    background go env ADDRESS="127.0.0.1:$((8073 + PORT_OFFSET))" TABLE="mypage_g$generation" \
        CONNECTIONS="$GO_CONNECTIONS" \
        DSN="mypage:$password@tcp(127.0.0.1:$MARIADB_PORT)/mypage?parseTime=true" "$TOOLS/go-peer"
    for port in $((8071 + PORT_OFFSET)) $((8072 + PORT_OFFSET)) $((8073 + PORT_OFFSET)); do await_port "$port"; done
    # Go must give the very same answer.
    [[ $body = "$(curl -fsS "http://127.0.0.1:$((8073 + PORT_OFFSET))/mypages/$((READS_ROWS / 2))")" ]] ||
        { failure reads 'the Go peer gives another answer' && return 1; }
    note "the answer has ${#body} bytes"
}

# run_wrk PORT PREFIX: "requests/s p99"
run_wrk() {
    local text
    text=$(READS_PREFIX=$2 wrk -t2 -c64 -d"${WRK_SECONDS}s" --latency -s "$BENCH/tools/reads.lua" \
        "http://127.0.0.1:$1")
    echo "$text" >>"$RUN_DIR/log/wrk.log"
    ! grep -E 'Non-2xx|Socket errors' <<<"$text" >&2 || note "that was on port $1" >&2
    awk '/Requests\/sec/ { rate = $2 } $1 == "99%" { p99 = $2 } END { print rate, p99 }' <<<"$text"
}

# run_siege PORT PREFIX keep-alive|close: transactions/s. siege sometimes stands still: then it is killed and gets two
# more tries.
run_siege() {
    local folder=$RUN_DIR/siege text try
    mkdir -p "$folder"
    printf '%s\n' 'protocol = HTTP/1.1' "connection = $3" 'verbose = false' 'logging = false' 'limit = 1000' \
        'failures = 100000' 'show-logfile = false' >"$folder/rc"
    for id in $(seq 1 97 "$READS_ROWS"); do echo "http://127.0.0.1:$1$2$id"; done >"$folder/urls"
    for try in 1 2 3; do
        text=$(timeout -s KILL $((SIEGE_SECONDS + 5)) siege --rc="$folder/rc" -b -i -c150 -t"${SIEGE_SECONDS}S" \
            -f "$folder/urls" 2>&1 </dev/null) && break
        note "siege stood still on port $1, try $try" >&2
    done
    echo "$text" >>"$RUN_DIR/log/siege.log"
    grep -iE 'transaction[_ ]rate' <<<"$text" | grep -oE '[0-9]+[.][0-9]+' | head -n 1
}

figure_reads() {
    local round name port prefix label load kind answer
    local -A rates=() p99=()
    start_contestants
    for ((round = 1; round <= READS_ROUNDS; round++)); do
        while read -r name port prefix label; do
            answer=$(run_wrk "$port" "$prefix" </dev/null)
            rates[wrk-$name]+=" ${answer% *}" p99[$name]=${answer#* }
            for kind in keep-alive close; do
                rates[$kind-$name]+=" $(run_siege "$port" "$prefix" "$kind" </dev/null)"
            done
            note "$round $name: wrk${rates[wrk-$name]}, siege${rates[keep-alive-$name]}, close${rates[close-$name]}"
        done < <(contestants)
    done
    end_background
    begin_figure reads
    for load in wrk keep-alive close; do
        reads_rows "$load"
    done
    end_figure
}

reads_rows() {
    local go mine name label limit target verdict
    go=$(median "${rates[$1-go]}") mine=$(median "${rates[$1-mypage]}")
    target='≥ 1.00 of Go, aim 1.50' verdict=$(at_least "$(ratio "$mine" "$go")" 1)
    case $1 in
    wrk) load="wrk -t2 -c64 -d${WRK_SECONDS}s, keep-alive" ;;
    keep-alive) load="siege -c150 -t${SIEGE_SECONDS}S, keep-alive" ;;
    close) load="siege -c150 -t${SIEGE_SECONDS}S, close" target='' verdict='' ;;
    esac
    while read -r name _ _ label; do
        limit="$(ratio "$(median "${rates[$1-$name]}")" "$go") of Go"
        [[ $1 != wrk ]] || limit+=", p99 ${p99[$name]}"
        if [[ $name = mypage ]]; then
            row "$load: $label" "$(thousands "$mine")/s" "$limit" "$target" "$verdict"
        else
            row "$load: $label" "$(thousands "$(median "${rates[$1-$name]}")")/s" "$limit" '' ''
        fi
    done < <(contestants)
}
