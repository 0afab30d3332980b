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
    "services": "Each service",
}
METHODS = {
    "saga": "`Benchmarks/tools/saga.c` posts in an open loop (a request goes out when it is due, whatever the answers "
    "do) for 2 s of warm-up and 20 s that count, with 1,000 customers who all have a chat. A second thread asks "
    "MariaDB every 2 ms for those of the answered missions whose row is complete (`RewardAllocated`, a reward, a "
    "`telegramStatus`); what it notes is the end of the asking, so a time is too long by up to 2 ms plus the asking "
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
    "services": "From the fork to the first 200 of `/readyz`, asked every millisecond, median of three; then resident "
    "memory after 30 s without requests.",
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
        date, rows = load(folder, figure)
        yield f"\n## {title}\n"
        yield f"Measured {date} (`Benchmarks/run.sh --only {figure}`). {METHODS[figure]}\n"
        yield "| " + " | ".join(HEAD) + " |"
        yield "|---|---|---|---|---|"
        for row in rows:
            yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"


def main():
    folder, target, wanted = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
    print_table([row for figure in wanted for row in load(folder, figure)[1]])
    missing = [figure for figure in FIGURES if not (folder / f"{figure}.tsv").exists()]
    if missing:
        print(f"\n{target.name} is written once these have been measured too: {', '.join(missing)}")
        return
    target.write_text("\n".join(document(folder)) + "\n")
    print(f"\nwritten: {target}")


main()
