"""Prints the figures that were measured just now as a table, and writes the document when there are all of them.

report.py RESULTS DOCUMENT FIGURE…
"""

import os
import platform
import subprocess
import sys
from pathlib import Path

FIGURES = {
    "saga": "From the answer to the complete row",
    "flood": "As fast as they are accepted",
    "relay": "The relay alone",
    "reads": "GET /mypages/{id}",
    "auth": "What AUTH=on costs",
    "listener": "event-listener",
    "services": "Each service",
    "breaker": "The circuit breaker's own cost",
    "gifts": "POST /gifts",
    "orders": "Orders, from the file to the counts and to the browser",
    "bypass": "bypass-queue",
}
METHODS = {
    "saga": "mission, reward, telegram and mypage run, and no other service. `Benchmarks/tools/saga.c` posts in an open "
    "loop (a request goes out when it is due, whatever the answers "
    "do) for 2 s of warm-up and 20 s that count, with 1,000 customers who all have a chat. A second thread asks "
    "MariaDB every 5 ms for those of the answered missions whose row is complete (`RewardAllocated`, a reward, a "
    "`telegramStatus`); what it notes is the end of the asking, so a time is too long by up to 5 ms plus the asking "
    "itself, never too short. Both share the two cores with the suite.",
    "flood": "The same program on 64 kept-alive connections; each connection posts again as soon as it has its answer. "
    "Complete rows are looked for every 20 ms. Median of three rounds.",
    "relay": "`Benchmarks/figures/relay.sh` fills the outbox by SQL while the service is stopped, starts it, and "
    "asks every 10 ms by primary key whether the last row is still there. The limit is `Benchmarks/tools/outbox.c`: "
    "all rows by one SELECT, then librdkafka with the same settings, records, headers, topic and broker; it deletes "
    "nothing and commits nothing. Median of three rounds, the two by turns.",
    "reads": "20,000 rows, ids at random, all contestants up at once and measured by turns in each of three rounds; "
    "medians. wrk and siege share the two cores with what they measure, so the figures compare, and are not what the "
    "services would do on a machine of their own. mypage runs whole, consumers included.",
    "listener": "Events of about 200 bytes with a payload. Bulk: `curl` sends the same events with uuids of version 7 as one "
    "NDJSON stream, and `psql` copies the same rows as CSV into the same two tables in one transaction; by turns, the "
    "tables emptied before each, medians of three rounds. Single events: `wrk -t2 -c64` posts the same event without a "
    "uuid; the constant handler of our own runtime and nginx get the same POSTs, by turns. The INSERTs are `pgbench`'s, "
    "8 connections, one statement and a commit each, without a key as for the POSTs, without HTTP in between.",
    "orders": "Both services run and wait, as in production; `Benchmarks/figures/orders.sh` appends a whole file of orders to "
    "the followed one at once. The time goes from the beginning of the append to the moment at which the counter in "
    "Redis, asked every 5 ms, says that every line is counted: reading, numbering, sending and counting are all in it. "
    "The rows with the start have the file first: their time begins with the start of the collector's process and its "
    "first connection. (By the topic they are fewer lines, as the built-in broker keeps 5 MB a partition and what waits "
    "has to fit into that.) Median of three rounds, by turns. The limit is `tail` through `awk` (which writes the "
    "protocol) into `redis-cli --pipe`, its start included: it pushes the lines and counts nothing. The peer is "
    "`Benchmarks/peers/spark/orders.py` on the same file. The browser is a headless Chromium that notes the time of each "
    "change of its page (`Benchmarks/tools/looks.py`).",
    "bypass": "`wrk -t2 -c64` posts 200 bytes to 1,000 groups at random; they are paused, so that acceptance is measured "
    "alone, and the contestants take turns in each of three rounds. Deliveries: 100,000 messages in 1,000 groups are set "
    "free at once, and the end is when none waits; the receivers are `infra/callback-receiver`, which compares epoch and "
    "sequence and keeps a journal as a user's would, and nginx with a constant, each beside wrk posting straight to it. "
    "Each callback is recorded and its outcome published meanwhile. The rows that begin with dots are measured after "
    "these rounds, in as many of their own, with processors assigned: the event loops of the service and of the constant"
    " run on processor 0 (`HTTP_PROCESSORS=0`), and the receiver on processor 1 alone, as if it had a machine to itself;"
    " wrk, PostgreSQL and all other threads run where the kernel puts them. Delay: from the first byte of the POST to "
    "the arrival of the callback, a group of its own for each, one after another (`Benchmarks/tools/delay.py`). With a "
    "million messages waiting, the constant and libcurl alone are measured once more beside, for the machine's pace "
    "changes within minutes; compared are the shares.",
    "auth": "Two processes of mypage on the same rows, by turns in each of three rounds; wrk as above, all requests with "
    "the same token. `Benchmarks/auth` checks one token over and over, among a thousand that are remembered; median of "
    "nine rounds.",
    "services": "From the fork to the first 200 of `/readyz`, asked every millisecond, median of three; then resident "
    "memory after 30 s without requests.",
    "breaker": "`Benchmarks/breaker` makes 200,000 calls a round of an asynchronous function that does next to nothing, "
    "one after another; median of nine rounds, the contestants by turns. Measured is what a call costs more than "
    "without the breaker; beside it stands what two locks and two looks at the clock cost (one of each for a refusal), "
    "which it cannot do without.",
    "gifts": "wrk with 64 connections for 8 s a round, each request for another reward; median of three rounds, the two "
    "by turns, everything on the two cores: gift, telegram with its 1,000 linked chats and its real limits (so most "
    "messages are `Queued`), and the consumers that confirm the gifts meanwhile. An answer is two commits of gift's and "
    "one call while telegram is healthy, one commit while the breaker is open (forced by the operator's route).",
}
HEAD = ("What", "Measured", "Limit beside it", "Target", "Verdict")


