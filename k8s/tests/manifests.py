"""The manifests as a cluster would get them: rendered by kubectl's or kustomize's own kustomize."""

import copy
import functools
import os
import shutil
import subprocess
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
K8S = ROOT / "k8s"
OVERLAYS = sorted(folder.name for folder in (K8S / "overlays").iterdir() if folder.is_dir() and not folder.name.startswith("."))
SERVICES = sorted(
    folder.name for folder in (K8S / "base").iterdir() if folder.is_dir() and folder.name != "namespace"
)


def builder():
    """The command that renders a kustomization, or nothing where there is none."""
    chosen = os.environ.get("KUSTOMIZE")
    if chosen:
        return chosen.split()
    if shutil.which("kubectl"):
        return ["kubectl", "kustomize"]
    if shutil.which("kustomize"):
        return ["kustomize", "build"]
    return None


@functools.cache
def render(folder):
    """The objects of a kustomization."""
    done = subprocess.run([*builder(), str(K8S / folder)], capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise AssertionError(f"{folder} does not render: {done.stderr}")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return [item for item in yaml.load_all(done.stdout, Loader=loader) if item]


def objects(folder):
    """The objects of a kustomization, a copy for each caller."""
    return copy.deepcopy(render(folder))


def name(item):
    return f"{item['kind']}/{item['metadata']['name']}"


def of_kind(items, *kinds):
    return [item for item in items if item["kind"] in kinds]


def workloads(items):
    return of_kind(items, "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob")


def is_service_of_suite(item):
    labels = item["spec"]["template"]["metadata"].get("labels", {})
    return labels.get("app.kubernetes.io/part-of") == "game-suite"


def pod(item):
    return item["spec"]["template"]["spec"]


def containers(item):
    return pod(item).get("initContainers", []) + pod(item)["containers"]


def main_container(item):
    return next(container for container in pod(item)["containers"] if container["name"] == "service")


def labels_match(selector, labels):
    """A label selector against a pod's labels."""
    for key, value in (selector or {}).get("matchLabels", {}).items():
        if labels.get(key) != value:
            return False
    for rule in (selector or {}).get("matchExpressions", []):
        found = labels.get(rule["key"])
        verdict = {
            "In": found in rule.get("values", []),
            "NotIn": found not in rule.get("values", []),
            "Exists": found is not None,
            "DoesNotExist": found is None,
        }[rule["operator"]]
        if not verdict:
            return False
    return True


def variable(container, key):
    return next((item.get("value") for item in container.get("env", []) if item["name"] == key), None)


def seconds(text):
    """A duration of the services, such as 5s, 1m, 500ms."""
    for unit, factor in (("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600)):
        if text.endswith(unit) and text[: -len(unit)].replace(".", "", 1).isdigit():
            return float(text[: -len(unit)]) * factor
    raise ValueError(text)
