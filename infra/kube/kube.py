"""make kube, make rollout, make scale: the local overlay's pods in containers, from the very manifests, with podman.

It is no Kubernetes: one host, no scheduler, no Services but names in /etc/hosts, no NetworkPolicies. What it takes from
the manifests is what a kubelet and the container runtime do with a pod: images, commands, variables from the ConfigMap
and the Secret, volumes, user, read-only root, capabilities, seccomp, limits, init containers, sidecars, probes, preStop,
grace. The gateway is the local run's HAProxy with its health checks.
"""

import argparse
import json
import math
import os
import re
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pods import Manifests
from runner import SUBNET, Engine, RunningPod

ROOT = Path(__file__).resolve().parents[2]
RUN_DIR = Path(os.environ["RUN_DIR"])
STORES = ["game-postgres", "game-mariadb", "game-redis", "game-broker", "game-telegram-sandbox"]
PUBLIC = ["mission", "reward", "gift", "mypage", "telegram"]
PATHS = {name: f"/{name}s?customerId=1" for name in PUBLIC}
# Addresses of a workload's pods: its place in the list times this, plus the pod's number.
SLOTS = 8


def say(text):
    print(text, flush=True)


class Cluster:
    """The pods of an overlay on one network of containers, behind the gateway."""

    def __init__(self, overlay):
        self.manifests = Manifests(ROOT / "k8s/overlays" / overlay)
        self.engine = Engine(RUN_DIR / "images/store")
        self.folder = RUN_DIR / "kube"
        self.network = "game-kube"
        self.cpus = None
        self.names = [item["metadata"]["name"] for item in self.manifests.workloads()]
        self.pods = {}
        built = self.engine.run("images", "--format", "{{.Repository}}:{{.Tag}}").split()
        self.available = [
            name for name in self.names
            if all(container.image in built for container in self.containers(name))
        ]

    def containers(self, name):
        pod = self.manifests.pod(name)
        return pod.first + pod.containers

    def address(self, workload, number):
        return f"{SUBNET}.{10 + self.names.index(workload) * SLOTS + number}"

    def hosts(self):
        """What the cluster's DNS would know: each Service with the addresses that it may have."""
        return {name: [self.address(name, 0)] for name in STORES + ["game-telegram"] if name in self.names}

    # ------------------------------------------------------------------------------------------------- up and down

    def up(self, replicas):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.engine.run("network", "create", "--subnet", f"{SUBNET}.0/24", self.network)
        missing = [name for name in self.names if name not in self.available]
        if missing:
            say(f"  without {', '.join(missing)}: there are no images of them yet")
        for group in (STORES, [name for name in self.available if name not in STORES]):
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

    def down(self):
        self.gateway("stop")
        for name in reversed(self.names):
            for pod in self.pods.get(name, []):
                pod.remove()
        left = self.engine.run("ps", "-aq", "--filter", f"network={self.network}", check=False).split()
        if left:
            self.engine.run("rm", "-f", "-t", "0", *left, check=False)
        self.engine.run("network", "rm", "-f", self.network, check=False)

    def gateway(self, verb):
        environment = dict(os.environ, RUN_DIR=str(self.folder), NO_COLOR="1")
        for name in PUBLIC:
            known = [f"{self.address('game-' + name, number)}:8080" for number in range(SLOTS - 2)]
            environment[f"{name.upper()}_SERVERS"] = " ".join(known)
        done = subprocess.run(
            [ROOT / "infra/local/gateway.sh", verb], env=environment, capture_output=True, text=True)
        if verb == "start" and done.returncode != 0:
            raise RuntimeError(f"gateway: {done.stdout}{done.stderr}")

    @property
    def gateway_url(self):
        return f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}"

    def flow(self):
        """The main flow of the local run, through the gateway, with the services in their containers."""
        services = [pods[0] for name, pods in self.pods.items() if name not in STORES]
        environment = dict(
            os.environ, GATEWAY_URL=self.gateway_url,
            TELEGRAM_SANDBOX_URL=f"http://{self.address('game-telegram-sandbox', 0)}:8080",
            READY_URLS=" ".join(f"http://{pod.address}:8080/readyz" for pod in services))
        subprocess.run([sys.executable, ROOT / "infra/local/flow.py"], env=environment, check=True)

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


