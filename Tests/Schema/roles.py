"""Does each service let in whom its openapi.yaml names with `x-roles`, and nobody else? Asked of services with AUTH=on.

Usage: roles.py TOKENS FILE…; TOKENS is a JSON file with a token for each role. The services' addresses come from the
environment (MISSION_URL …). A request that is let in may be refused for any other reason: nothing is sent along.
"""

import json
import os
import pathlib
import re
import sys
import urllib.error
import urllib.request

import yaml

# Neither 401 nor 403 with these slugs may be the answer to a role that is let in.
REFUSALS = {"token-required", "invalid-token", "forbidden"}


def ask(method, url, token):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method=method, headers=headers), timeout=20) as answer:
            return answer.status, None, None
    except urllib.error.HTTPError as error:
        problem = json.load(error) if error.headers.get_content_type() == "application/problem+json" else {}
        return error.code, problem.get("type"), error.headers.get("WWW-Authenticate")


def faults_of(url, method, path, operation, tokens, examples):
    if "text/event-stream" in str(operation["responses"].get("200")):
        return
    place = f"{method} {path}"
    # Any values will do where there is no example: who calls is asked before anything else.
    url += re.sub(r"\{([^}]*)\}", lambda name: str(examples.get(name[1], 1)), path)
    roles = operation.get("x-roles", [])
    is_open = {"Bearer": []} not in operation["security"]
    for role, token in tokens.items():
        status, slug, challenge = ask(method, url, token)
        if is_open or role in roles:
            if slug in REFUSALS:
                yield f"{place} refuses {role or 'strangers'}: {status} {slug}"
        elif (status, slug) != ((403, "forbidden") if role else (401, "token-required")):
            yield f"{place} answers {role or 'strangers'} with {status} {slug}"
        elif not (challenge or "").startswith("Bearer "):
            yield f"{place} challenges nobody"


def main(tokens, files):
    tokens = json.loads(pathlib.Path(tokens).read_text(encoding="utf-8")) | {"": None}
    count = faults = 0
    for file in map(pathlib.Path, files):
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
        url = os.environ[document["info"]["title"].upper().replace("-", "_") + "_URL"]
        for path, item in document["paths"].items():
            examples = {each["name"]: each["example"] for each in item.get("parameters", []) if "example" in each}
            for method in item.keys() & {"get", "put", "post", "delete", "patch"}:
                count += len(tokens)
                for fault in faults_of(url, method.upper(), path, item[method], tokens, examples):
                    print(f"{document['info']['title']}: {fault}", file=sys.stderr)
                    faults += 1
    if not faults:
        print(f"{'roles':<14} {count} requests let in or refused as described")
    sys.exit(faults > 0)


main(sys.argv[1], sys.argv[2:])
