"""No secret is in the repository."""

import base64
import io
import json
import re
import subprocess
import sys
import tarfile

import pytest
import yaml
from manifests import K8S, OVERLAYS, ROOT, objects, of_kind, workloads

sys.path.insert(0, str(ROOT / "infra/images"))
from archive import SECRETS, Image, complaints  # noqa: E402


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
        for pattern in SECRETS:
            faults += [f"{relative}: {match.group()[:30]}…" for match in pattern.finditer(text)]
    assert not faults, "\n".join(faults)


def test_the_patterns_notice():
    def is_secret(text):
        return any(pattern.search(text) for pattern in SECRETS)

    assert is_secret("-----BEGIN RSA " + "PRIVATE KEY-----")
    assert is_secret("postgres://mission:Zk39sLq0@db/mission")
    assert not is_secret("postgres://mission:local-only@game-postgres:5432/mission")
    assert is_secret("987654321:" + "A" * 35)


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


def archive(tmp_path, files, user="65532:65532", environment=("PATH=/app",), history=("COPY /images/x /",)):
    """An OCI archive as buildah writes one, with one layer."""
    def entry(tree, name, content):
        info = tarfile.TarInfo(name)
        info.size = len(content)
        tree.addfile(info, io.BytesIO(content))

    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w:gz") as tree:
        for name, content in files.items():
            entry(tree, name, content)
    config = {
        "config": {"User": user, "Env": list(environment)}, "history": [{"created_by": step} for step in history]}
    manifest = {"config": {"digest": "sha256:config"}, "layers": [{"digest": "sha256:layer"}]}
    index = {"manifests": [{
        "digest": "sha256:manifest", "annotations": {"org.opencontainers.image.ref.name": "localhost/game/x:dev"}}]}
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w") as tree:
        for name, value in (
            ("index.json", index), ("blobs/sha256/config", config), ("blobs/sha256/manifest", manifest)
        ):
            entry(tree, name, json.dumps(value).encode())
        entry(tree, "blobs/sha256/layer", layer.getvalue())
    return Image(path)


def test_an_image_as_it_should_be_passes(tmp_path):
    assert list(complaints("localhost/game/x:dev", archive(tmp_path, {"app/x": b"\x7fELF\0"}))) == []


FAULTS = {
    "another name": ({"files": {}}, "docker.io/library/x:dev", "it is called"),
    "root": ({"files": {}, "user": ""}, None, "its user is root"),
    "variable": ({"files": {}, "environment": ["DATABASE_PASSWORD=a1b2"]}, None, "its settings or history"),
    "argument": ({"files": {}, "history": ["|1 TOKEN=abc /bin/sh -c make"]}, None, "its settings or history"),
    "key": ({"files": {"etc/key.pem": b"-----BEGIN " + b"PRIVATE KEY-----"}}, None, "/etc/key.pem has"),
    "password in a URL": ({"files": {"x.yaml": b"postgres://a:Zk39sLq0@db/a"}}, None, "/x.yaml has"),
    "file": ({"files": {"app/.env": b""}}, None, "it has the file"),
    "repository": ({"files": {"src/.git/config": b""}}, None, "it has the file"),
    "shell": ({"files": {"usr/bin/bash": b""}}, None, "it has /usr/bin/bash"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_does_not_belong_into_an_image_is_noticed(fault, tmp_path):
    described, name, words = FAULTS[fault]
    found = list(complaints(name or "localhost/game/x:dev", archive(tmp_path, **described)))
    assert any(complaint.startswith(words) for complaint in found), found
