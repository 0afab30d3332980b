"""Waits until bypass-queue has recorded so many callbacks as delivered: delivered.py URL COUNT SECONDS.

Asks the service's own counter 20 times a second over one connection: a query or a new process each time would take a share
of the processors that are measured. Without COUNT it prints how many there are.
"""

import http.client
import sys
import time
from urllib.parse import urlsplit


def delivered(connection):
    connection.request("GET", "/metrics")
    lines = connection.getresponse().read().decode().splitlines()
    return sum(
        int(float(line.split()[-1]))
        for line in lines
        if line.startswith("attempts_total{") and 'outcome="delivered"' in line
    )


def main():
    connection = http.client.HTTPConnection(urlsplit(sys.argv[1]).netloc, timeout=10)
    if len(sys.argv) == 2:
        print(delivered(connection))
        return
    count, end = int(sys.argv[2]), time.monotonic() + float(sys.argv[3])
    while delivered(connection) < count:
        if time.monotonic() > end:
            sys.exit(f"{delivered(connection)} callbacks of {count} are delivered after {sys.argv[3]} s")
        time.sleep(0.05)


main()
