#!/usr/bin/env python3
"""Lists what the suite is made of with versions, and what is known against them.

Checked: Swift packages (Package.resolved) against swift.tsv beside this file; Debian packages against what this
machine's package lists offer (a newer version from a security suite is an advisory that was mended); Python packages
by pip-audit where it is installed and reaches its database. What could not be checked is said. Exit code 1: something
is to be updated.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def lines(path):
    """The lines of a file without comments."""
    for line in path.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            yield line


def numbers(version):
    """A version as numbers that compare: 1.10.2 is above 1.9."""
    return [int(part) for part in re.findall(r"\d+", version.split("-")[0])]


def section(title, rows):
    print(f"\n{title}")
    for name, version, note in rows:
        print(f"  {name:<32} {version:<26} {note}".rstrip())


def swift(findings):
    advisories = [line.split("\t") for line in lines(HERE / "swift.tsv")]
    rows = []
    for pin in json.loads((ROOT / "Package.resolved").read_text())["pins"]:
        name, version = pin["identity"], pin["state"].get("version", pin["state"].get("revision", "?"))
        found = [a for a in advisories if a[0] == name and numbers(version) < numbers(a[1])]
        findings += [f"{name} {version}: {a[2]}, {a[3]}; fixed in {a[1]}" for a in found]
        rows.append((name, version, ", ".join(a[2] for a in found)))
    section("Swift packages (Package.resolved), against infra/advisories/swift.tsv", rows)


def debian_names():
    """The packages that the scripts and the images install, and the libraries that belong to the -dev ones."""
    names = [name for file in ["packages.txt", "packages-test.txt"] for name in lines(ROOT / "infra/local" / file)]
    return names + ["librdkafka1", "libpq5", "libmariadb3", "libcurl4", "libhiredis0.14", "libjemalloc2", "libssl3"]


def is_from_security(policy, version):
    """Whether apt's version table has a version from a security suite."""
    current = None
    for line in policy.splitlines():
        if head := re.match(r" (?:\*\*\*|   ) (\S+) \d+$", line):
            current = head.group(1)
        elif current == version and "-security" in line:
            return True
    return False


def debian(findings, unchecked):
    if shutil.which("apt-cache") is None:
        unchecked.append("Debian packages: this is no Debian")
        return
    rows = []
    has_security = False
    for name in debian_names():
        text = subprocess.run(["apt-cache", "policy", name], capture_output=True, text=True).stdout
        fields = dict(re.findall(r"^  (Installed|Candidate): (\S+)", text, re.M))
        installed, candidate = fields.get("Installed", "(none)"), fields.get("Candidate", "(none)")
        has_security |= "-security" in text
        note = ""
        if installed == "(none)":
            note = "not installed here"
        elif installed != candidate:
            note = f"{candidate} is offered"
            if is_from_security(text, candidate):
                findings.append(f"{name} {installed}: {candidate} is in the security suite")
        rows.append((name, installed, note))
    section("Debian packages, against this machine's package lists", rows)
    if not has_security:
        unchecked.append("Debian packages: the package lists here hold no security suite (apt-get update)")
    unchecked.append(
        "Debian packages: advisories that Debian has not mended are not in package lists; where the network allows it, "
        "debsecan asks Debian's security tracker for them")


def python(findings, unchecked):
    files = [ROOT / "Tests/Schema/requirements.txt", ROOT / "k8s/tests/requirements.txt"]
    rows = [tuple(line.split("==")) + ("",) for file in files for line in lines(file) if "==" in line]
    section("Python packages, of tests only (requirements.txt)", sorted(set(rows), key=lambda row: row[0].lower()))
    if shutil.which("pip-audit") is None:
        unchecked.append("Python packages: pip-audit is not installed (pip install pip-audit)")
        return
    for file in files:
        command = ["pip-audit", "--no-deps", "--disable-pip", "--format=json", "--progress-spinner=off", "-r", file]
        run = subprocess.run(command, capture_output=True, text=True)
        if not run.stdout.lstrip().startswith("{"):
            reason = (run.stderr.strip().splitlines() or ["no answer"])[-1]
            unchecked.append(f"Python packages: pip-audit could not ask its database: {reason[:200]}")
            return
        for package in json.loads(run.stdout)["dependencies"]:
            for vulnerability in package.get("vulns", []):
                fixed = ", ".join(vulnerability["fix_versions"]) or "no version yet"
                findings.append(f"{package['name']} {package['version']}: {vulnerability['id']}; fixed in {fixed}")


def main():
    findings, unchecked = [], []
    swift(findings)
    debian(findings, unchecked)
    python(findings, unchecked)
    print("\nNot checked" if unchecked else "")
    for line in unchecked:
        print(f"  {line}")
    print("\nTo update" if findings else "\nNothing is known against these versions, as far as was checked.")
    for line in findings:
        print(f"  {line}")
    return 1 if findings else 0


sys.exit(main())
