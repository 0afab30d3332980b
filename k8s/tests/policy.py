"""What every manifest must have. Each rule takes the rendered objects and yields a complaint for each fault."""

from manifests import (
    containers, is_service_of_suite, labels_match, main_container, name, of_kind, pod, seconds, variable, workloads,
)

RESTRICTED_VOLUMES = {
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret",
}
RULES = []


def rule(function):
    RULES.append(function)
    return function


def complaints(items):
    return [complaint for check in RULES for complaint in check(items)]


def suite(items):
    return [item for item in workloads(items) if is_service_of_suite(item)]


# ------------------------------------------------------------------------------------------------------ every pod


@rule
def runs_without_privilege(items):
    for item in workloads(items):
        spec, security = pod(item), pod(item).get("securityContext", {})
        if security.get("runAsNonRoot") is not True or security.get("runAsUser", 0) == 0:
            yield f"{name(item)} may run as root"
        if security.get("seccompProfile", {}).get("type") != "RuntimeDefault":
            yield f"{name(item)} has no seccomp profile"
        if spec.get("automountServiceAccountToken") is not False:
            yield f"{name(item)} gets a token for the API server"
        for field in ("hostNetwork", "hostPID", "hostIPC"):
            if spec.get(field):
                yield f"{name(item)} has {field}"
        for container in containers(item):
            inner, who = container.get("securityContext", {}), f"{name(item)} {container['name']}"
            if inner.get("allowPrivilegeEscalation") is not False or inner.get("privileged"):
                yield f"{who} may gain privileges"
            if inner.get("readOnlyRootFilesystem") is not True:
                yield f"{who} may write to its root file system"
            if inner.get("capabilities") != {"drop": ["ALL"]}:
                yield f"{who} has capabilities"
            for port in container.get("ports", []):
                if "hostPort" in port:
                    yield f"{who} has a port of the host"


@rule
def volumes_are_allowed_and_there(items):
    for item in workloads(items):
        known = {template["metadata"]["name"] for template in item["spec"].get("volumeClaimTemplates", [])}
        for volume in pod(item).get("volumes", []):
            known.add(volume["name"])
            kinds = set(volume) - {"name"}
            if len(kinds) != 1 or not kinds <= RESTRICTED_VOLUMES:
                yield f"{name(item)} volume {volume['name']} is {', '.join(sorted(kinds)) or 'nothing'}"
        for container in containers(item):
            for mount in container.get("volumeMounts", []):
                if mount["name"] not in known:
                    yield f"{name(item)} {container['name']} mounts {mount['name']}, which is not there"


@rule
def scratch_folders_are_bounded(items):
    for item in workloads(items):
        for volume in pod(item).get("volumes", []):
            if "emptyDir" in volume and "sizeLimit" not in (volume["emptyDir"] or {}):
                yield f"{name(item)} volume {volume['name']} may fill the node's disk"


@rule
def a_variable_is_set_once(items):
    """Twice is a matter of order for a client's apply, and an error for a server's."""
    for item in workloads(items):
        for container in containers(item):
            keys = [entry["name"] for entry in container.get("env", [])]
            for key in sorted({key for key in keys if keys.count(key) > 1}):
                yield f"{name(item)} {container['name']} sets {key} {keys.count(key)} times"


@rule
def ways_out_are_numbers(items):
    """A port by its name is the receiving pod's to resolve; not every network plug-in does that for a way out."""
    for item in of_kind(items, "NetworkPolicy"):
        for entry in item["spec"].get("egress") or []:
            for port in entry.get("ports", []):
                if not isinstance(port["port"], int):
                    yield f"{name(item)} lets out to the port {port['port']}"


@rule
def a_first_process_hears_sigterm(items):
    """A shell's or sleep's default for SIGTERM does not hold for the first process: it would live on until SIGKILL."""
    for item in workloads(items):
        for container in containers(item):
            words = " ".join(container.get("command", []))
            if "sleep" in words and "trap" not in words:
                yield f"{name(item)} {container['name']} does not end at SIGTERM"


