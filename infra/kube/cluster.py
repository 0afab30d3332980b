"""The pods of an overlay on one network of containers, behind the local run's gateway."""

import os
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from names import NameServer
from pods import Manifests
from runner import SUBNET, Engine, RunningPod

ROOT = Path(__file__).resolve().parents[2]
RUN_DIR = Path(os.environ["RUN_DIR"])
STORES = [
    "game-postgres", "game-mariadb", "game-redis", "game-broker", "game-telegram-sandbox", "game-callback-receiver",
]
# What the gateway leads to; the last two have addresses of their own (dashboard.cfg).
ROUTED = [
    "mission", "reward", "gift", "mypage", "telegram", "event-listener", "bypass-queue", "order-dashboard",
    "order-statistics",
]
# Addresses of a workload's pods: its place in the list times this, plus the pod's number.
SLOTS = 8


def say(text):
    print(text, flush=True)


class Cluster:
    def __init__(self, overlay):
        self.manifests = Manifests(ROOT / "k8s/overlays" / overlay)
        self.engine = Engine(RUN_DIR / "images/store")
        self.folder = RUN_DIR / "kube"
        self.network = "game-kube"
        self.names_at = f"{SUBNET}.1"
        self.name_server = None
        self.cpus = None
        self.token = None
        self.names = [item["metadata"]["name"] for item in self.manifests.workloads()]
        self.pods = {}
        built = self.engine.run("images", "--format", "{{.Repository}}:{{.Tag}}").split()
        missing = {
            container.image for name in self.names for container in self.containers(name) if container.image not in built
        }
        if missing:
            raise SystemExit(f"  there are no images {', '.join(sorted(missing))}: make images")

    def containers(self, name):
        pod = self.manifests.pod(name)
        return pod.first + pod.containers

    def address(self, workload, number):
        return f"{SUBNET}.{10 + self.names.index(workload) * SLOTS + number}"

    def hosts(self):
        """What the cluster's DNS knows: each Service that somebody calls by its name."""
        return {name: [self.address(name, 0)] for name in STORES + ["game-telegram"]}

    def is_ordered(self, name):
        return self.manifests.find("StatefulSet", name) is not None

    # ------------------------------------------------------------------------------------------------- up and down

    def up(self, replicas):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.engine.run("network", "create", "--subnet", f"{SUBNET}.0/24", "--disable-dns", self.network)
        self.name_server = NameServer(self.names_at, self.hosts())
        for group in (STORES, [name for name in self.names if name not in STORES]):
            with ThreadPoolExecutor(len(group)) as pool:
                list(pool.map(lambda name: self.set_replicas(name, replicas.get(name, 1)), group))
        self.gateway("start")

    def set_replicas(self, name, count):
        pods = self.pods.setdefault(name, [])
        while len(pods) < count:
            self.add(name)
        while len(pods) > count:
            pods.pop().stop()

    def add(self, name):
        """A new pod, ready."""
        pods = self.pods.setdefault(name, [])
        used = {pod.number for pod in pods}
        number = next(number for number in range(SLOTS) if number not in used)
        pod = RunningPod(self, self.manifests.pod(name), number)
        pod.start()
        pod.await_ready()
        pods.append(pod)
        pod.supervise()
        return pod

    def roll(self, name):
        """A rolling update. A Deployment's strategy says: one more, ready for minReadySeconds, then one less; a
        StatefulSet's: the highest number first, one less and then the same one new. Returns bad exit codes."""
        codes = []
        for pod in sorted(self.pods[name], key=lambda pod: -pod.number):
            if self.is_ordered(name):
                self.pods[name].remove(pod)
                codes += pod.stop()
                time.sleep(self.add(name).pod.ready_after)
            else:
                time.sleep(self.add(name).pod.ready_after)
                self.pods[name].remove(pod)
                codes += pod.stop()
        return codes

    def down(self):
        self.gateway("stop")
        if self.name_server:
            self.name_server.close()
        for name in reversed(self.names):
            for pod in self.pods.get(name, []):
                pod.remove()
        left = self.engine.run("ps", "-aq", "--filter", f"network={self.network}", check=False).split()
        if left:
            self.engine.run("rm", "-f", "-t", "0", *left, check=False)
        self.engine.run("network", "rm", "-f", self.network, check=False)

    # ----------------------------------------------------------------------------------------------------- gateway

    def gateway(self, verb):
        environment = dict(
            os.environ, RUN_DIR=str(self.folder), NO_COLOR="1", GATEWAY_MORE=str(ROOT / "infra/kube/dashboard.cfg"))
        for name in ROUTED:
            known = [f"{self.address('game-' + name, number)}:8080" for number in range(SLOTS - 2)]
            environment[f"{name.upper().replace('-', '_')}_SERVERS"] = " ".join(known)
        done = subprocess.run(
            [ROOT / "infra/local/gateway.sh", verb], env=environment, capture_output=True, text=True)
        if verb == "start" and done.returncode != 0:
            raise RuntimeError(f"gateway: {done.stdout}{done.stderr}")

    @property
    def gateway_url(self):
        return f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}"

    def url(self, workload):
        """Of the first pod itself."""
        return f"http://{self.address(workload, 0)}:8080"

    def await_up(self, name, count):
        """Until the gateway sends requests to so many replicas."""
        url = f"http://127.0.0.1:{os.environ['GATEWAY_STATS_PORT']}/;csv"
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            lines = urllib.request.urlopen(url, timeout=5).read().decode().splitlines()
            if sum(line.startswith(f"{name},{name}-") and ",UP," in line for line in lines) == count:
                return
            time.sleep(0.05)
        raise RuntimeError(f"the gateway does not see {count} replicas of {name}")

    # ------------------------------------------------------------------------------------------------------ tokens

    def make_keys(self):
        """What an operator makes before an overlay with AUTH=on: the issuer's keys, gift's token."""
        tool, folder = Path(os.environ["SUITE_BIN"]) / "demo-token", self.folder / "auth"
        folder.mkdir(parents=True, exist_ok=True)

        def run(*words):
            command = [tool, *words, "--folder", folder]
            return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

        run("keys")
        self.manifests.made["ConfigMap", "game-auth-keys"] = {"jwks.json": (folder / "jwks.json").read_text()}
        gift = run("token", "--role", "service", "--subject", "gift")
        self.manifests.made["Secret", "game-gift-token"] = {"token": gift}
        self.token = run("token", "--role", "operator", "--role", "service", "--subject", "demo")

    def flow(self):
        """The main flow of the local run, through the gateway, with the services in their containers."""
        services = [pods[0] for name, pods in self.pods.items() if name not in STORES]
        environment = dict(
            os.environ, GATEWAY_URL=self.gateway_url, TELEGRAM_SANDBOX_URL=self.url("game-telegram-sandbox"),
            BYPASS_QUEUE_URL=self.gateway_url, CALLBACK_RECEIVER_URL=self.url("game-callback-receiver"),
            CALLBACKS_TO="http://game-callback-receiver:8080",
            READY_URLS=" ".join(f"http://{pod.address}:8080/readyz" for pod in services))
        if self.token:
            environment["TOKEN"] = self.token
        done = subprocess.run([sys.executable, ROOT / "infra/local/flow.py"], env=environment)
        if done.returncode != 0:
            for pod in services:
                try:
                    report = urllib.request.urlopen(f"http://{pod.address}:8080/readyz", timeout=5).read().decode()
                except OSError as error:
                    report = str(error)
                say(f"  {pod.name}: {report}")
            raise RuntimeError("the main flow did not pass")
