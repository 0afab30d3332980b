"""The Dockerfiles, the compose file and the build specifications."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from manifests import ROOT, SERVICES
from test_environment import help_of, variables

HADOLINT = Path(sys.executable).parent / "hadolint"
DOCKERFILES = ["Dockerfile", "infra/toolbox/Dockerfile"]


@pytest.mark.parametrize("dockerfile", DOCKERFILES)
def test_hadolint_finds_nothing(dockerfile):
    done = subprocess.run([HADOLINT, dockerfile], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_hadolint_notices(tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM debian\nRUN cd /tmp && sudo apt-get install x\n")
    done = subprocess.run([HADOLINT, tmp_path / "Dockerfile"], capture_output=True, text=True, timeout=60)
    assert done.returncode != 0


def test_all_dockerfiles_are_looked_at():
    listed = subprocess.run(["git", "ls-files", "*Dockerfile*"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(listed.stdout.split()) == set(DOCKERFILES)


def test_the_build_gets_every_folder_that_the_package_names():
    """One that .dockerignore keeps away would stop the compilation in the container, and there alone."""
    folders = set(re.findall(r'"(\w+)/', " ".join(re.findall(r'path: "[^"]*"', (ROOT / "Package.swift").read_text()))))
    assert folders >= {"Services", "Shared", "Tests", "Benchmarks"}
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert folders <= let_in, folders - let_in


def test_the_final_image_has_no_shell_and_no_root():
    text = (ROOT / "Dockerfile").read_text()
    final = text[text.rindex("\nFROM "):]
    assert final.startswith("\nFROM scratch")
    assert "\nUSER 65532:65532" in final and "\nRUN" not in final


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_its_build_specification(service):
    path = ROOT / f"Services/{service}/buildspec.yml"
    if not path.parent.exists():
        pytest.skip(f"{service} is not written yet")
    text = yaml.safe_load(path.read_text())
    commands = [command for phase in text["phases"].values() for command in phase["commands"]]
    steps = [step for command in commands for step in command.split()[2:] if command.startswith(f"k8s/deploy.sh {service} ")]
    assert steps == ["test", "build", "push", "rollout"]
    assert not any("password" in command.lower() or "token" in command.lower() for command in commands)


def test_scripts_can_be_run():
    for script in ["k8s/deploy.sh", *[f"k8s/tests/{name}.sh" for name in ("rollout", "hpa", "liveness", "breaker")]]:
        assert os.access(ROOT / script, os.X_OK), script


@pytest.fixture(scope="module")
def compose():
    """The file with what it includes."""
    whole = yaml.safe_load((ROOT / "infra/compose.yaml").read_text())
    for name in whole["include"]:
        path = ROOT / "infra" / name
        # Its own folder is what its paths are relative to.
        included = yaml.safe_load(path.read_text().replace('"./', f'"./{path.parent.name}/')) if path.exists() else {}
        for part in ("services", "volumes"):
            whole[part].update(included.get(part, {}))
    return whole


COMPOSE_SCHEMA = [Path(sys.executable).parent / "check-jsonschema", "--builtin-schema", "vendor.compose-spec"]


def test_the_compose_files_are_valid():
    files = [ROOT / "infra/compose.yaml", ROOT / "infra/elastic/compose.yaml"]
    done = subprocess.run([*COMPOSE_SCHEMA, *files], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_wrong_field_of_compose_is_noticed(tmp_path):
    (tmp_path / "compose.yaml").write_text("services: {x: {image: y, helthcheck: {}}}")
    done = subprocess.run([*COMPOSE_SCHEMA, tmp_path / "compose.yaml"], capture_output=True, text=True, timeout=60)
    assert done.returncode != 0


def test_what_is_waited_for_can_be_seen(compose):
    """Who waits until another is healthy needs a healthcheck there; who waits for its end, something that ends."""
    services = compose["services"]
    for name, service in services.items():
        needed = service.get("depends_on", {})
        for other, condition in needed.items() if isinstance(needed, dict) else ():
            if condition["condition"] == "service_healthy":
                assert "healthcheck" in services[other], f"{name} waits for {other}, whose health nobody asks for"
            if condition["condition"] == "service_completed_successfully":
                assert services[other].get("restart", "no") in ("no", "on-failure"), f"{other} never ends"


def test_every_image_of_compose_that_is_ours_is_built(compose):
    built = {service["image"] for service in compose["services"].values() if "build" in service}
    for name, service in compose["services"].items():
        if service["image"].startswith("game/"):
            assert service["image"] in built, f"{name} runs {service['image']}, which nothing builds"
            wanted = service["image"].removeprefix("game/").removesuffix(":local")
            assert service.get("build", {"args": {"SERVICE": wanted}})["args"]["SERVICE"] == wanted, name


def test_what_compose_includes_is_there(compose):
    missing = [name for name in compose["include"] if not (ROOT / "infra" / name).exists()]
    if not (ROOT / "Services/event-listener/openapi.yaml").exists():
        pytest.skip("event-listener, which brings it, is not written yet")
    assert not missing


def test_compose_has_the_whole_suite(compose):
    stores = {"kafka", "postgres", "mariadb", "redis", "adminer"}
    if (ROOT / "infra/elastic").exists():
        stores |= {"elasticsearch", "kibana"}
    assert set(compose["services"]) >= stores | set(SERVICES) | {"gateway", "telegram-sandbox", "order-generator"}


def test_compose_refers_to_what_is_there(compose):
    services = compose["services"]
    for name, service in services.items():
        for needed in service.get("depends_on", []):
            is_known = needed in services or needed == "elasticsearch" and not (ROOT / "infra/elastic").exists()
            assert is_known, f"{name} needs {needed}"
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            known = (ROOT / "infra" / source).exists() if source.startswith(".") else source in compose["volumes"]
            assert known, f"{name} mounts {source}"
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), f"{name} is open to the network"
        assert "build" in service or "image" in service, name


def test_composes_variables_are_known_and_required_ones_are_set(compose):
    for name in SERVICES:
        text = help_of(name)
        if text is None:
            continue
        known, required = variables(text)
        given = set(compose["services"][name]["environment"])
        assert given <= known, f"{name} knows no {given - known}"
        assert required <= given, f"{name} requires {required - given}"


def test_composes_gateway_is_valid(tmp_path):
    """The script's own haproxy.cfg, checked by HAProxy."""
    haproxy = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin")
    if haproxy is None:
        pytest.skip("haproxy is not installed")
    script = (ROOT / "infra/compose/gateway.sh").read_text()
    script = script.replace("/haproxy.cfg.in", str(ROOT / "infra/gateway/haproxy.cfg"))
    script = script.replace("/tmp/haproxy.cfg", str(tmp_path / "haproxy.cfg")).replace("exec haproxy", "true")
    subprocess.run(["sh", "-c", script], check=True, timeout=20)
    done = subprocess.run(
        [haproxy, "-c", "-f", str(tmp_path / "haproxy.cfg")], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    lines = [line for line in (tmp_path / "haproxy.cfg").read_text().splitlines() if not line.startswith("#")]
    assert not any("@" in line for line in lines) and any("server-template mission-" in line for line in lines)