@rule
def resources_are_bounded(items):
    for item in workloads(items):
        for container in containers(item):
            for side in ("requests", "limits"):
                for resource in ("cpu", "memory"):
                    if resource not in container.get("resources", {}).get(side, {}):
                        yield f"{name(item)} {container['name']} has no {side} of {resource}"


@rule
def images_are_pinned_and_not_pulled_again(items):
    for item in workloads(items):
        for container in containers(item):
            tag = container["image"].rpartition("/")[2].partition(":")[2]
            if not tag or tag == "latest":
                yield f"{name(item)} {container['name']}: the image {container['image']} has no tag of its own"
            if container.get("imagePullPolicy") != "IfNotPresent":
                yield f"{name(item)} {container['name']} pulls its image each time"


@rule
def every_long_running_container_is_probed(items):
    for item in workloads(items):
        for container in pod(item)["containers"]:
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                if probe not in container:
                    yield f"{name(item)} {container['name']} has no {probe}"


@rule
def what_is_referred_to_is_there(items):
    held = {(item["kind"], item["metadata"]["name"]): item for item in items}
    claims = {item["metadata"]["name"] for item in of_kind(items, "PersistentVolumeClaim")}
    for item in workloads(items):
        for container in containers(item):
            for entry in container.get("env", []):
                source = entry.get("valueFrom", {})
                for field, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
                    reference = source.get(field)
                    if not reference or reference.get("optional"):
                        continue
                    holder = held.get((kind, reference["name"]))
                    if holder is None and kind == "Secret":
                        continue  # made outside the repository; test_secrets looks at its keys
                    if holder is None or reference["key"] not in {**holder.get("data", {}), **holder.get("stringData", {})}:
                        yield f"{name(item)} {entry['name']}: {kind} {reference['name']} has no {reference['key']}"
        for volume in pod(item).get("volumes", []):
            # What is optional may be made outside the repository, as with variables.
            wanted = volume.get("configMap", {"optional": True})
            if not wanted.get("optional") and ("ConfigMap", wanted["name"]) not in held:
                yield f"{name(item)} mounts ConfigMap {wanted['name']}, which is not there"
            if volume.get("persistentVolumeClaim", {}).get("claimName", next(iter(claims), None)) not in claims | {None}:
                yield f"{name(item)} mounts a claim that is not there"


# ------------------------------------------------------------------------------------------- services of the suite


@rule
def probes_ask_the_right_question(items):
    for item in suite(items):
        container = main_container(item)
        for probe, path in (("startupProbe", "/livez"), ("livenessProbe", "/livez"), ("readinessProbe", "/readyz")):
            if container.get(probe, {}).get("httpGet") != {"path": path, "port": "http"}:
                yield f"{name(item)}: {probe} does not ask {path}"
        if {"name": "http", "containerPort": 8080} not in container.get("ports", []):
            yield f"{name(item)} does not name its port 8080 http"
        if variable(container, "HTTP_PORT") != "8080" or variable(container, "HTTP_HOST") != "0.0.0.0":
            yield f"{name(item)} does not listen where its Service looks"


@rule
def a_shutdown_has_the_time_it_needs(items):
    for item in suite(items):
        container = main_container(item)
        pause = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        drain, limit = (variable(container, key) for key in ("SHUTDOWN_DRAIN", "SHUTDOWN_TIMEOUT"))
        if pause < 3:
            yield f"{name(item)} is stopped before its endpoint is gone"
        if not drain or not limit or seconds(drain) >= seconds(limit):
            yield f"{name(item)}: SHUTDOWN_DRAIN and SHUTDOWN_TIMEOUT do not fit"
        elif pod(item).get("terminationGracePeriodSeconds", 30) <= pause + seconds(drain) + seconds(limit):
            yield f"{name(item)} may be killed before it has ended"


@rule
def rollouts_never_have_fewer_replicas(items):
    for item in suite(items):
        if item["kind"] != "Deployment":
            continue
        wanted = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
        if item["spec"].get("strategy") != wanted:
            yield f"{name(item)} does not roll out one by one"


@rule
def replicas_are_spread(items):
    for item in suite(items):
        labels = item["spec"]["template"]["metadata"]["labels"]
        keys = {
            spread["topologyKey"]
            for spread in pod(item).get("topologySpreadConstraints", [])
            if labels_match(spread.get("labelSelector"), labels)
        }
        if not keys >= {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}:
            yield f"{name(item)} is not spread over hosts and zones"


