"""Prints one description of the whole suite, for chains of requests that cross from one service to the next.

Usage: whole.py LINKS FILE…; LINKS adds the links between services. Each path says with `x-url` where it is
answered; the addresses come from the environment (MISSION_URL …).
documents.py has seen to it that components of one name are the same.
"""

import json
import os
import pathlib
import sys

import yaml

OPERATIONAL = {"/livez", "/readyz", "/metrics", "/openapi.yaml"}


def main(links, files):
    whole = {"openapi": "3.1.0", "info": {"title": "whole", "version": "1.0"}, "paths": {}, "components": {}}
    operations = {}
    for file in map(pathlib.Path, files):
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
        url = os.environ.get(document["info"]["title"].upper().replace("-", "_") + "_URL")
        for path, item in document["paths"].items() if url else ():
            if path not in OPERATIONAL:
                whole["paths"][path] = {**item, "x-url": url}
        for kind, components in document["components"].items():
            whole["components"].setdefault(kind, {}).update(components)
    for item in whole["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict):
                operations[operation["operationId"]] = operation
    for source, statuses in yaml.safe_load(pathlib.Path(links).read_text(encoding="utf-8")).items():
        for status, added in statuses.items() if source in operations else ():
            operations[source]["responses"][status].setdefault("links", {}).update(added)
    json.dump(whole, sys.stdout)


main(sys.argv[1], sys.argv[2:])