def load(folder, figure):
    lines = (folder / f"{figure}.tsv").read_text().splitlines()
    return lines[0], [tuple((line + "\t" * 4).split("\t")[:5]) for line in lines[1:]]


def first_line(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "?"


def machine():
    info = Path("/proc/cpuinfo").read_text()
    model = next((line.split(": ", 1)[1] for line in info.splitlines() if line.startswith("model name")), "?")
    memory = int(Path("/proc/meminfo").read_text().split()[1]) / 1024 / 1024
    system = next(
        (line.split("=", 1)[1].strip('"') for line in Path("/etc/os-release").read_text().splitlines()
         if line.startswith("PRETTY_NAME")), "?")
    return (
        f"{os.cpu_count()} cores of {model}, {memory:.0f} GB, {system}, Linux {platform.release()}, "
        f"{first_line('swift', '--version').split(' (')[0]}"
    )


def print_table(rows):
    widths = [max(len(row[i]) for row in [HEAD, *rows]) for i in range(5)]
    for row in [HEAD, *rows]:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def document(folder):
    yield "# Benchmarks"
    yield ""
    yield "Written by `make bench`; do not edit. Each figure stands beside its limit, measured in the same run."
    yield ""
    yield f"- Machine: {machine()}"
    yield "- Command: `make bench`, or the one named with each figure"
    if os.environ.get("BENCH_NOTE"):
        yield f"- Note: {os.environ['BENCH_NOTE']}"
    yield "- Stores and broker: those of the local run (PostgreSQL and MariaDB with fsync at every commit;"
    yield "  librdkafka's built-in broker, which keeps its log in memory), on the same two cores as everything else"
    for figure, title in FIGURES.items():
        yield f"\n## {title}\n"
        if not (folder / f"{figure}.tsv").exists():
            yield f"Not measured yet on this machine: `Benchmarks/run.sh --only {figure}`."
            continue
        date, rows = load(folder, figure)
        yield f"Measured {date} (`Benchmarks/run.sh --only {figure}`). {METHODS[figure]}\n"
        yield "| " + " | ".join(HEAD) + " |"
        yield "|---|---|---|---|---|"
        for row in rows:
            yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"


def main():
    folder, target, wanted = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
    print_table([row for figure in wanted for row in load(folder, figure)[1]])
    target.write_text("\n".join(document(folder)) + "\n")
    print(f"\nwritten: {target}")


main()
