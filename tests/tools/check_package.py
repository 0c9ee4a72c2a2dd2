#!/usr/bin/env python3
"""Builds the archive of a partition twice and unpacks it as its instructions say. Checks that both archives are equal, and
checks the checksums, the template and the functions.

The binaries are those of a test run, without their symbols; what `make package` packs goes the same way.
"""

import hashlib
import json
import logging
import platform
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import package
import event_samples
from processes import ARCHITECTURE, local_cloud, run_in_emulator

PARTITION, REGIONS = "aws-iso", ["us-iso-east-1", "us-iso-west-1"]
# The linter reports a dependency on a conditional resource as an error; CloudFormation ignores the dependency. SAM repeats the
# condition of a resource in its properties.
PASSED_OVER = ["E3005", "W1028"]


def stripped(binaries, folder):
    """Copies the functions without symbols, which makes packing faster."""
    for name in event_samples.PACKAGES.values():
        subprocess.run(["strip", "-o", folder / name, binaries / name], check=True)
    return folder


def faults(binaries, cloud, folder):
    """Yields what is wrong with an archive, after the steps of its instructions."""
    name, files = package.contents(PARTITION, ARCHITECTURE, binaries)
    packed = package.archive(name, files)
    if packed != package.archive(*package.contents(PARTITION, ARCHITECTURE, binaries)):
        yield "packed twice, it has other bytes"
    subprocess.run(["tar", "--extract", "--gzip", "--directory", folder], input=packed, check=True)
    unpacked = folder / name
    sums = subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=unpacked, capture_output=True, text=True)
    if sums.returncode:
        yield f"sums are wrong: {sums.stdout}"
    listed = {line.split("  ")[1] for line in (unpacked / "SHA256SUMS").read_text().splitlines()}
    there = {str(path.relative_to(unpacked)) for path in unpacked.rglob("*") if path.is_file()} - {"SHA256SUMS"}
    if listed != there:
        yield f"SHA256SUMS and the archive differ in {listed ^ there}"
    yield from links(unpacked)
    yield from templates(unpacked)
    yield from crates(unpacked)
    yield from functions(unpacked, cloud, folder)


def links(unpacked):
    """Yields links in the archive's pages that lead to no file of the archive."""
    for page in unpacked.rglob("*.md"):
        for to in re.findall(r"\]\(([^)#:\s]+)[^)]*\)", page.read_text()):
            if not (page.parent / to).exists():
                yield f"{page.relative_to(unpacked)} links to {to}, which is not there"


def templates(unpacked):
    """Yields errors of the template: plain CloudFormation, valid in the partition's Regions, code from the archive."""
    path = unpacked / "gangway.cloudformation.json"
    template = json.loads(path.read_text())
    if "Transform" in template or "AWS::Serverless" in path.read_text():
        yield "the plain template needs the transform"
    lint = [Path(sys.executable).parent / "cfn-lint", "--regions", *REGIONS, "--ignore-checks", *PASSED_OVER, "--", path]
    linted = subprocess.run(lint, capture_output=True, text=True)
    if linted.returncode:
        yield linted.stdout
    zips = {path.name for path in (unpacked / "functions").iterdir()}
    code = [it["Properties"]["Code"] for it in template["Resources"].values() if it["Type"] == "AWS::Lambda::Function"]
    if {it["S3Key"]["Fn::Sub"].removeprefix("${CodePrefix}") for it in code} != zips:
        yield "the plain template names other zips than there are"
    sam = (unpacked / "gangway.sam.yaml").read_text()
    if not all(f"CodeUri: functions/{name}\n" in sam for name in zips) or sam.count("CodeUri:") != len(zips):
        yield "the SAM template names other zips than there are"


def crates(unpacked):
    """Yields crates without a licence, and crates that only tests use."""
    bill = json.loads((unpacked / "sbom.cdx.json").read_text())
    licences = (unpacked / "LICENCES.txt").read_text()
    named = {it["bom-ref"] for it in bill["components"]}
    for it in bill["components"]:
        if not it["licenses"][0]["expression"]:
            yield f"{it['name']} has no licence"
        if "purl" in it and f"{it['name']} {it['version']}: " not in licences:
            yield f"LICENCES.txt leaves out {it['name']}"
    for expected, name in [(True, "lambda_runtime"), (True, "rustls"), (False, "insta"), (False, "rcgen"), (False, "local-cloud")]:
        if expected != any(it.startswith(f"{name}@") for it in named):
            yield f"the bill of materials is wrong about {name}"
    for it in bill["dependencies"]:
        if not set(it["dependsOn"]) <= named:
            yield f"the bill of materials leaves out what {it['ref']} depends on"


def functions(unpacked, cloud, folder):
    """Yields packed programs that give a wrong response to a sample event."""
    ids = {package: id for id, package in event_samples.PACKAGES.items()}
    with local_cloud(PARTITION, cloud, folder / "environment.json") as deployed:
        for path in (unpacked / "functions").iterdir():
            name, digest = path.stem.rsplit("-", 1)
            if hashlib.sha256(path.read_bytes()).hexdigest()[:12] != digest:
                yield f"{path.name} is not what its name says"
            with zipfile.ZipFile(path) as packed:
                if [(it.filename, it.external_attr >> 16) for it in packed.infolist()] != [("bootstrap", 0o100755)]:
                    yield f"{path.name} holds more or less than a program"
                packed.extractall(folder / name)
            # `make local` does not deploy what a parameter enables.
            if ids[name] not in deployed:
                continue
            program = folder / name / "bootstrap"
            program.chmod(0o755)
            event = event_samples.of(name)[0]
            with run_in_emulator(program, deployed[ids[name]], folder / f"{name}.log") as invoke:
                said, right = event_samples.verdict(invoke(event_samples.payload(event)), event, PARTITION)
            if not right:
                yield f"{path.name} says {said} to {event.name}, not {event_samples.expected(event, PARTITION)}"


def main():
    logging.disable(logging.CRITICAL)  # SAM's translator warns of feature toggles that only AWS sets
    if platform.system() != "Linux":
        sys.exit("Linux only: there is nothing to pack here but programs for this system")
    with tempfile.TemporaryDirectory() as folder:
        programs, unpacked = Path(folder) / "programs", Path(folder) / "unpacked"
        programs.mkdir()
        unpacked.mkdir()
        binaries = Path(sys.argv[1]).resolve()
        found = [*faults(stripped(binaries, programs), binaries, unpacked)]
    for fault in found:
        print(f"error: package of {PARTITION}: {fault}", file=sys.stderr)
    if not found:
        print(f"The package of {PARTITION} has the same bytes twice, right sums, a template that lints, and functions that answer")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
