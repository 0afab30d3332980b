"""The mesh lets in whom the services let in: Istio's policies against the x-roles of the OpenAPI files."""

import re

import pytest
import yaml
from manifests import OVERLAYS, ROOT, main_container, name, objects, of_kind, pod, variable, workloads

ROLES = ["customer", "operator", "service", None]
# Their senders may have no token, but a secret that the service alone can check.
INTAKE = {"event-listener", "bypass-queue"}
OPERATIONAL = {"/livez", "/readyz", "/metrics", "/openapi.yaml"}


def policies():
    return {
        item["spec"]["selector"]["matchLabels"]["app.kubernetes.io/name"].removeprefix("game-"): item["spec"]
        for item in of_kind(objects("overlays/production"), "AuthorizationPolicy")
    }


def operations():
    for path in sorted(ROOT.glob("Services/*/openapi.yaml")):
        for route, item in yaml.safe_load(path.read_text())["paths"].items():
            for method in item.keys() & {"get", "post", "put", "patch", "delete"}:
                yield path.parent.name, method.upper(), route, item[method].get("x-roles")


def is_match(pattern, path):
    return re.fullmatch(re.escape(pattern).replace(re.escape("{*}"), "[^/]+"), path) is not None


def lets_in(policy, method, path, role):
    for rule in policy["rules"]:
        fits = any(
            method in to["operation"]["methods"]
            and any(is_match(pattern, path) for pattern in to["operation"].get("paths", [path]))
            for to in rule["to"]
        )
        if fits and all(role in when["values"] for when in rule.get("when", [])):
            return True
    return False


@pytest.mark.parametrize("service, method, path, roles", list(operations()))
def test_the_mesh_lets_in_whom_the_service_lets_in(service, method, path, roles):
    policy = policies()[service]
    is_open = roles is None or roles == ["service"] and service in INTAKE
    sample = re.sub(r"\{[^}]*\}", "7", path)
    for role in ROLES:
        assert lets_in(policy, method, sample, role) == (is_open or role in roles), role


def test_what_is_not_described_is_closed():
    for service, policy in policies().items():
        for role in ROLES:
            assert not lets_in(policy, "POST", "/operator/else", role), service
            assert not lets_in(policy, "DELETE", "/metrics", role), service


def test_tokens_are_from_the_issuer_that_the_services_trust():
    items = objects("overlays/production")
    (rule,) = of_kind(items, "RequestAuthentication")[0]["spec"]["jwtRules"]
    addresses = next(item for item in of_kind(items, "ConfigMap") if item["metadata"]["name"] == "game-addresses")
    assert rule["issuer"] == addresses["data"]["AUTH_ISSUER"]
    assert rule["audiences"] == [addresses["data"]["AUTH_AUDIENCE"]]
    assert rule["forwardOriginalToken"] is True


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_callers_are_asked_who_they_are_but_for_the_local_overlays(overlay):
    wanted = "off" if overlay in ("local", "local-kafka") else "on"
    checked = 0
    for item in workloads(objects(f"overlays/{overlay}")):
        if not any(container["name"] == "service" for container in pod(item)["containers"]):
            continue
        mode = variable(main_container(item), "AUTH")
        if mode is None and "HTTP_PORT" not in str(main_container(item).get("env")):
            continue
        assert mode == wanted, name(item)
        checked += 1
    assert checked >= 10
