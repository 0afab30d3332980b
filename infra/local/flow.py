"""The main flow once, from outside: a mission is achieved, its reward exchanged for a gift, the gift used; everything
that must follow is watched for.

Then a telephone exchange's webhooks, whose callbacks must come one after the other.

Addresses come from the environment: GATEWAY_URL, TELEGRAM_SANDBOX_URL, READY_URLS (the services' probes);
BYPASS_QUEUE_URL and CALLBACK_RECEIVER_URL for the webhooks, which are left out without them; TOKEN is an operator's,
where one is asked for.
"""

import http.client
import json
import os
import sys
import time
from urllib.parse import urlsplit

DEADLINE = 30.0
COLOURED = sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def coloured(code, text):
    return f"\x1b[{code}m{text}\x1b[0m" if COLOURED else text


class Server:
    """One kept-alive connection: a poll costs less than a millisecond."""

    def __init__(self, url):
        self.address = urlsplit(url).netloc
        self.connection = http.client.HTTPConnection(self.address, timeout=10)

    def send(self, method, path, body=None, headers=None):
        headers = dict(headers or {})
        if token := os.environ.get("TOKEN"):
            headers["Authorization"] = f"Bearer {token}"
        if body is not None:
            headers["Content-Type"] = "application/json"
        data = None if body is None else json.dumps(body)
        for attempt in (1, 2):
            try:
                self.connection.request(method, path, data, headers)
                answer = self.connection.getresponse()
                text = answer.read()
                return answer.status, json.loads(text) if text else None
            except (http.client.HTTPException, OSError):
                self.connection.close()
                # Only what changes nothing is sent twice.
                if method != "GET" or attempt == 2:
                    raise

    def get(self, path):
        """The answer's body, or nothing unless it is a 200."""
        status, body = self.send("GET", path)
        return body if status == 200 else None


class Failed(Exception):
    pass


def must(answer, what):
    status, body = answer
    if status >= 300:
        raise Failed(f"{what}: {status} {body.get('detail', body) if isinstance(body, dict) else body}")
    return body


def await_consumers():
    """The first join of a consumer group takes about 3 s with the built-in broker; that is not what is shown here."""
    waiting = os.environ.get("READY_URLS", "").split()
    begin = time.monotonic()
    said = False
    while waiting and time.monotonic() - begin < 15:
        waiting = [url for url in waiting if not has_joined(url)]
        if waiting and not said:
            reason = "the consumers are joining their groups (3 s after a broker's start)"
            print("  " + coloured("2", reason), flush=True)
            said = True
        time.sleep(0.05 if waiting else 0)


def has_joined(url):
    try:
        _, report = Server(url).send("GET", urlsplit(url).path)
        return not any("not joined" in check.get("detail", "") for check in report.get("checks", []))
    except (OSError, ValueError, AttributeError, http.client.HTTPException):
        return True


def first(page):
    return page["items"][0] if page and page["items"] else None


def steps(gateway, sandbox, mission, chat):
    """What must follow, in no fixed order: a name, and a look that returns a description once it is so."""

    def reward():
        found = first(gateway.get(f"/rewards?missionId={mission}"))
        return found and f"reward {found['id']} {found['status']}"

    def message():
        found = first(sandbox.get(f"/messages?chatId={chat}"))
        return found and f"“{found['text'].splitlines()[0]}”"

    def rewarded():
        found = gateway.get(f"/missions/{mission}")
        return found and found["status"] == "RewardAllocated" and f"mission {mission} RewardAllocated"

    def row():
        found = gateway.get(f"/mypages/{mission}")
        if not found or found["missionStatus"] != "RewardAllocated" or not found["rewardId"]:
            return None
        if found["telegramStatus"] != "Sent":
            return None
        return f"{found['missionStatus']}, reward {found['rewardId']}, telegram {found['telegramStatus']}"

    return {
        "reward allocated": reward,
        "mission updated": rewarded,
        "Telegram message": message,
        "mypage row complete": row,
    }


def gift_steps(gateway, sandbox, mission, gift, chat):
    """What must follow an exchange and a use."""

    def told(word):
        page = sandbox.get(f"/messages?chatId={chat}")
        texts = [item["text"].splitlines()[0] for item in page["items"]] if page else []
        return next((f"“{text}”" for text in texts if f"gift {gift} " in text and word in text), None)

    def row():
        found = gateway.get(f"/mypages/{mission}")
        if not found or (found["giftStatus"], found["rewardStatus"]) != ("Used", "Used"):
            return None
        if found["giftTelegramStatus"] != "Sent":
            return None
        return f"reward {found['rewardStatus']}, gift {found['giftStatus']}, telegram {found['giftTelegramStatus']}"

    return {
        "exchange told": lambda: told("in exchange"),
        "use told": lambda: told("used"),
        "mypage row complete": row,
    }


