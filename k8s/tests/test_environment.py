"""Each variable in a manifest is one that the executable knows, and each that it requires is set."""

import functools
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from manifests import OVERLAYS, ROOT, containers, name, objects, workloads


def executables():
    """The folder with the built executables: SUITE_BIN, as in all tests."""
    folder = Path(os.environ.get("SUITE_BIN") or ROOT / ".build-release/release")
    return folder if folder.is_absolute() else ROOT / folder


@functools.cache
def help_of(executable, *arguments):
    path = executables() / executable
    if not os.access(path, os.X_OK):
        return None
    return subprocess.run([path, *arguments, "--help"], capture_output=True, text=True, timeout=20, env={}).stdout


def variables(text):
    """The names under ENVIRONMENT, and those of them that are required."""
    lines = text.partition("ENVIRONMENT:")[2].splitlines()
    found = [re.match(r"  ([A-Z][A-Z0-9_]*)  \((.*)\)$", line) for line in lines]
    known = {match[1]: "required" in match[2].split(";")[0] for match in found if match}
    return set(known), {key for key, is_required in known.items() if is_required}


def uses():
    """(overlay, workload, container, executable) of every container that runs one of our executables."""
    for overlay in OVERLAYS:
        for item in workloads(objects(f"overlays/{overlay}")):
            for container in containers(item):
                image = container["image"].rpartition("/")[2].partition(":")[0]
                if "game/" in container["image"] and "command" not in container:
                    yield overlay, name(item), container, image


def test_orders_by_kafka_are_set_up_by_variables_that_are_known():
    """A component that no overlay has: its variables, too, are ones that the executables know."""
    for file, executable in (("collector", "order-collector"), ("statistics", "order-statistics")):
        text = help_of(executable)
        if text is None:
            pytest.skip(f"{executable} is not built")
        item = yaml.safe_load((ROOT / f"k8s/components/orders-kafka/{file}.yaml").read_text())
        given = {entry["name"] for entry in containers(item)[0]["env"]}
        assert given - variables(text)[0] == set()
        assert {"ORDERS_VIA", "KAFKA_BROKERS"} <= given


def test_variables_are_known_and_required_ones_are_set():
    checked, absent, faults = set(), set(), []
    for overlay, where, container, executable in uses():
        text = help_of(executable)
        if text is None:
            absent.add(executable)
            continue
        if "ENVIRONMENT:" not in text:
            continue
        checked.add(executable)
        known, required = variables(text)
        given = {entry["name"] for entry in container.get("env", [])}
        sure = {entry["name"] for entry in container.get("env", []) if not is_optional(entry)}
        faults += [f"{overlay} {where} {container['name']}: {executable} knows no {key}" for key in given - known]
        faults += [f"{overlay} {where} {container['name']}: {executable} requires {key}" for key in required - sure]
    print(f"checked: {', '.join(sorted(checked))}; not built yet: {', '.join(sorted(absent)) or 'none'}")
    assert not faults, "\n".join(sorted(set(faults)))
    assert checked >= {"mission", "mypage"}, f"no executables in {executables()}"


def is_optional(entry):
    source = entry.get("valueFrom", {})
    return any(reference.get("optional") for reference in source.values() if isinstance(reference, dict))


def test_arguments_are_known():
    for overlay, where, container, executable in uses():
        options = [argument.partition("=")[0] for argument in container.get("args", []) if argument.startswith("--")]
        commands = [argument for argument in container.get("args", []) if not argument.startswith("--")]
        text = help_of(executable)
        if text is None:
            continue
        for word in options + commands:
            assert re.search(rf"(^|\s){re.escape(word)}(\s|$)", text), f"{overlay} {where}: {executable} knows no {word}"


@pytest.mark.parametrize(
    "text, known, required",
    [
        (
            "USAGE\n\nENVIRONMENT:\n  A_B  (required, secret; example: x)\n      What.\n  C  (default: 1s; example: 2s)\n",
            {"A_B", "C"}, {"A_B"},
        ),
        ("ENVIRONMENT:\n  D  (optional; example: required)\n      It is required by nobody.\n", {"D"}, set()),
    ],
)
def test_the_list_is_read_as_it_is_printed(text, known, required):
    assert variables(text) == (known, required)
