"""Runs pods with podman as the manifests say: user, read-only root, no capabilities, limits, probes, preStop, grace."""

import http.client
import json
import os
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path

from names import DOMAIN
from pods import write_volume

SUBNET = "10.89.77"


class Engine:
    """podman on the project's own store of images."""

    def __init__(self, store):
        driver = (store / "driver").read_text().strip()
        self.base = [
            "podman", "--root", str(store / "root"), "--runroot", str(store / "run"), "--storage-driver", driver,
            "--runtime", "runc", "--cgroup-manager", "cgroupfs", "--events-backend", "file",
        ]

    def run(self, *arguments, check=True, **options):
        done = subprocess.run([*self.base, *arguments], capture_output=True, text=True, **options)
        if check and done.returncode != 0:
            raise RuntimeError(f"podman {' '.join(arguments[:4])}…: {done.stderr.strip()[-600:]}")
        return done.stdout.strip()

    def succeeds(self, *arguments):
        return subprocess.run([*self.base, *arguments], capture_output=True).returncode == 0


class RunningPod:
    """One pod: its containers, and one address on the containers' network."""

    def __init__(self, cluster, pod, number):
        self.cluster, self.pod, self.number = cluster, pod, number
        self.name = f"{pod.workload}-{number}"
        self.address = cluster.address(pod.workload, number)
        self.restarts = 0
        self.ready_at = None
        self.is_stopping = False
        self.process = None
        self.folder = cluster.folder / "volumes" / self.name

    # ---------------------------------------------------------------------------------------------------- start

    def start(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        self.prepare_volumes()
        for container in self.pod.first:
            if container.is_sidecar:
                self.run_container(container, detached=True)
                self.wait(container, "startupProbe")
            else:
                self.run_container(container, detached=False, address=self.address)
        (container,) = self.pod.containers
        if "httpGet" in container.probes["readinessProbe"]:
            threading.Thread(target=self.note_first_ready, args=[container], daemon=True).start()
        self.run_container(container, detached=True, address=self.address)

    def await_ready(self):
        (container,) = self.pod.containers
        self.wait(container, "startupProbe")
        self.wait(container, "readinessProbe")

    def note_first_ready(self, container):
        """Asks all the time, also while podman is still at work: the time counts from the process's own start."""
        # A packet to an address that is not there yet is repeated after a second only; another connection is sooner.
        while not self.is_stopping and not self.answers(container, "readinessProbe", limit=0.05):
            time.sleep(0.002)
        self.ready_at = time.clock_gettime(time.CLOCK_BOOTTIME)

    def millis_to_ready(self):
        """From exec to the first "ready"; the kernel notes the first in hundredths of a second."""
        ticks = int(Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()[19])
        return (self.ready_at - ticks / os.sysconf("SC_CLK_TCK")) * 1000

    def prepare_volumes(self):
        user = self.pod.security["runAsUser"]
        for volume in self.pod.volumes:
            folder = self.folder / volume["name"]
            if "configMap" in volume:
                write_volume(folder, self.cluster.manifests.data("ConfigMap", volume["configMap"]["name"]))
            elif "secret" in volume:
                write_volume(folder, self.cluster.manifests.data("Secret", volume["secret"]["secretName"]))
            elif "emptyDir" in volume:
                folder.mkdir(parents=True)
            else:
                raise SystemExit(f"{self.name}: a volume that this driver does not know: {volume}")
            for path in [folder, *folder.iterdir()]:
                os.chown(path, user, user)
                path.chmod(0o770 if path.is_dir() else 0o440)

    def container_name(self, container):
        return f"{self.name}-{container.name}"

    def run_container(self, container, detached, address=None):
        security, name = self.pod.security, self.container_name(container)
        assert container.security["readOnlyRootFilesystem"] and not container.security["allowPrivilegeEscalation"]
        environment = self.folder / f"{container.name}.env"
        environment.parent.mkdir(parents=True, exist_ok=True)
        environment.touch(mode=0o600)
        environment.write_text("".join(f"{key}={value}\n" for key, value in container.environment.items()))
        options = [
            "--name", name, "--env-file", str(environment),
            "--read-only", "--read-only-tmpfs=false", "--security-opt", "no-new-privileges",
            "--user", f"{security['runAsUser']}:{security['runAsGroup']}",
            "--memory", container.memory_limit, "--cpus", f"{self.cluster.cpus or container.cpu_limit}",
            "--ulimit", "nofile=16384:16384", "--ulimit", "nproc=1000:1000",
            "--log-driver", "k8s-file", "--stop-signal", "SIGTERM", "--no-healthcheck",
        ]
        for capability in container.security["capabilities"]["drop"]:
            options += ["--cap-drop", capability.lower()]
        # The pod's one address is its main container's; the sidecars of these manifests need no network.
        # It keeps its hardware address through restarts, as a pod's network does; neighbours would look for the old one.
        options += ["--network", self.cluster.network if address else "none"]
        if address:
            options += ["--ip", address, "--mac-address", "02:42:" + ":".join(f"{int(part):02x}" for part in address.split("."))]
            options += ["--dns", self.cluster.names_at, "--dns-search", DOMAIN, "--dns-option", "ndots:5"]
        for mount in container.mounts:
            flag = ":ro" if mount.get("readOnly") else ""
            options += ["--volume", f"{self.folder / mount['name']}:{mount['mountPath']}{flag}"]
        if container.command:
            options += ["--entrypoint", json.dumps(container.command)]
        self.cluster.engine.run("rm", "-f", "-t", "0", "-i", name)
        if not detached:
            self.cluster.engine.run("run", "--rm", *options, container.image, *container.arguments, timeout=90)
            return
        self.cluster.engine.run("run", "-d", *options, container.image, *container.arguments)
        if container in self.pod.containers:
            self.process = self.pid()

    # --------------------------------------------------------------------------------------------------- probes

    def answers(self, container, kind, limit=None):
        probe = container.probes[kind]
        limit = limit or probe.get("timeoutSeconds", 1)
        try:
            if "httpGet" in probe:
                connection = http.client.HTTPConnection(self.address, probe["httpGet"]["port"], timeout=limit)
                connection.request("GET", probe["httpGet"]["path"], headers={"Connection": "close"})
                return 200 <= connection.getresponse().status < 400
            if "tcpSocket" in probe:
                socket.create_connection((self.address, probe["tcpSocket"]["port"]), timeout=limit).close()
                return True
            command = probe["exec"]["command"]
            return self.cluster.engine.succeeds("exec", self.container_name(container), *command)
        except (OSError, http.client.HTTPException):
            return False

    def wait(self, container, kind):
        """Until a probe succeeds; its own patience is its period times its threshold, a minute at least."""
        if kind not in container.probes:
            return
        probe = container.probes[kind]
        deadline = time.monotonic() + max(60, probe.get("periodSeconds", 10) * probe.get("failureThreshold", 3))
        while not self.answers(container, kind):
            if time.monotonic() > deadline:
                log = self.cluster.engine.run("logs", "--tail", "5", self.container_name(container), check=False)
                raise RuntimeError(f"{self.name} {container.name}: {kind} never succeeded: {log}")
            # A command in a container costs more than a request.
            time.sleep(0.5 if "exec" in probe else 0.02)

    def keep_alive(self):
        """What the kubelet does all the time: restart the container when it has ended or its liveness probe fails."""
        (container,) = self.pod.containers
        probe = container.probes["livenessProbe"]
        failures, asked = 0, time.monotonic()
        while not self.is_stopping:
            time.sleep(0.2)
            is_dead = not Path(f"/proc/{self.process}").exists()
            if not is_dead and time.monotonic() - asked >= probe.get("periodSeconds", 10):
                failures = 0 if self.is_stopping or self.answers(container, "livenessProbe") else failures + 1
                asked = time.monotonic()
            if not self.is_stopping and (is_dead or failures >= probe.get("failureThreshold", 3)):
                failures = 0
                self.run_container(container, detached=True, address=self.address)
                self.restarts += 1
                self.wait(container, "startupProbe")

    def supervise(self):
        threading.Thread(target=self.keep_alive, daemon=True).start()

    # ----------------------------------------------------------------------------------------------------- stop

    def stop(self):
        """preStop, SIGTERM, and SIGKILL when the grace period is over; the sidecars after it. Returns the exit codes
        that are not 0."""
        self.is_stopping = True
        begin = time.monotonic()
        codes = []
        (main,) = self.pod.containers
        if main.last_command:
            self.cluster.engine.run("exec", self.container_name(main), *main.last_command, check=False)
        time.sleep(main.pause)
        for container in self.pod.containers + [inner for inner in reversed(self.pod.first) if inner.is_sidecar]:
            name = self.container_name(container)
            left = max(1, int(self.pod.grace - (time.monotonic() - begin)))
            self.cluster.engine.run("stop", "-t", str(left), name, check=False)
            code = self.cluster.engine.run("inspect", "-f", "{{.State.ExitCode}}", name, check=False)
            if code != "0":
                codes.append(f"{self.name} {container.name}: {code or 'unknown'}")
        self.remove()
        return codes

    def crash(self):
        """SIGKILL, as at an out-of-memory kill; whoever supervises starts it again."""
        self.cluster.engine.run("kill", "-s", "KILL", self.container_name(self.pod.containers[0]))

    def kill(self):
        self.is_stopping = True
        self.cluster.engine.run("kill", "-s", "KILL", self.container_name(self.pod.containers[0]), check=False)

    def remove(self):
        self.is_stopping = True
        for container in self.pod.containers + self.pod.first:
            self.cluster.engine.run("rm", "-f", "-t", "0", "-i", self.container_name(container), check=False)

    # -------------------------------------------------------------------------------------------------- figures

    def pid(self):
        return int(self.cluster.engine.run(
            "inspect", "-f", "{{.State.Pid}}", self.container_name(self.pod.containers[0])))

    def cpu_seconds(self):
        """CPU time of the container so far, from its control group."""
        groups = dict(line.split(":", 2)[1:] for line in Path(f"/proc/{self.pid()}/cgroup").read_text().splitlines())
        if "cpuacct" in groups:
            return int(Path(f"/sys/fs/cgroup/cpuacct{groups['cpuacct']}/cpuacct.usage").read_text()) / 1e9
        text = Path(f"/sys/fs/cgroup{groups['']}/cpu.stat").read_text()
        return int(text.split()[1]) / 1e6

    def most_memory_mib(self):
        """The most that the container has had, by its control group: what its limit is held against."""
        groups = dict(line.split(":", 2)[1:] for line in Path(f"/proc/{self.pid()}/cgroup").read_text().splitlines())
        if "memory" in groups:
            return int(Path(f"/sys/fs/cgroup/memory{groups['memory']}/memory.max_usage_in_bytes").read_text()) / 2**20
        return int(Path(f"/sys/fs/cgroup{groups['']}/memory.peak").read_text()) / 2**20

    def memory_mib(self):
        status = Path(f"/proc/{self.pid()}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024
