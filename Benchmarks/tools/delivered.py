"""Waits until bypass-queue has recorded so many callbacks as delivered: delivered.py URL COUNT SECONDS.

Asks the service's own counter over one connection, and the rarer the further it is from the end: each answer takes a share
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
    begin = time.monotonic()
    count, end = int(sys.argv[2]), begin + float(sys.argv[3])
    first = done = delivered(connection)
    while done < count:
        now = time.monotonic()
        if now > end:
            sys.exit(f"{done} callbacks of {count} are delivered after {sys.argv[3]} s")
        # Half of the time that the rest will take, as it looks now.
        left = (count - done) * (now - begin) / (done - first) if done > first else 0.1
        time.sleep(min(max(left / 2, 0.02), 1))
        done = delivered(connection)


main()
