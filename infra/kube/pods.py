"""What a kubelet reads from the rendered manifests: pods, their containers, and where their values come from."""

import base64
import json
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import yaml


@dataclass
class Container:
    name: str
    image: str
    command: list
    arguments: list
    environment: dict
    mounts: list
    probes: dict
    pause: float
    last_command: list
    cpu_limit: float
    cpu_request: float
    memory_limit: str
    security: dict
    is_sidecar: bool = False


@dataclass
class Pod:
    workload: str
    grace: float
    ready_after: float
    security: dict
    first: list = field(default_factory=list)
    containers: list = field(default_factory=list)
    volumes: list = field(default_factory=list)


def cores(text):
    """A CPU quantity in cores."""
    return float(text[:-1]) / 1000 if str(text).endswith("m") else float(text)


class Manifests:
    """The objects of an overlay."""

    def __init__(self, overlay):
        done = subprocess.run(["kubectl", "kustomize", str(overlay)], capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"kubectl kustomize {overlay}: {done.stderr}")
        self.items = [item for item in yaml.safe_load_all(done.stdout) if item]
        # What an operator makes beside the overlay, by kind and name: keys, tokens.
        self.made = {}

    def find(self, kind, name):
        for item in self.items:
            if item["kind"] == kind and item["metadata"]["name"] == name:
                return item
        return None

    def workloads(self):
        return [item for item in self.items if item["kind"] in ("Deployment", "StatefulSet")]

    def data(self, kind, name):
        if (kind, name) in self.made:
            return self.made[kind, name]
        item = self.find(kind, name) or {}
        if kind == "Secret":
            return {key: base64.b64decode(value).decode() for key, value in item.get("data", {}).items()}
        return item.get("data", {})

    def autoscaler(self, workload):
        return self.find("HorizontalPodAutoscaler", workload)

    def environment(self, container):
        values = {}
        for entry in container.get("env", []):
            source = entry.get("valueFrom", {})
            reference = source.get("configMapKeyRef") or source.get("secretKeyRef")
            if "value" in entry:
                values[entry["name"]] = entry["value"]
            elif reference:
                held = self.data("ConfigMap" if "configMapKeyRef" in source else "Secret", reference["name"])
                if reference["key"] in held:
                    values[entry["name"]] = held[reference["key"]]
                elif not reference.get("optional"):
                    raise SystemExit(f"{reference['name']} has no {reference['key']}")
            else:
                raise SystemExit(f"{entry['name']}: a source of values that this driver does not know")
        return values

    def container(self, item):
        environment = self.environment(item)

        def expand(words):
            return [re.sub(r"\$\((\w+)\)", lambda match: environment.get(match[1], match[0]), word) for word in words]

        ports = {port["name"]: port["containerPort"] for port in item.get("ports", [])}
        probes = {}
        for kind in ("startupProbe", "livenessProbe", "readinessProbe"):
            if kind in item:
                probe = json.loads(json.dumps(item[kind]))
                for action in ("httpGet", "tcpSocket"):
                    if action in probe:
                        port = probe[action]["port"]
                        probe[action]["port"] = ports.get(port, port)
                probes[kind] = probe
        before_stop = item.get("lifecycle", {}).get("preStop", {})
        limits, requests = item["resources"]["limits"], item["resources"]["requests"]
        return Container(
            name=item["name"], image=item["image"], command=expand(item.get("command", [])),
            arguments=expand(item.get("args", [])), environment=environment, mounts=item.get("volumeMounts", []),
            probes=probes, pause=before_stop.get("sleep", {}).get("seconds", 0),
            last_command=before_stop.get("exec", {}).get("command", []),
            cpu_limit=cores(limits["cpu"]), cpu_request=cores(requests["cpu"]),
            memory_limit=limits["memory"].replace("Mi", "m").replace("Gi", "g"),
            security=item["securityContext"], is_sidecar=item.get("restartPolicy") == "Always")

    def pod(self, workload):
        item = next(item for item in self.workloads() if item["metadata"]["name"] == workload)
        spec = item["spec"]["template"]["spec"]
        pod = Pod(
            workload=workload, grace=spec.get("terminationGracePeriodSeconds", 30),
            ready_after=item["spec"].get("minReadySeconds", 0), security=spec["securityContext"])
        for inner in spec.get("initContainers", []):
            pod.first.append(self.container(inner))
        pod.containers = [self.container(inner) for inner in spec["containers"]]
        pod.volumes = spec.get("volumes", [])
        return pod


def write_volume(folder, data):
    """The files of a ConfigMap or Secret."""
    folder.mkdir(parents=True, exist_ok=True)
    for key, value in data.items():
        Path(folder / key).write_text(value)
