"""The scripts for a cluster, as far as they can be tested without one."""

import json
import os
import shutil
import subprocess

import kubernetes_validate
import pytest
from manifests import K8S, ROOT, SERVICES
from policy import runs_without_privilege


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
def test_the_clients_pod_is_valid_and_allowed():
    """The pod that makes load, as the scripts hand it to kubectl."""
    script = f". {K8S}/tests/lib.sh; k() {{ [ $1 != apply ] || cat >&3; }}; client load sh -c 'siege \"http://x/\"' 3>&1"
    done = subprocess.run(["bash", "-euc", script], capture_output=True, text=True, timeout=20, check=True)
    pod = json.loads(done.stdout)
    kubernetes_validate.validate(pod, "1.36", strict=True)
    assert pod["spec"]["containers"][0]["command"] == ["sh", "-c", 'siege "http://x/"']
    as_workload = {"kind": "Deployment", "metadata": {"name": "load"}, "spec": {"template": {"spec": pod["spec"]}}}
    assert list(runs_without_privilege([as_workload])) == []


@pytest.fixture
def kubectl(tmp_path):
    """A kubectl that notes what it is told and answers from the environment."""
    (tmp_path / "kubectl").write_text(
        '#!/bin/bash\necho "$*" >>"$NOTES"\n'
        'case "$*" in\n'
        '*"get deployment,statefulset"*) echo deployment.apps/game-mission ;;\n'
        '*jsonpath*) printf "alive\\nmigrate\\nservice\\n" ;;\n'
        '*"rollout status"*) [ -z "$BROKEN" ] || [ -e "$NOTES.undone" ] ;;\n'
        '*"rollout undo"*) touch "$NOTES.undone" ;;\n'
        "esac\n")
    (tmp_path / "kubectl").chmod(0o755)
    notes = tmp_path / "notes"

    def run(*arguments, broken=""):
        environment = dict(
            os.environ, PATH=f"{tmp_path}:{os.environ['PATH']}", NOTES=str(notes), BROKEN=broken,
            IMAGE_REPOSITORY="registry.example.com/game", IMAGE_TAG="abc")
        done = subprocess.run([K8S / "deploy.sh", *arguments], env=environment, capture_output=True, text=True, timeout=20)
        return done, notes.read_text().splitlines() if notes.exists() else []

    return run


def test_a_rollout_sets_the_image_of_service_and_migration_alone(kubectl):
    done, calls = kubectl("mission", "rollout")
    assert done.returncode == 0, done.stderr
    image = "registry.example.com/game/mission:abc"
    assert f"-n game set image deployment.apps/game-mission migrate={image} service={image}" in calls
    assert not any("undo" in call for call in calls)


def test_a_rollout_that_does_not_become_ready_is_undone(kubectl):
    done, calls = kubectl("mission", "rollout", broken="yes")
    assert done.returncode != 0
    assert any("rollout undo deployment.apps/game-mission" in call for call in calls)


@pytest.mark.parametrize("arguments", [("nothing", "rollout"), ("mission", "fly")])
def test_what_it_does_not_know_is_refused(kubectl, arguments):
    done, calls = kubectl(*arguments)
    assert done.returncode == 64 and calls == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_can_be_deployed(kubectl, service):
    done, _ = kubectl(service, "rollout")
    assert done.returncode == 0


@pytest.mark.parametrize("store", ["postgres", "mariadb"])
def test_the_stores_scripts_are_plain_sh(store):
    subprocess.run(["sh", "-n", ROOT / f"k8s/components/stores/{store}.sh"], check=True, timeout=10)


def test_siege_is_understood():
    """What siege 4.0.7 prints, tabs and all."""
    printed = '{\t"transactions":\t\t\t        2983,\n\t"availability":\t\t\t       99.87,\n\t"elapsed_time":\t\t 2.37\n}\n'
    script = f". {K8S}/tests/lib.sh; eventually() {{ :; }}; k() {{ cat; }}; availability load"
    done = subprocess.run(["bash", "-euc", script], input=printed, capture_output=True, text=True, timeout=20)
    assert done.stdout.strip() == "99.87"
