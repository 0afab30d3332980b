"""No secret is in the repository."""

import base64
import re
import subprocess

import yaml
from manifests import K8S, OVERLAYS, ROOT, objects, of_kind, workloads

# What a secret looks like: keys, tokens, and passwords in URLs.
PATTERNS = [
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    r"\bAKIA[0-9A-Z]{16}\b",
    r"\bgh[pousr]_[A-Za-z0-9]{36}\b",
    r"\bxox[abpr]-[A-Za-z0-9-]{10,}",
    r"\beyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}",
    r"(?:postgres|mariadb|redis|amqp|mysql)://[^:@%/\s'\"$<{}]+:(?!secret\b|local-only\b|password\b|\$|<|…|x+\b)[^@/\s'\"$<{}]{6,}@",
]
# The Bot API's documentation shows this token; a real one is another.
TOKEN = re.compile(r"\b(?!110201543:)(?!123456:)\d{8,10}:[A-Za-z0-9_-]{35}\b")


def tracked_files():
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True, check=True).stdout
    return [ROOT / path for path in listed.split("\0") if path and (ROOT / path).is_file()]


def test_no_file_of_delivery_has_a_secret():
    """Everything but the Swift tests, which make up URLs of every shape."""
    faults = []
    for path in tracked_files():
        relative = path.relative_to(ROOT)
        if relative.parts[0] == "Tests" or path == ROOT / "k8s/tests/test_secrets.py":
            continue
        text = path.read_text(errors="replace")
        for pattern in [re.compile(pattern) for pattern in PATTERNS] + [TOKEN]:
            faults += [f"{relative}: {match.group()[:30]}…" for match in pattern.finditer(text)]
    assert not faults, "\n".join(faults)


def test_the_patterns_notice():
    assert re.search(PATTERNS[0], "-----BEGIN RSA " + "PRIVATE KEY-----")
    assert re.search(PATTERNS[-1], "postgres://mission:Zk39sLq0@db/mission")
    assert not re.search(PATTERNS[-1], "postgres://mission:local-only@game-postgres:5432/mission")
    assert TOKEN.search("987654321:" + "A" * 35)


def test_secrets_in_manifests_are_obviously_local():
    for overlay in OVERLAYS:
        for item in of_kind(objects(f"overlays/{overlay}"), "Secret"):
            assert overlay.startswith("local"), f"{overlay} has a Secret"
            for key, value in item["data"].items():
                text = base64.b64decode(value).decode()
                assert "local-only" in text or key == "REDIS_URL" and "@" not in text, key


def test_the_example_lists_every_key_that_is_used_and_no_value():
    lines = (K8S / "overlays/production/credentials.example.env").read_text().splitlines()
    keys = {line.partition("=")[0]: line.partition("=")[2] for line in lines if line and not line.startswith("#")}
    assert not any(keys.values())
    used = set(re.findall(r"secretKeyRef: \{name: game-credentials, key: (\w+)", "\n".join(
        path.read_text() for path in K8S.rglob("*.yaml"))))
    assert used <= set(keys), used - set(keys)


def database_users(environment):
    """The users of the two URLs: who serves, and who owns the schema."""
    def user(key):
        return re.match(r"\w+://([^:]+):", environment[key])[1] if key in environment else None

    return user("DATABASE_URL"), user("MIGRATION_DATABASE_URL")


def test_only_migrate_knows_the_schemas_owner():
    """A service reads and writes rows as a user of its own; its init container alone may alter the schema."""
    seen = set()
    for overlay in [name for name in OVERLAYS if name.startswith("local")]:
        items = objects(f"overlays/{overlay}")
        held = {
            key: base64.b64decode(value).decode()
            for secret in of_kind(items, "Secret") for key, value in secret["data"].items()}
        for item in workloads(items):
            pod = item["spec"]["template"]["spec"]
            for container in pod.get("initContainers", []) + pod["containers"]:
                given = {
                    entry["name"]: held[entry["valueFrom"]["secretKeyRef"]["key"]]
                    for entry in container.get("env", [])
                    if entry["name"].endswith("DATABASE_URL")}
                service, owner = database_users(given)
                if service is None:
                    continue
                if container["name"] == "migrate":
                    assert owner and owner != service, item["metadata"]["name"]
                    seen.add(item["metadata"]["name"])
                else:
                    assert owner is None and service.endswith("_service"), item["metadata"]["name"]
    assert len(seen) == 7, seen


def test_only_migrate_knows_the_schemas_owner_in_compose():
    services = yaml.safe_load((ROOT / "infra/compose.yaml").read_text())["services"]
    users = {
        name: database_users(service["environment"]) for name, service in services.items()
        if isinstance(service.get("environment"), dict) and "DATABASE_URL" in service["environment"]}
    assert len(users) == 14, users
    for name, (service, owner) in users.items():
        assert service.endswith("_service"), name
        assert (owner == service.removesuffix("_service")) == name.endswith("-migrate"), name
