"""The parts of infra/kube that need no containers: the names that it answers, and the autoscaler's arithmetic."""

import os
import socket
import struct
import sys
import types

import pytest
from manifests import ROOT, objects, of_kind

sys.path.insert(0, str(ROOT / "infra/kube"))
os.environ.setdefault("RUN_DIR", str(ROOT / ".run"))
import names  # noqa: E402
import siege  # noqa: E402

HOSTS = {"game-postgres": ["10.89.77.10"], "game-mission": ["10.89.77.18", "10.89.77.19"]}


def query(name, kind=1):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return b"\x12\x34" + struct.pack(">HHHHH", 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", kind, 1)


def read(answer):
    """The code and the addresses of an answer."""
    count = struct.unpack_from(">H", answer, 6)[0]
    records = answer[len(answer) - 16 * count:]
    return answer[3] & 15, [socket.inet_ntoa(records[16 * at + 12 : 16 * at + 16]) for at in range(count)]


@pytest.mark.parametrize(
    "name, kind, wanted",
    [
        ("game-postgres.game.svc.cluster.local", 1, (0, ["10.89.77.10"])),
        ("GAME-Mission.game.svc.cluster.local", 1, (0, ["10.89.77.18", "10.89.77.19"])),
        # There are no IPv6 addresses, and that is not the same as no such name.
        ("game-postgres.game.svc.cluster.local", 28, (0, [])),
        ("game-nobody.game.svc.cluster.local", 1, (3, [])),
        ("game-postgres", 1, (3, [])),
        ("example.com", 1, (3, [])),
    ],
)
def test_names_are_answered_as_in_a_cluster(name, kind, wanted):
    asked = query(name, kind)
    answer = names.answer(asked, HOSTS)
    assert answer[:2] == asked[:2] and read(answer) == wanted


def cluster(overlay="overlays/local"):
    scalers = {item["metadata"]["name"]: item for item in of_kind(objects(overlay), "HorizontalPodAutoscaler")}
    return types.SimpleNamespace(manifests=types.SimpleNamespace(autoscaler=scalers.get))


@pytest.mark.parametrize(
    "count, utilization, wanted",
    [(1, 8, 1), (1, 21, 1), (1, 23, 2), (1, 98, 5), (2, 98, 10), (4, 98, 10), (10, 2, 1), (4, 18, 4), (4, 10, 2)],
)
def test_the_autoscalers_formula(count, utilization, wanted):
    """mypage: 20 %, 1 to 10 replicas; within a tenth of its target it stays."""
    assert siege.wanted_replicas(cluster(), "game-mypage", count, utilization) == wanted


def test_what_is_used_at_rest_may_keep_replicas_for_ever():
    assert siege.stays_at(cluster(), "game-mypage", 8) == 1
    assert siege.stays_at(cluster(), "game-mypage", 15) == 3
    assert siege.stays_at(cluster(), "game-mission", 30) == 1
    assert siege.stays_at(cluster(), "game-mission", 45) == 2
