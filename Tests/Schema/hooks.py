"""What schemathesis cannot know of the services; loaded by schemathesis.toml."""

import itertools
import json
import os
import re
import time
import urllib.request

import schemathesis
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.meta import TestPhase
from schemathesis.openapi.checks import UseAfterFree

# The Idempotency-Keys of this run with what each was spent on; and what they begin with, unlike an earlier run's.
spent = {}
KEYS = os.environ.get("SCHEMA_KEYS", "")
steps = itertools.count()


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Closes the objects of answers, so that a field that is not described is a fault.

    The documents leave them open, because clients must not break when a field is added.
    """
    close(raw_schema)
    if os.environ.get("AUTH") != "on":
        open_doors(raw_schema)


def open_doors(schema):
    """With AUTH=off nobody is asked for a token, so what the document says of tokens is no part of that run."""
    for item in schema["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict) and operation.get("security") == [{"Bearer": []}]:
                del operation["security"], operation["responses"]["401"], operation["responses"]["403"]


def close(node):
    if isinstance(node, dict):
        if node.get("type") == "object" and isinstance(node.get("properties"), dict):
            node.setdefault("additionalProperties", False)
        for child in node.values():
            close(child)
    elif isinstance(node, list):
        for child in node:
            close(child)


@schemathesis.hook
def before_init_operation(context, operation):
    """In the description of the whole suite each path has an address of its own; see whole.py."""
    url = operation.schema.raw_schema["paths"][operation.path].get("x-url")
    if url:
        operation.base_url = url


@schemathesis.hook
def before_call(context, case, kwargs):
    spend_key(case)
    Saga.wait(case)
    if case.meta is None:
        return
    is_positive = case.meta.generation.mode.is_positive
    if is_positive:
        correct(case)
        keep_callbacks_here(case)
        Rewards.offer(case)
    # A wrong token would hide the fault that a request was made for.
    if is_positive or getattr(case.meta.phase.data, "parameter", None) != "Consistency-Token":
        correct_token(case)


def spend_key(case):
    """Gives a repeated Idempotency-Key back its meaning.

    A key that comes again with another body is rightly refused with 422, and made-up keys come again often. The same
    key with the same body is left alone: that is a repeat, and must get the first answer. Another body gets another
    key, of the same length where that is possible; so does each step of a chain, as a second DELETE that is only a
    repeat of the first one deletes nothing.
    """
    headers = case.headers or {}
    key = headers.get("Idempotency-Key")
    if not isinstance(key, str) or not re.fullmatch("[!-~]{1,255}", key):
        return
    is_step = case.meta is not None and case.meta.phase.name == TestPhase.STATEFUL
    use = (case.method, case.formatted_path, next(steps) if is_step else json.dumps(case.body, default=repr))
    for count in itertools.count():
        mark = KEYS + (f"{count:x}" if count else "")
        fresh = (mark + key)[: max(len(key), len(mark))]
        if spent.setdefault((use[0], use[1], fresh), use) == use:
            headers["Idempotency-Key"] = fresh
            return


def correct(case):
    """A slip of schemathesis 4.32 in requests that it takes for valid.

    It carries ids from JSON, where 7.0 is a whole number, to paths and queries, where only the text 7 is one.
    """
    for values in (case.path_parameters, case.query):
        for name, value in (values or {}).items():
            if isinstance(value, float) and value.is_integer():
                values[name] = int(value)


def correct_token(case):
    """Another slip: it fills in a Consistency-Token that does not match the pattern."""
    token = (case.headers or {}).get("Consistency-Token")
    if token is not None and not re.fullmatch("(mission|reward|gift|telegram)/[0-9]+@[0-9]+", str(token)):
        case.headers["Consistency-Token"] = "reward/1@1"


class Links:
    """Whether a code has linked a chat since one was unlinked."""

    redeemed = False


# Where bypass-queue is told to call: a port of this machine that nobody listens on.
CALLBACK = "http://127.0.0.1:9/hook"


def keep_callbacks_here(case):
    """No test calls made-up hosts. And a message must say where to call, unless its group does."""
    header = {
        "POST /queues/{group}/messages": "Callback-Url",
        "POST /api/ByPassCallBack/post/{id}": "CallBackUrl",
    }.get(case.operation.label)
    if header and (header in (case.headers or {}) or "orders" not in (case.path_parameters or {}).values()):
        case.headers[header] = CALLBACK
    if case.operation.label == "PUT /queues/{group}" and isinstance(case.body, dict) and case.body.get("callbackUrl"):
        case.body["callbackUrl"] = CALLBACK


class Rewards:
    """Rewards that nobody has exchanged yet. Numbers that are made up hardly ever meet one."""

    requests = itertools.count()
    offered = set()

    @classmethod
    def offer(cls, case):
        """Every fourth exchange that no link has filled in asks for a reward that is free; the others stay made up."""
        is_linked = case.meta.phase.name == TestPhase.STATEFUL
        if case.operation.label != "POST /gifts" or is_linked or not isinstance(case.body, dict):
            return
        if next(cls.requests) % 4 == 0 and (reward := cls.free()):
            case.body["rewardId"] = reward
            cls.offered.add(reward)

    @classmethod
    def free(cls):
        taken = {each["rewardId"] for each in Saga.get("GIFT", "/gifts?limit=500")["items"]} | cls.offered
        rewards = Saga.get("REWARD", "/rewards?status=Allocated&limit=500")["items"]
        # The last one: reward is asked at the same time, and ids that are made up for it are mostly small.
        return next((each["id"] for each in reversed(rewards) if each["id"] not in taken), None)


class Saga:
    """Gives a chain the moment that events take: a customer, too, looks for a reward a little after the mission is
    achieved, and uses a gift once it is confirmed."""

    PATIENCE = 5
    missions = set()
    gifts = set()

    @classmethod
    def note(cls, label, response):
        if label in ("POST /missions", "PATCH /missions/{id}") and response.json()["status"] == "Achieved":
            cls.missions.add(str(response.json()["id"]))
        elif label == "POST /gifts":
            cls.gifts.add(str(response.json()["id"]))

    @classmethod
    def wait(cls, case):
        mission = str((case.query or {}).get("missionId"))
        gift = str((case.path_parameters or {}).get("id"))
        if case.operation.label == "GET /rewards" and mission in cls.missions:
            cls.missions.remove(mission)
            cls.until(lambda: cls.get("REWARD", f"/rewards?missionId={mission}")["items"])
        elif case.operation.label == "PATCH /gifts/{id}" and gift in cls.gifts:
            cls.gifts.remove(gift)
            cls.until(lambda: cls.get("GIFT", f"/gifts/{gift}")["confirmed"])

    @classmethod
    def until(cls, condition):
        begin = time.monotonic()
        while not condition() and time.monotonic() - begin < cls.PATIENCE:
            time.sleep(0.02)

    @staticmethod
    def get(service, path):
        with urllib.request.urlopen(os.environ[f"{service}_URL"] + path, timeout=20) as answer:
            return json.load(answer)


@schemathesis.hook
def after_call(context, case, response):
    if response.status_code in (200, 201) and response.request.method == case.operation.method.upper():
        Saga.note(case.operation.label, response)
    if response.status_code == 204:
        Links.redeemed = False
    elif case.operation.label == "POST /telegrams/webhook" and b'"linked":true' in response.content:
        Links.redeemed = True


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """A chat that is there after its DELETE may have been linked again by a code: schemathesis sees only PUT and POST
    of the same path as a new beginning. And header fields that nobody knows must be passed over (RFC 9110, 5.1)."""
    data = getattr(case.meta and case.meta.phase, "data", None)
    is_unknown_header = (
        getattr(data, "parameter_location", None) == ParameterLocation.HEADER
        and getattr(data, "description", "") == "Object with unexpected properties"
    )
    return not (isinstance(failure, UseAfterFree) and Links.redeemed) and not (
        isinstance(failure, AcceptedNegativeData) and is_unknown_header
    )


@schemathesis.check
def refusals_have_a_cause(ctx, response, case):
    """One request at a time is no load, and the stores are there: nothing may be refused as if it were otherwise."""
    if response.status_code in (429, 503):
        slug = response.json().get("type")
        assert slug == "version-not-seen", f"refused with {response.status_code} {slug}"


# Statuses that no single made-up request brings about: they take load, a fault, a second request at the same moment, a
# megabyte, or what an earlier answer gave. They have tests of their own in ServiceRuntimeTests, OutboxTests, EndToEnd
# and those of the service.
NOT_BY_ONE_REQUEST = {"202", "304", "409", "413", "429", "431", "503"}


@schemathesis.check
class described_answers_are_given:
    """A description that promises what never comes is as wrong as one that is silent."""

    def __init__(self):
        self.missing = {}

    def after_response(self, ctx, response, case):
        if response.request.method == case.operation.method.upper():
            described = set(case.operation.responses.status_codes) - NOT_BY_ONE_REQUEST
            # Nothing is made up of a request that has no parts, or only headers and bytes that may be anything;
            # HTTPTests break such requests.
            parts = [each for each in case.operation.iter_parameters() if each.location != ParameterLocation.HEADER]
            takes_json = any(each.media_type.endswith("/json") for each in case.operation.body)
            if not takes_json and (case.operation.body or not parts):
                described.discard("400")
            self.missing.setdefault(case.operation.label, described).discard(str(response.status_code))

    def after_run(self, ctx):
        missing = [f"{label}: {', '.join(sorted(codes))}" for label, codes in self.missing.items() if codes]
        assert not missing, "never answered\n" + "\n".join(missing)
