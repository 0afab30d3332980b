"""A little of everything, so that there is something to ask for: missions whose saga has run to its end, and gifts.

What other services make of it is waited for, so that each run begins with the same state.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request

CUSTOMERS = range(1, 7)
MISSIONS = ("Created", "Achieved", "Achieved")
# The rewards with the greatest ids become gifts; the others are free for those who ask.
GIFTS = 4
DEADLINE = 60


def send(method, url, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def until(condition, failure):
    begin = time.monotonic()
    while time.monotonic() - begin < DEADLINE:
        if result := condition():
            return result
        time.sleep(0.1)
    sys.exit(f"after {DEADLINE} s {failure}")


def exchange(gift, reward):
    """The new gift, or None while gift does not know the reward yet."""
    try:
        return send("POST", f"{gift}/gifts", {"rewardId": reward})
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise


def set_messages_aside(bypass, count=8):
    """Callbacks to a closed port, in a group that gives up at once; a group that keeps what it cannot deliver, and one
    where nothing waits."""
    closed = "http://127.0.0.1:9/hook"
    send("PUT", f"{bypass}/queues/lost", {"callbackUrl": closed, "policy": "dead-letter", "retryWindow": "0ms"})
    send("PUT", f"{bypass}/queues/orders", {"callbackUrl": closed})
    send("PUT", f"{bypass}/queues/idle", {})
    for number in range(count):
        send("POST", f"{bypass}/queues/lost/messages", {"number": number})
        send("POST", f"{bypass}/queues/orders/messages", {"number": number})
    until(
        lambda: len(send("GET", f"{bypass}/dead-letters")["items"]) == count,
        f"not all of {count} messages were set aside")


def main():
    mission, telegram, gift, mypage = (os.environ[f"{name}_URL"] for name in ("MISSION", "TELEGRAM", "GIFT", "MYPAGE"))
    achieved = len(CUSTOMERS) * MISSIONS.count("Achieved")

    def rewarded():
        rows = send("GET", f"{mypage}/mypages?limit=500")["items"]
        sent = [row for row in rows if row["telegramStatus"] == "Sent"]
        return sent if len(rows) == len(CUSTOMERS) * len(MISSIONS) and len(sent) == achieved else None

    def confirmed():
        rows = send("GET", f"{mypage}/mypages?limit=500")["items"]
        gifts = send("GET", f"{gift}/gifts")["items"]
        told = [row for row in rows if row["giftTelegramStatus"] == "Sent" and row["rewardStatus"] == "Exchanged"]
        return len(told) == GIFTS and all(each["confirmed"] for each in gifts)

    for customer in CUSTOMERS:
        send("PUT", f"{telegram}/chats/{customer}", {"chatId": customer})
        for status in MISSIONS:
            send("POST", f"{mission}/missions", {"customerId": customer, "title": "Run", "status": status})
    rows = until(rewarded, f"not all of {achieved} missions had run their course")
    for reward in sorted(row["rewardId"] for row in rows)[-GIFTS:]:
        until(lambda: exchange(gift, reward), f"gift does not know reward {reward}")
    until(confirmed, f"not all of {GIFTS} gifts were confirmed")
    if bypass := os.environ.get("BYPASS_QUEUE_URL"):
        set_messages_aside(bypass)


main()