@rule
def each_has_a_service_a_budget_and_a_network_policy(items):
    for item in suite(items):
        labels = item["spec"]["template"]["metadata"]["labels"]
        found = [
            service for service in of_kind(items, "Service")
            if service["spec"].get("selector") and labels_match({"matchLabels": service["spec"]["selector"]}, labels)
        ]
        if [service["metadata"]["name"] for service in found] != [item["metadata"]["name"]]:
            yield f"{name(item)} has no Service of its name, or another one too"
        elif [(port["port"], port["targetPort"]) for port in found[0]["spec"]["ports"]] != [(8080, "http")]:
            yield f"{name(item)}: its Service is not on port 8080"
        budgets = [
            budget for budget in of_kind(items, "PodDisruptionBudget")
            if labels_match(budget["spec"]["selector"], labels)
        ]
        if len(budgets) != 1:
            yield f"{name(item)} has {len(budgets)} PodDisruptionBudgets"
        own = [
            policy for policy in of_kind(items, "NetworkPolicy")
            if policy["spec"]["podSelector"].get("matchLabels") == {"app.kubernetes.io/name": item["metadata"]["name"]}
        ]
        if not any(set(policy["spec"]["policyTypes"]) == {"Ingress", "Egress"} for policy in own):
            yield f"{name(item)} has no NetworkPolicy of its own"


@rule
def exactly_one_rules_the_replicas(items):
    targets = [
        (item["spec"]["scaleTargetRef"].get("kind", "Deployment"), item["spec"]["scaleTargetRef"]["name"], item)
        for item in of_kind(items, "HorizontalPodAutoscaler", "ScaledObject")
    ]
    there = {(item["kind"], item["metadata"]["name"]) for item in workloads(items)}
    for kind, target, scaler in targets:
        if (kind, target) not in there:
            yield f"{name(scaler)} rules {kind}/{target}, which is not there"
    for item in suite(items):
        rulers = [scaler for kind, target, scaler in targets if (kind, target) == (item["kind"], item["metadata"]["name"])]
        if len(rulers) > 1:
            yield f"{name(item)} is ruled by {', '.join(name(scaler) for scaler in rulers)}"
        if item["kind"] == "Deployment" and not rulers:
            yield f"{name(item)} has no autoscaler"
        if rulers and "replicas" in item["spec"]:
            yield f"{name(item)} says replicas although {name(rulers[0])} rules"
        if not rulers and "replicas" not in item["spec"]:
            yield f"{name(item)} says no replicas and nobody rules them"


@rule
def mypage_scales_as_promised(items):
    for item in of_kind(items, "HorizontalPodAutoscaler"):
        if item["apiVersion"] != "autoscaling/v2":
            yield f"{name(item)} is not autoscaling/v2"
        if item["metadata"]["name"] == "game-mypage":
            spec = item["spec"]
            target = spec["metrics"][0]["resource"]
            if (spec["minReplicas"], spec["maxReplicas"]) != (1, 10) or target != {
                "name": "cpu", "target": {"type": "Utilization", "averageUtilization": 20}
            }:
                yield f"{name(item)} is not 1 to 10 replicas at 20 % CPU"


@rule
def everything_is_denied_first(items):
    if not any(
        policy["spec"]["podSelector"] == {} and set(policy["spec"]["policyTypes"]) == {"Ingress", "Egress"}
        and not policy["spec"].get("ingress") and not policy["spec"].get("egress")
        for policy in of_kind(items, "NetworkPolicy")
    ):
        yield "there is no NetworkPolicy that denies everything"


@rule
def everything_is_in_the_namespace(items):
    for item in items:
        if item["kind"] not in ("Namespace",) and item["metadata"].get("namespace") != "game":
            yield f"{name(item)} is not in the namespace game"
    for item in of_kind(items, "Namespace"):
        if item["metadata"]["labels"].get("pod-security.kubernetes.io/enforce") != "restricted":
            yield f"{name(item)} does not enforce PodSecurity restricted"
