"""What is looked at once the overlay's pods run."""

import json
import os
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cluster import RUN_DIR, STORES, say
from siege import CPU, stays_at


def liveness(cluster):
    """The file away: mission is restarted; the file back: it lives on."""
    pod = cluster.pods["game-mission"][0]
    sidecar = next(container for container in pod.pod.first if container.name == "alive")
    cluster.engine.run("exec", pod.container_name(sidecar), "rm", "/alive/alive")
    await_restart(pod)
    cluster.engine.run("exec", pod.container_name(sidecar), "touch", "/alive/alive")
    pod.await_ready()
    say(f"  liveness: the file was removed, {pod.name} was restarted {pod.restarts} time(s), and is ready again")


def await_restart(pod, before=0):
    deadline = time.monotonic() + 90
    while pod.restarts == before:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{pod.name} was not restarted")
        time.sleep(0.1)


def crashes(cluster):
    """Every store and two services are killed as by the out-of-memory killer; all come back on what they had."""
    pods = [cluster.pods[name][0] for name in STORES + ["game-mission", "game-mypage"]]
    before = [pod.restarts for pod in pods]
    begin = time.monotonic()
    for pod in pods:
        pod.crash()
    for pod, restarts in zip(pods, before):
        await_restart(pod, restarts)
    times = {}

    def watch(pod):
        pod.await_ready()
        times[pod.name] = time.monotonic() - begin

    everybody = [pod for members in cluster.pods.values() for pod in members]
    with ThreadPoolExecutor(len(everybody)) as pool:
        list(pool.map(watch, everybody))
    slowest = max(times, key=times.get)
    say(f"  crashes: stores, broker, mission and mypage killed with -9; all are ready again after"
        f" {times[slowest]:.1f} s, {slowest} last")
    if "VERBOSE" in os.environ:
        say("  " + ", ".join(f"{name} {taken:.1f} s" for name, taken in sorted(times.items(), key=lambda item: item[1])))


def ends(cluster):
    """Every pod is told to end, the services first, and does so by itself within its grace period."""
    begin, codes = time.monotonic(), []
    for group in ([name for name in cluster.pods if name not in STORES], STORES):
        pods = [pod for name in group for pod in cluster.pods.pop(name)]
        with ThreadPoolExecutor(len(pods)) as pool:
            codes += [code for found in pool.map(lambda pod: pod.stop(), pods) for code in found]
    say(f"  the end: every pod ended by itself, after {time.monotonic() - begin:.1f} s in all" if not codes
        else f"  the end: exit codes {', '.join(codes)}  <--")
    return bool(codes)


def strangers(cluster):
    """With AUTH=on: no token, no answer; probes need none."""
    try:
        urllib.request.urlopen(f"{cluster.gateway_url}/missions?customerId=1", timeout=5)
    except urllib.error.HTTPError as error:
        if error.code == 401:
            say("  a request without a token: 401")
            return
    raise RuntimeError("a request without a token was not refused")


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


def start_of(cluster, name):
    """How long a new replica takes, alone; it is taken away again."""
    if name in STORES or cluster.is_ordered(name):
        return ""
    pod = cluster.add(name)
    cluster.pods[name].remove(pod)
    while pod.ready_at is None:
        time.sleep(0.001)
    taken = pod.millis_to_ready()
    pod.kill()
    pod.remove()
    return f"{taken:.0f} ms"


def table(cluster, seconds=15):
    """Images, starts, memory, and the CPU of pods at rest: if that is too near to an autoscaler's target, it never goes
    back to its least replicas after a load. Returns whether one would not."""
    images = json.loads(cluster.engine.run("images", "--format", "json"))
    sizes = {name: image["Size"] for image in images for name in image.get("Names") or []}
    meters = {name: CPU(pods) for name, pods in cluster.pods.items()}
    time.sleep(seconds)
    rest = {name: meter.cores() for name, meter in meters.items()}
    starts = {name: start_of(cluster, name) for name in cluster.pods}
    is_stuck = False
    say("\n  | pod | image | archive | start | memory | CPU at rest |\n  |---|---|---|---|---|---|")
    for name, pods in cluster.pods.items():
        image = pods[0].pod.containers[0].image
        archive = RUN_DIR / "images" / (image.rpartition("/")[2].partition(":")[0] + ".tar")
        used, request = rest[name], pods[0].pod.containers[0].cpu_request
        remark = ""
        if cluster.manifests.autoscaler(name):
            least = cluster.manifests.autoscaler(name)["spec"]["minReplicas"]
            stays = stays_at(cluster, name, 100 * used / request)
            if stays > least:
                is_stuck, remark = True, f"  <-- the autoscaler would stay at {stays} replicas"
        say(f"  | {name} | {sizes.get(image, 0) / 1e6:.0f} MB | {archive.stat().st_size / 1e6:.0f} MB |"
            f" {starts[name]} | {pods[0].memory_mib():.0f} MiB |"
            f" {used * 1000:.0f}m of {request * 1000:.0f}m |{remark}")
    return is_stuck
