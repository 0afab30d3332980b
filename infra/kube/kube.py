"""make kube, make rollout, make scale: an overlay's pods in containers, from the very manifests, with podman.

It is no Kubernetes: one host, no scheduler, no Services but their names in a DNS, no NetworkPolicies. What it takes from
the manifests is what a kubelet and the container runtime do with a pod: images, commands, variables from the ConfigMap
and the Secret, volumes, user, read-only root, capabilities, seccomp, limits, init containers, sidecars, probes, preStop,
grace. The gateway is the local run's HAProxy with its health checks.
"""

import argparse
import os
import signal
import sys
import time

import checks
from cluster import Cluster, say
from siege import PATHS, rollout, scale


def main():
    # So that an end from outside takes the containers with it, too.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["run", "rollout", "scale"])
    parser.add_argument("--service", default="")
    parser.add_argument("--overlay", default="local")
    parser.add_argument("--seconds", type=int, default=0)
    parser.add_argument("--cpus", type=float, default=0.2)
    options = parser.parse_args()
    names = options.service.split() or list(PATHS)
    for name in names:
        if name not in PATHS:
            sys.exit(f"  {name}: there are {', '.join(PATHS)}")
    cluster = Cluster(options.overlay)
    is_bad = False
    try:
        cluster.down()
        if options.overlay == "local-auth":
            cluster.make_keys()
        begin = time.monotonic()
        cluster.up({"game-mypage": 2, "game-mission": 2} if options.what == "run" else {})
        say(f"  {sum(map(len, cluster.pods.values()))} pods ready in {time.monotonic() - begin:.1f} s")
        checks.hardening(cluster)
        cluster.flow()
        if cluster.token:
            checks.strangers(cluster)
        if options.what == "run":
            checks.liveness(cluster)
            is_bad = checks.table(cluster)
            checks.crashes(cluster)
            cluster.flow()
            is_bad |= rollout(cluster, ["mypage"], options.seconds or 70, [2])
            is_bad |= checks.ends(cluster)
        elif options.what == "rollout":
            is_bad = rollout(cluster, names, options.seconds or 100, [2, 50])
        else:
            scale(cluster, names[0] if options.service else "mypage", options.seconds or 20, 150, options.cpus)
        if os.environ.get("KEEP"):
            input("  it runs; Enter ends it ")
    finally:
        cluster.down()
    if is_bad:
        sys.exit("  that was not what it should be: see <--")


main()
