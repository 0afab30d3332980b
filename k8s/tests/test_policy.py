"""The rules of policy.py on every overlay, and every rule on manifests that break it."""

import copy

import pytest
import yaml
from manifests import K8S, OVERLAYS, ROOT, SERVICES, containers, is_service_of_suite, objects, of_kind, workloads
from policy import RULES, complaints


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_overlay_keeps_every_rule(overlay):
    assert complaints(objects(f"overlays/{overlay}")) == []


def find(items, kind, name):
    return next(item for item in items if item["kind"] == kind and item["metadata"]["name"] == name)


def mission(items):
    return find(items, "Deployment", "game-mission")


def pod(items):
    return mission(items)["spec"]["template"]["spec"]


def service(items):
    return next(container for container in pod(items)["containers"] if container["name"] == "service")


def without(kind, name):
    return lambda items: items.remove(find(items, kind, name))


# Each breaks one thing; the rule that must notice it.
FAULTS = {
    "root": ("runs_without_privilege", lambda items: pod(items)["securityContext"].update(runAsUser=0)),
    "seccomp": ("runs_without_privilege", lambda items: pod(items)["securityContext"].pop("seccompProfile")),
    "token": ("runs_without_privilege", lambda items: pod(items).pop("automountServiceAccountToken")),
    "host network": ("runs_without_privilege", lambda items: pod(items).update(hostNetwork=True)),
    "capability": (
        "runs_without_privilege", lambda items: service(items)["securityContext"]["capabilities"].update(add=["NET_RAW"])),
    "writable": (
        "runs_without_privilege", lambda items: service(items)["securityContext"].update(readOnlyRootFilesystem=False)),
    "privileges": (
        "runs_without_privilege", lambda items: service(items)["securityContext"].pop("allowPrivilegeEscalation")),
    "host path": (
        "volumes_are_allowed_and_there",
        lambda items: pod(items).setdefault("volumes", []).append({"name": "x", "hostPath": {"path": "/"}})),
    "lost volume": (
        "volumes_are_allowed_and_there",
        lambda items: service(items).setdefault("volumeMounts", []).append({"name": "y", "mountPath": "/y"})),
    "endless": (
        "scratch_folders_are_bounded",
        lambda items: pod(items).setdefault("volumes", []).append({"name": "x", "emptyDir": {}})),
    "twice": (
        "a_variable_is_set_once", lambda items: service(items)["env"].append({"name": "HTTP_PORT", "value": "8080"})),
    "name of a port": (
        "ways_out_are_numbers",
        lambda items: find(items, "NetworkPolicy", "game-mission")["spec"]["egress"].append({"ports": [{"port": "http"}]})),
    "deaf": (
        "a_first_process_hears_sigterm",
        lambda items: pod(items)["initContainers"][0].update(command=["sh", "-c", "exec sleep infinity"])),
    "no limit": ("resources_are_bounded", lambda items: service(items)["resources"]["limits"].pop("memory")),
    "no tag": ("images_are_pinned_and_not_pulled_again", lambda items: service(items).update(image="x/mission")),
    "latest": ("images_are_pinned_and_not_pulled_again", lambda items: service(items).update(image="x/mission:latest")),
    "pull": ("images_are_pinned_and_not_pulled_again", lambda items: service(items).update(imagePullPolicy="Always")),
    "no probe": ("every_long_running_container_is_probed", lambda items: service(items).pop("startupProbe")),
    "wrong probe": (
        "probes_ask_the_right_question",
        lambda items: service(items)["livenessProbe"]["httpGet"].update(path="/readyz")),
    "lost key": (
        "what_is_referred_to_is_there",
        lambda items: find(items, "ConfigMap", "game-addresses")["data"].pop("KAFKA_BROKERS")),
    "no preStop": ("a_shutdown_has_the_time_it_needs", lambda items: service(items).pop("lifecycle")),
    "short grace": (
        "a_shutdown_has_the_time_it_needs", lambda items: pod(items).update(terminationGracePeriodSeconds=35)),
    "fewer replicas": (
        "rollouts_never_have_fewer_replicas",
        lambda items: mission(items)["spec"]["strategy"]["rollingUpdate"].update(maxUnavailable=1)),
    "no spread": ("replicas_are_spread", lambda items: pod(items)["topologySpreadConstraints"].pop()),
    "no service": ("each_has_a_service_a_budget_and_a_network_policy", without("Service", "game-mission")),
    "no budget": ("each_has_a_service_a_budget_and_a_network_policy", without("PodDisruptionBudget", "game-mission")),
    "no policy": ("each_has_a_service_a_budget_and_a_network_policy", without("NetworkPolicy", "game-mission")),
    "no autoscaler": ("exactly_one_rules_the_replicas", without("HorizontalPodAutoscaler", "game-mission")),
    "two rulers": ("exactly_one_rules_the_replicas", lambda items: mission(items)["spec"].update(replicas=2)),
    "lost target": (
        "exactly_one_rules_the_replicas",
        lambda items: find(items, "HorizontalPodAutoscaler", "game-mission")["spec"]["scaleTargetRef"].update(name="x")),
    "other target": (
        "mypage_scales_as_promised",
        lambda items: find(items, "HorizontalPodAutoscaler", "game-mypage")["spec"].update(maxReplicas=5)),
    "open": ("everything_is_denied_first", without("NetworkPolicy", "game-default-deny")),
    "elsewhere": ("everything_is_in_the_namespace", lambda items: mission(items)["metadata"].pop("namespace")),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_rules_notice(fault):
    wanted, break_it = FAULTS[fault]
    items = copy.deepcopy(objects("overlays/local"))
    break_it(items)
    check = next(check for check in RULES if check.__name__ == wanted)
    assert list(check(items)), f"{wanted} does not notice: {fault}"


def test_every_rule_has_a_fault_that_it_notices():
    assert {check.__name__ for check in RULES} == {wanted for wanted, _ in FAULTS.values()}


def test_every_service_of_the_project_has_its_manifests():
    listed = [
        line.split()[0] for line in (ROOT / "infra/local/services.txt").read_text().splitlines()
        if line.strip() and not line.startswith("#")
    ]
    written = [folder.parent.name for folder in ROOT.glob("Services/*/openapi.yaml")]
    assert set(listed) | set(written) <= set(SERVICES)


def test_recovery_logs_channels_and_checkpoints_are_on_claims():
    for service_name, replicas in (("event-listener", 2), ("order-collector", 1)):
        item = find(objects("overlays/production"), "StatefulSet", f"game-{service_name}")
        assert item["spec"]["replicas"] == replicas
        assert [claim["metadata"]["name"] for claim in item["spec"]["volumeClaimTemplates"]] == ["data"]


def test_the_local_overlay_needs_core_apis_only():
    core = {"v1", "apps/v1", "autoscaling/v2", "policy/v1", "networking.k8s.io/v1"}
    items = objects("overlays/local")
    assert {item["apiVersion"] for item in items} <= core
    assert not of_kind(items, "Ingress", "PersistentVolumeClaim", "StorageClass")
    assert not any(item["spec"].get("volumeClaimTemplates") for item in of_kind(items, "StatefulSet"))


def test_the_local_overlay_needs_no_registry():
    """Every image is one that `make images` leaves under .run/images."""
    for item in workloads(objects("overlays/local")):
        for container in containers(item):
            assert container["image"].startswith("localhost/game/") and container["image"].endswith(":dev")


def test_the_local_overlay_fits_a_small_node():
    """What is requested in all, one pod more of each for a rolling update, on two cores and 4 GiB."""
    cpu, memory = 0, 0
    for item in workloads(objects("overlays/local")):
        held = [container for container in containers(item) if container.get("restartPolicy") == "Always"]
        requests = [container["resources"]["requests"] for container in held + item["spec"]["template"]["spec"]["containers"]]
        copies = item["spec"].get("replicas", 1) + (1 if is_service_of_suite(item) else 0)
        cpu += copies * sum(millicores(request["cpu"]) for request in requests)
        memory += copies * sum(mebibytes(request["memory"]) for request in requests)
    assert cpu <= 2000 and memory <= 4096, f"{cpu}m and {memory} Mi are requested"


def millicores(text):
    return int(text[:-1]) if str(text).endswith("m") else int(1000 * float(text))


def mebibytes(text):
    return int(text[:-2]) * (1024 if text.endswith("Gi") else 1)


def test_images_are_named_in_one_place():
    named = [
        path for path in K8S.rglob("*.yaml")
        if "tests" not in path.parts and ("localhost/" in path.read_text() or "registry." in path.read_text())
    ]
    assert {path.relative_to(K8S).parts[0] for path in named} == {"overlays"}
    assert {path.name for path in named} == {"kustomization.yaml"}


def test_the_arrows_are_those_of_the_drawing():
    arrows = yaml.safe_load((K8S / "tests/arrows.yaml").read_text())
    items = objects("base")
    assert set(arrows) == set(SERVICES)
    for who, wanted in arrows.items():
        spec = find(items, "NetworkPolicy", f"game-{who}")["spec"]
        into = [peer for entry in spec.get("ingress", []) for peer in entry["from"]]
        assert sorted(map(source, into)) == sorted(wanted["in"]), who
        out = [target for entry in spec["egress"] for target in destinations(entry)]
        assert sorted(map(str, out)) == sorted(map(str, wanted["out"])), who


def source(peer):
    if "namespaceSelector" in peer:
        assert peer["podSelector"]["matchLabels"] == {"istio": "ingressgateway"}
        return "gateway"
    return peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"]


def destinations(entry):
    for peer in entry.get("to", []):
        if "ipBlock" in peer:
            assert "169.254.0.0/16" in peer["ipBlock"]["except"]
            yield "world"
        else:
            yield peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"]
    if "to" not in entry:
        yield from (port["port"] for port in entry["ports"])


def test_stores_admit_only_their_clients():
    """Who uses a store, by the variables of its pods, is who may connect to it."""
    items = objects("overlays/local")
    wanted = {"postgres": set(), "mariadb": set(), "redis": set(), "broker": set()}
    secret = find(items, "Secret", "game-credentials")["data"]
    import base64

    for item in workloads(items):
        if not is_service_of_suite(item):
            continue
        for container in item["spec"]["template"]["spec"]["containers"]:
            for entry in container.get("env", []):
                key = entry.get("valueFrom", {}).get("secretKeyRef", {}).get("key", "")
                if key.endswith("_URL"):
                    address = base64.b64decode(secret[key]).decode()
                    store = next(store for store in wanted if f"game-{store}:" in address)
                    wanted[store].add(item["metadata"]["name"])
                if entry["name"] == "KAFKA_BROKERS":
                    wanted["broker"].add(item["metadata"]["name"])
    for store, clients in wanted.items():
        spec = find(items, "NetworkPolicy", f"game-{store}")["spec"]
        (peer,) = spec["ingress"][0]["from"]
        assert set(peer["podSelector"]["matchExpressions"][0]["values"]) == clients, store


COMPONENTS = sorted(folder.name for folder in (K8S / "components").iterdir() if folder.is_dir())


@pytest.mark.parametrize("component", COMPONENTS)
def test_every_component_is_used_or_renders_on_the_local_overlay(component):
    """An overlay that only tests make, beside the real ones, adds it; what comes out keeps the rules."""
    if any(f"components/{component}" in path.read_text() for path in (K8S / "overlays").rglob("kustomization.yaml")):
        return
    if any(f"components/{component}" in path.read_text() for path in (K8S / "base").rglob("kustomization.yaml")):
        return
    folder = K8S / "overlays" / f".test-{component}"
    folder.mkdir(exist_ok=True)
    try:
        (folder / "kustomization.yaml").write_text(yaml.safe_dump({
            "apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization",
            "resources": ["../local"], "components": [f"../../components/{component}"]}))
        assert complaints(objects(f"overlays/{folder.name}")) == []
    finally:
        (folder / "kustomization.yaml").unlink()
        folder.rmdir()
