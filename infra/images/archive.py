"""archive.py NAME FILE…: looks into OCI archives of images before they leave the machine.

Their name must be the one that the manifests use, nobody in them may be root, and there is no secret: not in a variable,
not in the history of how the image was made, not in a file. The services' images have no shell and no package manager.
"""

import json
import re
import sys
import tarfile
from pathlib import PurePosixPath

# What a secret looks like: keys, tokens, and passwords in URLs.
SECRETS = [re.compile(pattern) for pattern in (
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    r"\bAKIA[0-9A-Z]{16}\b",
    r"\bgh[pousr]_[A-Za-z0-9]{36}\b",
    r"\bxox[abpr]-[A-Za-z0-9-]{10,}",
    r"\beyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}",
    r"(?:postgres|mariadb|redis|amqp|mysql)://[^:@%/\s'\"$<{}]+:(?!secret\b|local-only\b|password\b|\$|<|…|x+\b)[^@/\s'\"$<{}]{6,}@",
    # The Bot API's documentation shows the token with the first of these numbers; a real one is another.
    r"\b(?!110201543:)(?!123456:)\d{8,10}:[A-Za-z0-9_-]{35}\b",
)]
# A variable or an argument of a build that sets one.
SETTING = re.compile(r"(?i)\b\w*(password|passwd|secret|token|api_?key|credential)\w*=\S")
SECRET_FILES = re.compile(
    r"(^|/)(\.env|\.netrc|\.pgpass|\.my\.cnf|\.npmrc|\.git|\.ssh|\.docker|\.kube|\.aws|id_(rsa|ed25519|ecdsa)|credentials\.\w+)(/|$)")
TOOLS = re.compile(r"(^|/)(sh|bash|dash|busybox|apt|apt-get|dpkg|pip|curl|wget)$")
# What is larger is no file with a secret, and what has a zero byte is a program or a library.
TEXT_BYTES = 64 * 1024


def secrets_in(text):
    return [match.group()[:30] for pattern in SECRETS for match in pattern.finditer(text)]


class Image:
    def __init__(self, file):
        self.archive = tarfile.open(file)
        (entry,) = self.json("index.json")["manifests"]
        self.names = entry.get("annotations", {})
        self.manifest = self.blob_json(entry["digest"])
        self.config = self.blob_json(self.manifest["config"]["digest"])

    def json(self, path):
        return json.load(self.archive.extractfile(path))

    def blob_path(self, digest):
        return "blobs/" + digest.replace(":", "/")

    def blob_json(self, digest):
        return self.json(self.blob_path(digest))

    def files(self):
        """Each entry of each layer, with its text where it is short; also those that a later layer takes away."""
        for layer in self.manifest["layers"]:
            with tarfile.open(fileobj=self.archive.extractfile(self.blob_path(layer["digest"])), mode="r|*") as tree:
                for entry in tree:
                    text = ""
                    if entry.isfile() and entry.size <= TEXT_BYTES:
                        held = tree.extractfile(entry).read()
                        text = "" if b"\0" in held else held.decode("utf-8", "replace")
                    yield str(PurePosixPath("/") / entry.name), text


def complaints(name, image, has_shell=False):
    called = image.names.get("io.containerd.image.name") or image.names.get("org.opencontainers.image.ref.name")
    if called != name:
        yield f"it is called {called}, not {name}"
    settings = image.config.get("config", {})
    if not re.fullmatch(r"[1-9]\d*:[1-9]\d*", settings.get("User", "")):
        yield f"its user is {settings.get('User') or 'root'}"
    described = [json.dumps(settings), *(entry.get("created_by", "") for entry in image.config.get("history", []))]
    for text in described:
        for found in [*secrets_in(text), *(match.group() for match in SETTING.finditer(text))]:
            yield f"its settings or history have {found}…"
    for path, text in image.files():
        if SECRET_FILES.search(path):
            yield f"it has the file {path}"
        if not has_shell and TOOLS.search(path):
            yield f"it has {path}"
        for found in secrets_in(text):
            yield f"{path} has {found}…"


def main():
    name, *files = sys.argv[1:]
    for file in files:
        found = list(complaints(name, Image(file), has_shell="/toolbox:" in name))
        for complaint in found:
            print(f"{file}: {complaint}", file=sys.stderr)
        if found:
            sys.exit(1)


if __name__ == "__main__":
    main()