class Siege:
    """siege in the background; now and then it hangs in its own end, so it is given a limit."""

    def __init__(self, url, concurrent, seconds, keep_alive, folder):
        configuration = folder / f"siegerc-{keep_alive}"
        configuration.write_text(
            f"connection = {'keep-alive' if keep_alive else 'close'}\nverbose = false\nlogging = false\n"
            "parser = false\nlimit = 300\njson_output = true\n")
        self.process = subprocess.Popen(
            ["timeout", str(seconds + 20), "siege", "-R", str(configuration), "-b", f"-c{concurrent}",
             f"-t{seconds}S", url],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def is_running(self):
        return self.process.poll() is None

    def result(self):
        text, _ = self.process.communicate()
        found = dict(re.findall(r'"(\w+)":\s*([0-9.]+)', text))
        if "availability" not in found:
            raise RuntimeError(f"siege said nothing (it hangs now and then): {text[-300:]}")
        return {key: float(value) for key, value in found.items()}


def roll(cluster, name):
    """A rolling update as the Deployment's strategy says it: one more, ready for minReadySeconds, then one less."""
    workload = f"game-{name}"
    old = list(cluster.pods[workload])
    codes = []
    for pod in old:
        new = cluster.add(workload)
        time.sleep(new.pod.ready_after)
        cluster.pods[workload].remove(pod)
        codes.append(pod.stop())
    return codes


def under_siege(cluster, name, concurrent, seconds, keep_alive, action):
    siege = Siege(f"{cluster.gateway_url}{PATHS[name]}", concurrent, seconds, keep_alive, cluster.folder)
    time.sleep(2)
    extra = action()
    inside = siege.is_running()
    found = siege.result()
    found["inside"], found["extra"] = inside, extra
    return found


def rollout(cluster, names, seconds, load):
    """Every service rolled out under load, with keep-alive and with close; then one killed under load."""
    failed = False
    say(f"\n  {'service':<10} {'what':<10} {'load':<22} {'requests':>9} {'failed':>7} {'available':>10}")
    for name in names:
        cluster.set_replicas(f"game-{name}", 2)
        cluster.await_up(name, 2)

        def update():
            return roll(cluster, name)

        def kill():
            victim = cluster.pods[f"game-{name}"].pop()
            victim.kill()
            victim.remove()
            cluster.add(f"game-{name}")
            return [0]

        for what, concurrent, keep_alive, action in [
            *(("rollout", c, k, update) for c in load for k in (True, False)),
            *(("kill -9", load[-1], k, kill) for k in (True, False)),
        ]:
            found = under_siege(cluster, name, concurrent, seconds if what == "rollout" else 10, keep_alive, action)
            kind = "keep-alive" if keep_alive else "close"
            bad = found["failed_transactions"] > 0 or found["availability"] < 100 or any(found["extra"])
            if what == "rollout" and not found["inside"]:
                bad = True
                say(f"  siege ended before the rollout of {name} did: give it more than {seconds} s")
            failed |= bad
            say(f"  {name:<10} {what:<10} {f'siege -c{concurrent} {kind}':<22} {found['transactions']:>9.0f}"
                f" {found['failed_transactions']:>7.0f} {found['availability']:>8.2f} %{'  <--' if bad else ''}"
                + (f" exit codes {found['extra']}" if any(found["extra"]) else ""))
    return failed


def scale(cluster, name, seconds, concurrent, cpus):
    """siege against 1, 2 and 4 replicas under a CPU limit, and what the autoscaler's formula makes of it."""
    workload = f"game-{name}"
    cluster.cpus = cpus
    (container,) = cluster.manifests.pod(workload).containers
    target = cluster.manifests.autoscaler(workload)["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"]
    most = cluster.manifests.autoscaler(workload)["spec"]["maxReplicas"]
    cluster.set_replicas(workload, 0)
    say(f"\n  CPU limit {cpus} each, request {container.cpu_request}, target {target} %, siege -c{concurrent}"
        f" -t{seconds}S with keep-alive")
    say("\n  | replicas | requests/s | failed | CPU a replica | of its request | the formula wants |")
    say("  |---|---|---|---|---|---|")
    for count in (0, 1, 2, 4):
        cluster.set_replicas(workload, max(1, count))
        cluster.await_up(name, max(1, count))
        pods = cluster.pods[workload]
        begin, before = time.monotonic(), sum(pod.cpu_seconds() for pod in pods)
        if count == 0:
            time.sleep(10)
            found = {"transaction_rate": 0, "failed_transactions": 0}
        else:
            found = under_siege(cluster, name, concurrent, seconds, True, lambda: [])
        used = (sum(pod.cpu_seconds() for pod in pods) - before) / (time.monotonic() - begin) / len(pods)
        utilization = 100 * used / container.cpu_request
        wanted = min(most, max(1, math.ceil(len(pods) * utilization / target)))
        label = "1, idle" if count == 0 else count
        say(f"  | {label} | {found['transaction_rate']:.0f} | {found['failed_transactions']:.0f} |"
            f" {used * 1000:.0f}m | {utilization:.0f} % | {wanted} |")
    cluster.cpus = None


def liveness(cluster):
    """The file away: mission is restarted; the file back: it lives on."""
    pod = cluster.pods["game-mission"][0]
    sidecar = next(container for container in pod.pod.first if container.name == "alive")
    cluster.engine.run("exec", pod.container_name(sidecar), "rm", "/alive/alive")
    deadline = time.monotonic() + 60
    while pod.restarts == 0:
        if time.monotonic() > deadline:
            raise RuntimeError("mission was not restarted although its file is gone")
        time.sleep(0.2)
    cluster.engine.run("exec", pod.container_name(sidecar), "touch", "/alive/alive")
    pod.await_ready()
    say(f"  liveness: the file was removed, {pod.name} was restarted {pod.restarts} time(s), and is ready again")


def hardening(cluster):
    """What the containers really run with, from /proc."""
    for pods in cluster.pods.values():
        for pod in pods:
            status = dict(
                line.split(":\t", 1) for line in Path(f"/proc/{pod.pid()}/status").read_text().splitlines()
                if ":\t" in line)
            facts = {
                "uid": status["Uid"].split()[0] == str(pod.pod.security["runAsUser"]),
                "capabilities": int(status["CapEff"], 16) == int(status["CapBnd"], 16) == 0,
                "no new privileges": status["NoNewPrivs"].strip() == "1",
                "seccomp": status["Seccomp"].strip() == "2",
                "read-only root": any(
                    line.split()[1] == "/" and "ro" in line.split()[3].split(",")
                    for line in Path(f"/proc/{pod.pid()}/mounts").read_text().splitlines()),
            }
            wrong = [fact for fact, is_so in facts.items() if not is_so]
            if wrong:
                raise RuntimeError(f"{pod.name} lacks: {', '.join(wrong)}")
    say("  every container: its user, no capabilities, no new privileges, seccomp, read-only root")


def table(cluster):
    images = json.loads(cluster.engine.run("images", "--format", "json"))
    sizes = {name: image["Size"] for image in images for name in image.get("Names") or []}
    say("\n  | pod | image | archive | exec to ready | memory |\n  |---|---|---|---|---|")
    for name, pods in cluster.pods.items():
        image = pods[0].pod.containers[0].image
        archive = RUN_DIR / "images" / (image.rpartition("/")[2].partition(":")[0] + ".tar")
        say(f"  | {pods[0].name} | {sizes.get(image, 0) / 1e6:.0f} MB | {archive.stat().st_size / 1e6:.0f} MB |"
            f" {pods[0].millis_to_ready:.0f} ms | {pods[0].memory_mib():.0f} MiB |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["run", "rollout", "scale"])
    parser.add_argument("--service", default="")
    parser.add_argument("--overlay", default="local")
    parser.add_argument("--seconds", type=int, default=0)
    parser.add_argument("--cpus", type=float, default=0.2)
    options = parser.parse_args()
    cluster = Cluster(options.overlay)
    names = options.service.split() or [name for name in PUBLIC if f"game-{name}" in cluster.available]
    failed = False
    try:
        cluster.down()
        begin = time.monotonic()
        cluster.up({"game-mypage": 2, "game-mission": 2} if options.what == "run" else {})
        say(f"  {sum(map(len, cluster.pods.values()))} pods ready in {time.monotonic() - begin:.1f} s")
        hardening(cluster)
        cluster.flow()
        if options.what == "run":
            liveness(cluster)
            table(cluster)
            failed = rollout(cluster, ["mypage"], options.seconds or 70, [2])
        elif options.what == "rollout":
            failed = rollout(cluster, names, options.seconds or 100, [2, 50])
        else:
            scale(cluster, names[0] if options.service else "mypage", options.seconds or 20, 150, options.cpus)
        if os.environ.get("KEEP"):
            input("  it runs; Enter ends it ")
    finally:
        cluster.down()
    if failed:
        sys.exit("  that was not what it should be: see <--")


main()
