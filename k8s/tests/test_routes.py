"""Every path of the OpenAPI files is reached through both gateways, and no internal one is."""

import re

import pytest
import yaml
from manifests import K8S, ROOT, objects

# Not behind the local gateway: they have a port, and in a cluster a host, of their own.
OWN_HOST = {"order-dashboard"}
WRITTEN = sorted(path.parent.name for path in ROOT.glob("Services/*/openapi.yaml"))


def internal():
    pairs = set()
    for line in (K8S / "tests/internal-routes.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            pairs.add(tuple(line.split()))
    return pairs


def is_internal(service, path):
    return (service, path) in internal() or ("*", path) in internal()


def operations():
    """(service, method, path) of every operation of every description."""
    for service in WRITTEN:
        paths = yaml.safe_load((ROOT / f"Services/{service}/openapi.yaml").read_text())["paths"]
        for path, entry in paths.items():
            for method in entry:
                if method in ("get", "post", "put", "patch", "delete"):
                    yield service, method.upper(), path


def sample(path):
    """A path as a client sends it."""
    return re.sub(r"\{[^}]*\}", "7", path)


def is_match(condition, text):
    return (
        text == condition.get("exact") or "prefix" in condition and text.startswith(condition["prefix"])
        or "regex" in condition and re.fullmatch(condition["regex"], text) is not None
    )


def istio(method, path, host="game"):
    """The service that Istio's routes lead to, the first that matches."""
    (service,) = [
        item for item in objects("overlays/production")
        if item["kind"] == "VirtualService" and item["metadata"]["name"] == host
    ]
    for route in service["spec"]["http"]:
        for match in route["match"]:
            if is_match(match["uri"], path) and ("method" not in match or is_match(match["method"], method)):
                return route["route"][0]["destination"]["host"].removeprefix("game-")
    return None


def haproxy(path):
    """The backend that the local gateway's rules lead to, the first that matches."""
    for line in (ROOT / "infra/gateway/haproxy.cfg").read_text().splitlines():
        words = line.split()
        if words[:1] != ["use_backend"]:
            continue
        for kind, value in re.findall(r"\{ (path|path_beg|path_reg) (\S+) \}", line):
            if kind == "path" and path == value or kind == "path_beg" and path.startswith(value):
                return words[1]
            if kind == "path_reg" and re.search(value, path):
                return words[1]
    return None


@pytest.mark.parametrize("service, method, path", list(operations()))
def test_every_path_is_routed_or_internal(service, method, path):
    if service in OWN_HOST:
        if not is_internal(service, path):
            assert istio(method, sample(path), "orders") == service
        return
    wanted = None if is_internal(service, path) else service
    assert istio(method, sample(path)) == wanted, "Istio"
    # The local gateway leads to the services that are written; what it lets through is public there as well.
    assert haproxy(sample(path)) == wanted, "HAProxy"


@pytest.mark.parametrize("path", ["/metrics", "/livez", "/readyz", "/openapi.yaml", "/", "/missionsx", "/queues"])
def test_what_is_internal_has_no_route(path):
    assert istio("GET", path) is None
    assert haproxy(path) is None


@pytest.mark.parametrize("path", ["/metrics", "/livez", "/readyz"])
def test_the_dashboards_host_leads_to_no_internal_route(path):
    assert istio("GET", path, "orders") is None


def test_writes_are_repeated_only_when_they_never_arrived():
    (service,) = [
        item for item in objects("overlays/production")
        if item["kind"] == "VirtualService" and item["metadata"]["name"] == "game"
    ]
    for route in service["spec"]["http"]:
        reads_only = all(match.get("method") == {"regex": "GET|HEAD"} for match in route["match"])
        if not reads_only:
            assert set(route["retries"]["retryOn"].split(",")) <= {"connect-failure", "refused-stream"}, route["name"]


def test_every_backend_of_the_routes_has_its_destination_rule():
    items = objects("overlays/production")
    rules = {item["spec"]["host"] for item in items if item["kind"] == "DestinationRule"}
    for service in (item for item in items if item["kind"] == "VirtualService"):
        for route in service["spec"]["http"]:
            assert route["route"][0]["destination"]["host"] in rules
