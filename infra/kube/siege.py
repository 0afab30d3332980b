"""Load, and what happens under it: rolling updates, kills, and more replicas."""

import json
import math
import os
import re
import subprocess
import time
import urllib.request

from cluster import say

# What siege asks of each service; bypass-queue's is made by a message that is there.
PATHS = {
    **{name: f"/{name}s?customerId=1" for name in ("mission", "reward", "gift", "mypage", "telegram")},
    "event-listener": "/events?type=game.mission",
    "bypass-queue": None,
    "order-dashboard": "/api/totals",
    "order-statistics": "/set-aside",
}


class Siege:
    """siege in the background; now and then it hangs in its own end, so it is given a limit."""

    def __init__(self, url, concurrent, seconds, keep_alive, cluster):
        configuration = cluster.folder / f"siegerc-{keep_alive}"
        configuration.write_text(
            f"connection = {'keep-alive' if keep_alive else 'close'}\nverbose = false\nlogging = false\n"
            "parser = false\nlimit = 300\njson_output = true\n")
        header = ["-H", f"Authorization: Bearer {cluster.token}"] if cluster.token else []
        self.process = subprocess.Popen(
            ["timeout", str(seconds + 20), "siege", "-R", str(configuration), "-b", f"-c{concurrent}",
             f"-t{seconds}S", *header, url],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def is_running(self):
        return self.process.poll() is None

    def result(self):
        text, _ = self.process.communicate()
        found = dict(re.findall(r'"(\w+)":\s*([0-9.]+)', text))
        if "availability" not in found:
            raise RuntimeError(f"siege said nothing (it hangs now and then): {text[-300:]}")
        return {key: float(value) for key, value in found.items()}


def target(cluster, name):
    """The URL of a service's reads, through the gateway."""
    if name.startswith("order-"):
        return f"http://127.0.0.1:{os.environ['DASHBOARD_PORT']}{PATHS[name]}"
    path = PATHS[name]
    if path is None:
        headers = {
            "Callback-Url": "http://game-callback-receiver:8080/rollout", "Content-Type": "text/plain",
            "Webhook-Id": "rollout"}
        if cluster.token:
            headers["Authorization"] = f"Bearer {cluster.token}"
        request = urllib.request.Request(
            f"{cluster.gateway_url}/queues/rollout/messages", data=b"a message", headers=headers)
        path = f"/queues/rollout/messages/{json.load(urllib.request.urlopen(request, timeout=10))['id']}"
    return cluster.gateway_url + path


def under_siege(cluster, name, concurrent, seconds, keep_alive, action):
    siege = Siege(target(cluster, name), concurrent, seconds, keep_alive, cluster)
    time.sleep(2)
    extra = action()
    inside = siege.is_running()
    found = siege.result()
    found["inside"], found["extra"] = inside, extra
    return found


def rollout(cluster, names, seconds, load):
    """Every service rolled out under load, with keep-alive and with close; then one killed under load."""
    failed = False
    say(f"\n  {'service':<16} {'what':<8} {'load':<22} {'requests':>9} {'failed':>7} {'available':>10}")
    for name in names:
        workload = f"game-{name}"
        before = len(cluster.pods[workload])
        cluster.set_replicas(workload, 2)
        cluster.await_up(name, 2)

        def update():
            return cluster.roll(workload)

        def kill():
            victim = cluster.pods[workload].pop()
            victim.kill()
            victim.remove()
            cluster.add(workload)
            return []

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
            say(f"  {name:<16} {what:<8} {f'siege -c{concurrent} {kind}':<22} {found['transactions']:>9.0f}"
                f" {found['failed_transactions']:>7.0f} {found['availability']:>8.2f} %{'  <--' if bad else ''}"
                + (f" exit codes {', '.join(found['extra'])}" if found["extra"] else ""))
        cluster.set_replicas(workload, before)
    return failed


def wanted_replicas(cluster, workload, count, utilization):
    """What the autoscaler would choose: its formula, with the tolerance of a tenth in which it stays."""
    spec = cluster.manifests.autoscaler(workload)["spec"]
    ratio = utilization / spec["metrics"][0]["resource"]["target"]["averageUtilization"]
    wanted = count if abs(ratio - 1) <= 0.1 else math.ceil(count * ratio)
    return min(spec["maxReplicas"], max(spec["minReplicas"], wanted))


def stays_at(cluster, workload, utilization):
    """The replicas to which the autoscaler goes down from its maximum, when each uses this much all the time."""
    count = cluster.manifests.autoscaler(workload)["spec"]["maxReplicas"]
    while (fewer := wanted_replicas(cluster, workload, count, utilization)) < count:
        count = fewer
    return count


class CPU:
    """The CPU that a workload's pods use, from now on, as the metrics server adds it up for a pod."""

    def __init__(self, pods):
        self.pods, self.begin, self.before = pods, time.monotonic(), sum(pod.cpu_seconds() for pod in pods)

    def cores(self):
        """The mean of a pod since the beginning."""
        used = sum(pod.cpu_seconds() for pod in self.pods) - self.before
        return used / (time.monotonic() - self.begin) / len(self.pods)


def scale(cluster, name, seconds, concurrent, cpus):
    """siege against 1, 2 and 4 replicas under a CPU limit, and what the autoscaler's formula makes of it."""
    workload = f"game-{name}"
    cluster.cpus = cpus
    (container,) = cluster.manifests.pod(workload).containers
    goal = cluster.manifests.autoscaler(workload)["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"]
    cluster.set_replicas(workload, 0)
    say(f"\n  CPU limit {cpus} each, request {container.cpu_request}, target {goal} %, siege -c{concurrent}"
        f" -t{seconds}S with keep-alive")
    say("\n  | replicas | requests/s | failed | CPU a replica | of its request | the formula wants | memory at most |")
    say("  |---|---|---|---|---|---|---|")
    for count in (0, 1, 2, 4):
        cluster.set_replicas(workload, max(1, count))
        cluster.await_up(name, max(1, count))
        pods = cluster.pods[workload]
        cpu = CPU(pods)
        if count == 0:
            time.sleep(10)
            found = {"transaction_rate": 0, "failed_transactions": 0}
        else:
            found = under_siege(cluster, name, concurrent, seconds, True, lambda: [])
        used = cpu.cores()
        utilization = 100 * used / container.cpu_request
        label = "1, idle" if count == 0 else count
        memory = max(pod.most_memory_mib() for pod in pods)
        say(f"  | {label} | {found['transaction_rate']:.0f} | {found['failed_transactions']:.0f} |"
            f" {used * 1000:.0f}m | {utilization:.0f} % | {wanted_replicas(cluster, workload, len(pods), utilization)} |"
            f" {memory:.0f} of {container.memory_limit.rstrip('m')} MiB |")
    cluster.cpus = None