def confirmed(gateway, gift):
    found = gateway.get(f"/gifts/{gift}")
    return found and found["confirmed"] and f"gift {gift} is bound to reward {found['rewardId']}"


def telephone(queue, receiver_url, number):
    """Three webhooks of one line at once; each callback waits for the one before it."""
    receiver = Server(receiver_url)
    # How bypass-queue sees the receiver, where that is not how we do.
    callback_url = os.environ.get("CALLBACKS_TO", receiver_url)
    group, events = f"line-{number}", ["ring", "pick-up", "hang-up"]
    begin = time.perf_counter()
    for event in events:
        headers = {"Callback-Url": f"{callback_url}/hook", "Webhook-Id": f"{event}.{number}"}
        must(queue.send("POST", f"/queues/{group}/messages", {"event": event}, headers), f"sending {event}")
    show("webhooks accepted", f"{', '.join(events)} into the group {group}", (time.perf_counter() - begin) * 1000)

    def called():
        items = receiver.get(f"/callbacks?group={group}")["items"]
        names = [item["webhookId"].split(".")[0] for item in items if item.get("endedAt")]
        if names != events[: len(names)]:
            raise Failed(f"callbacks out of order: {', '.join(names)}")
        return names == events and f"{', '.join(names)}, each after the one before it"

    watch({"callbacks made": called}, begin)


def show(name, text, milliseconds):
    print(f"  {coloured('32', f'{name:<22}')} {text:<52} {coloured('1', f'{milliseconds:8.1f} ms')}", flush=True)


def watch(waiting, begin):
    """Shows each step as soon as it is so."""
    while waiting:
        for name, look in list(waiting.items()):
            found = look()
            if found:
                show(name, found, (time.perf_counter() - begin) * 1000)
                del waiting[name]
        if waiting and time.perf_counter() - begin > DEADLINE:
            raise Failed(f"not seen within {DEADLINE:.0f} s: {', '.join(waiting)}")
        time.sleep(0.001)


def main():
    gateway = Server(os.environ["GATEWAY_URL"])
    sandbox = Server(os.environ["TELEGRAM_SANDBOX_URL"])
    print("\n" + coloured("1", "The main flow: a customer achieves a mission"))
    await_consumers()

    customer = chat = time.time_ns() // 1_000_000
    must(gateway.send("PUT", f"/chats/{customer}", {"chatId": chat}), "linking the chat")
    begin = time.perf_counter()

    def elapsed():
        return (time.perf_counter() - begin) * 1000

    request = {"customerId": customer, "title": "Walk 10,000 steps", "status": "Achieved"}
    mission = must(gateway.send("POST", "/missions", request), "posting the mission")["id"]
    show("mission achieved", f"POST /missions answered: mission {mission}", elapsed())

    watch(steps(gateway, sandbox, mission, chat), begin)

    print(coloured("1", "The customer exchanges the reward for a gift and uses it"))
    reward = first(gateway.get(f"/rewards?missionId={mission}"))["id"]
    begin = time.perf_counter()
    request = {"rewardId": reward, "name": "Coffee"}
    token = {"Consistency-Token": f"reward/{reward}@1"}
    gift = must(gateway.send("POST", "/gifts", request, token), "exchanging the reward")
    show("reward exchanged", f"POST /gifts answered: gift {gift['id']}, {gift['notification']}", elapsed())
    watch({"gift confirmed": lambda: confirmed(gateway, gift["id"])}, begin)
    used = must(gateway.send("PATCH", f"/gifts/{gift['id']}", {"status": "Used"}), "using the gift")
    show("gift used", f"PATCH /gifts/{gift['id']} answered: {used['notification']}", elapsed())
    watch(gift_steps(gateway, sandbox, mission, gift["id"], chat), begin)

    queue, receiver = os.environ.get("BYPASS_QUEUE_URL"), os.environ.get("CALLBACK_RECEIVER_URL")
    if queue and receiver:
        print(coloured("1", "A telephone exchange sends webhooks; their callbacks keep the order"))
        telephone(Server(queue), receiver, customer)


try:
    main()
except Failed as failure:
    sys.exit(f"{coloured('31', 'flow')}           {failure}")
except (OSError, http.client.HTTPException, ValueError) as failure:
    sys.exit(f"{coloured('31', 'flow')}           {type(failure).__name__}: {failure}")
