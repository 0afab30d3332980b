"""Each service accepts the settings that an overlay gives it: it starts, is live, and waits for its store."""

import base64
import json
import os
import re
import socket
import subprocess
import time
import urllib.error
import urllib.request

import pytest
import yaml
from manifests import ROOT, SERVICES, is_service_of_suite, main_container, objects, of_kind, pod, workloads
from test_environment import executables

# Those whose settings are all in the repository. Only local-auth needs something beside it: keys.
WHOLE = ["local", "local-kafka", "local-auth"]


def held(items, kind, name):
    """What a ConfigMap or a Secret holds, or nothing where it is made outside the repository."""
    item = next((item for item in of_kind(items, kind) if item["metadata"]["name"] == name), {"data": {}})
    if kind == "Secret":
        return {key: base64.b64decode(value).decode() for key, value in item["data"].items()}
    return item["data"]


def make_keys(folder):
    """As docs/kubernetes.md says it for local-auth."""
    tool = executables() / "demo-token"
    subprocess.run([tool, "keys", "--folder", folder], check=True, capture_output=True, timeout=20)
    token = [tool, "token", "--folder", folder, "--role", "service", "--subject", "gift"]
    printed = subprocess.run(token, check=True, capture_output=True, text=True, timeout=20).stdout
    return {
        ("ConfigMap", "game-auth-keys"): {"jwks.json": (folder / "jwks.json").read_text()},
        ("Secret", "game-gift-token"): {"token": printed},
    }


def environment(items, item, folder, made):
    """The container's variables; the paths of its volumes lead to folders with what the volumes would hold."""
    container, places = main_container(item), {}
    for volume in pod(item).get("volumes", []) + item["spec"].get("volumeClaimTemplates", []):
        name = volume.get("name") or volume["metadata"]["name"]
        place = places[name] = folder / name
        place.mkdir(parents=True)
        for kind, field, key in (("ConfigMap", "configMap", "name"), ("Secret", "secret", "secretName")):
            if field in volume:
                source = volume[field][key]
                for file, text in (made.get((kind, source)) or held(items, kind, source)).items():
                    (place / file).write_text(text)
        if name == "alive":
            (place / "alive").touch()
    variables = {}
    for entry in container["env"]:
        source = entry.get("valueFrom", {})
        value = entry.get("value")
        for field, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
            if field in source:
                value = held(items, kind, source[field]["name"]).get(source[field]["key"])
        if value is not None:
            for mount in container.get("volumeMounts", []):
                value = re.sub(rf"^{re.escape(mount['mountPath'])}(?=/|$)", str(places[mount["name"]]), value)
            variables[entry["name"]] = value
    return variables


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def is_live(port):
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=2).status == 200
    except (OSError, urllib.error.URLError):
        return False


def await_live(process, port, log):
    """Until it is live; its last words when it has ended instead."""
    deadline = time.monotonic() + 30
    while not is_live(port):
        if process.poll() is not None or time.monotonic() > deadline:
            return (log.read_text().strip().splitlines() or ["it said nothing"])[-1]
        time.sleep(0.02)
    return None


def start(name, variables, log):
    """Starts a service and ends it; why it did not come to life, or nothing."""
    executable, port = executables() / name, free_port()
    assert os.access(executable, os.X_OK), f"{executable} is not built"
    variables = variables | {"HTTP_PORT": str(port), "HTTP_HOST": "127.0.0.1"}
    with log.open("w") as output:
        process = subprocess.Popen([executable], env=variables, stdout=output, stderr=subprocess.STDOUT)
    try:
        return await_live(process, port, log)
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("overlay", WHOLE)
def test_every_service_starts_with_the_settings_of(overlay, tmp_path):
    items = objects(f"overlays/{overlay}")
    made = make_keys(tmp_path / "auth") if overlay == "local-auth" else {}
    words = {}
    for item in workloads(items):
        if is_service_of_suite(item):
            name = item["metadata"]["name"].removeprefix("game-")
            words[name] = start(name, environment(items, item, tmp_path / name, made), tmp_path / f"{name}.log")
    assert set(words) == set(SERVICES)
    assert not any(words.values()), words


def test_every_service_starts_with_the_settings_of_compose(tmp_path):
    services = yaml.safe_load((ROOT / "infra/compose.yaml").read_text())["services"]
    (tmp_path / "game").mkdir()
    for name in SERVICES:
        variables = {
            key: value.replace("/var/lib/game", str(tmp_path / "game"))
            for key, value in services[name]["environment"].items()}
        assert start(name, variables, tmp_path / f"{name}.log") is None


def test_a_token_file_that_is_not_there_is_noticed(tmp_path):
    """What stopped gift in an overlay without tokens: the file of a Secret that nobody makes."""
    items = objects("overlays/local-auth")
    gift = next(item for item in workloads(items) if item["metadata"]["name"] == "game-gift")
    variables = environment(items, gift, tmp_path, {}) | {"AUTH": "off", "HTTP_PORT": str(free_port())}
    done = subprocess.run(
        [executables() / "gift"], env=variables, capture_output=True, text=True, timeout=20)
    assert done.returncode != 0 and "SERVICE_TOKEN_FILE" in done.stderr + done.stdout, json.dumps(done.stderr)
