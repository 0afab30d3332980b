"""The same events as a stream and as the rows of the two tables that event-listener fills.

events.py FOLDER COUNT
"""

import csv
import json
import os
import sys
import time
from datetime import datetime, timezone
from pathlib import Path


def uuid7(milliseconds, number):
    value = milliseconds << 80 | 7 << 76 | (number & 0xFFF) << 64 | 2 << 62 | int.from_bytes(os.urandom(8)) >> 2
    text = f"{value:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def main():
    folder, count = Path(sys.argv[1]), int(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    with (
        open(folder / "events.ndjson", "w") as stream,
        open(folder / "events.csv", "w", newline="") as rows,
        open(folder / "keys.csv", "w", newline="") as keys,
    ):
        row, key = csv.writer(rows), csv.writer(keys)
        for number in range(count):
            now = time.time()
            uuid = uuid7(int(now * 1000), number)
            stamp = datetime.fromtimestamp(now, timezone.utc).isoformat(timespec="milliseconds")
            payload = json.dumps({"path": f"/products/{number}", "ms": number % 1000, "agent": "Mozilla/5.0"})
            stream.write(
                f'{{"uuid":"{uuid}","event_type":"page","event_action":"view","event_ver":"1.0",'
                f'"etc_num1":{number},"user_ip":"192.0.2.7","payload":{payload}}}\n')
            row.writerow((uuid, "page", "view", "1.0", number, "192.0.2.7", payload, stamp))
            key.writerow((uuid, stamp))


main()
