"""Are the openapi.yaml files OpenAPI 3.1, and do they say the same of what they have in common?

Usage: documents.py FILE…
"""

import json
import pathlib
import sys

import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

ROLES = {"customer", "operator", "service"}
# What every service answers, see Shared/ServiceRuntime.
OPERATIONAL = {"/livez", "/readyz", "/metrics", "/openapi.yaml"}


def faults_of(document, common):
    """Sentences about one document; `common` remembers the components of those before it."""
    for error in OpenAPIV31SpecValidator(document).iter_errors():
        yield f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
    for path in OPERATIONAL - document["paths"].keys():
        yield f"{path} is not described"
    for method, path, operation in operations(document):
        if "operationId" not in operation:
            yield f"{method} {path} has no operationId"
        yield from (f"{method} {path} {fault}" for fault in guard_faults(operation))
    text = json.dumps(document)
    for kind, components in document["components"].items():
        for name, component in components.items():
            place = f"components/{kind}/{name}"
            if kind != "securitySchemes" and f'"#/{place}"' not in text:
                yield f"{place} is used nowhere"
            title, first = common.setdefault(place, (document["info"]["title"], component))
            if first != component:
                yield f"{place} differs from {title}'s; what differs needs another name"


def guard_faults(operation):
    """Each operation says who may call it; roles.py asks the services whether that is so."""
    if "security" not in operation:
        yield "does not say who may call it: security and x-roles, or security: []"
    elif {"Bearer": []} in operation["security"]:
        roles = operation.get("x-roles", [])
        if not roles or not ROLES.issuperset(roles):
            yield f"needs x-roles, some of {', '.join(sorted(ROLES))}"
        if not {"401", "403"} <= operation["responses"].keys():
            yield "describes no 401 and 403"


def operations(document):
    for path, item in document["paths"].items():
        for method in item.keys() & {"get", "put", "post", "delete", "patch"}:
            yield method.upper(), path, item[method]


def main(files):
    common, faults, count = {}, 0, 0
    for file in map(pathlib.Path, files):
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
        count += sum(1 for _ in operations(document))
        for fault in faults_of(document, common):
            print(f"{file.parent.name}/{file.name}: {fault}", file=sys.stderr)
            faults += 1
    if not faults:
        print(f"{'documents':<18} {len(files)} files of OpenAPI 3.1, {count} operations")
    sys.exit(faults > 0)


main(sys.argv[1:])
