#!/usr/bin/env python3
"""Builds the archive for an air-gapped partition: functions, templates, checksums, licences, instructions.

The same input makes the same bytes, whenever and by whom it is packed.
"""

import argparse
import gzip
import hashlib
import io
import json
import logging
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import package_page
import event_samples
import templates
from boto3 import Session
from package_crates import Crates
from sam_template import NotForLambda, check_binary, find_binary
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

TARGETS = {"x86_64": "x86_64-unknown-linux-gnu", "arm64": "aarch64-unknown-linux-gnu"}
# For automatic registration, the management account needs stacks of its own.
OTHER_ACCOUNTS = {"inspection-role.yaml": set(event_samples.PARTITIONS), "management-role.yaml": {"aws", "aws-us-gov"}}
OTHER_ACCOUNTS["entry-role.yaml"] = OTHER_ACCOUNTS["forward-events.yaml"] = OTHER_ACCOUNTS["management-role.yaml"]
# Pages for deployers and operators. Other pages link to sources, which are not in the archive.
PAGES = ["checks", "deploy", "events", "operations", "security"]
ZIP_EPOCH = 315532800  # 1980, the earliest date of a zip file
CODE = re.compile(r"(CodeUri: )(?:\.\./)?functions/([a-z-]+)/")
# Read by `sam build` only: the packed functions are already built.
BUILD = re.compile(r"(?:    Metadata:\n)?      BuildMethod: rust-cargolambda\n(?!      \S)|      BuildMethod: rust-cargolambda\n")


def zipped(path, architecture):
    """Returns the zip file of a function: one program called `bootstrap`."""
    check_binary(path, architecture)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo("bootstrap", (1980, 1, 1, 0, 0, 0))
        entry.create_system, entry.external_attr = 3, 0o100755 << 16
        archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def decided(partition, architecture):
    """Returns the partition's template with the known values filled in."""
    text = BUILD.sub("", event_samples.template(partition).read_text())
    while (further := templates.decide(text, partition)) is not None:
        text = further
    return templates.propose(text, {"Architecture": architecture})


def plain(text, partition, version):
    """Returns the template after SAM's transform, with the code in a bucket that parameters name."""
    template = yaml_parse(text)
    prefix = f"gangway/{version}/"
    template["Parameters"] |= {
        "CodeBucket": {"Type": "String", "Description": "The bucket with the functions' zips, in the region of the stack."},
        "CodePrefix": {"Type": "String", "Description": "What their keys start with, with the slash.", "Default": prefix},
    }
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    groups.insert(0, {"Label": {"default": "Code"}, "Parameters": ["CodeBucket", "CodePrefix"]})
    for resource in template["Resources"].values():
        # With AlwaysDeploy, SAM names the API deployment by the time, so that two builds would differ. The instructions say
        # what to do after a change of parameters.
        resource["Properties"].pop("AlwaysDeploy", None)
        if resource["Type"] == "AWS::Serverless::Function":
            name = Path(resource["Properties"]["CodeUri"]).name
            key = {"Fn::Sub": f"${{CodePrefix}}{name}"}
            resource["Properties"]["CodeUri"] = {"Bucket": {"Ref": "CodeBucket"}, "Key": key}
    sam = Translator({}, Parser(), boto_session=Session(region_name=package_page.REGIONS[partition]))
    return sam.translate(template, {})


def revision():
    """Returns the Git revision of the sources."""
    describe = ["git", "describe", "--always", "--dirty"]
    try:
        return subprocess.run(describe, cwd=event_samples.ROOT, capture_output=True, check=True, text=True).stdout.strip()
    except (FileNotFoundError, subprocess.CalledProcessError):
        return "unknown"


def contents(partition, architecture, binaries):
    """Returns every file of the archive by its name."""
    version = re.search(r'^version = "(.+)"', (event_samples.ROOT / "Cargo.toml").read_text(), re.MULTILINE)[1]
    text, files, zips = decided(partition, architecture), {}, {}
    for id, package in event_samples.PACKAGES.items():
        if f"functions/{package}/" in text:
            content = zipped(find_binary(binaries, id, package), architecture)
            # CloudFormation updates the code of a function only if the S3 key has changed.
            zips[package] = f"{package}-{hashlib.sha256(content).hexdigest()[:12]}.zip"
            files[f"functions/{zips[package]}"] = content
    text = CODE.sub(lambda found: f"{found[1]}functions/{zips[found[2]]}", text)
    expanded = plain(text, partition, version)
    crates, name = Crates(zips, TARGETS[architecture]), f"gangway-{version}-{partition}-{architecture}"
    texts = {
        "gangway.sam.yaml": text,
        "gangway.cloudformation.json": json.dumps(expanded, indent=1),
        "INSTRUCTIONS.md": package_page.page(partition, expanded, name, version, revision()),
        "LICENSE": (event_samples.ROOT / "LICENSE").read_text(),
        "SECURITY.md": (event_samples.ROOT / "SECURITY.md").read_text(),
        "templates/caller-role.yaml": (event_samples.ROOT / "templates" / "caller-role.yaml").read_text(),
        "LICENCES.txt": crates.licences(),
        "sbom.cdx.json": json.dumps(crates.bill("gangway", version, revision()), indent=1),
        "first-call.json": (event_samples.ROOT / "events/accounts/http-list.json").read_text(),
        "openapi.json": (event_samples.ROOT / "openapi.json").read_text(),
    }
    pages = [event_samples.ROOT / "docs" / f"{page}.md" for page in PAGES]
    for path in [*pages, *event_samples.ROOT.glob("events/schema/*.json"), *event_samples.ROOT.glob("docs/examples/*.yaml")]:
        texts[str(path.relative_to(event_samples.ROOT))] = path.read_text()
    for other, partitions in OTHER_ACCOUNTS.items():
        if partition in partitions:
            texts[f"other-accounts/{other}"] = (event_samples.ROOT / "templates" / other).read_text()
    files |= {path: text.encode() for path, text in texts.items()}
    sums = [f"{hashlib.sha256(content).hexdigest()}  {path}\n" for path, content in sorted(files.items())]
    return name, files | {"SHA256SUMS": "".join(sums).encode()}


def archive(name, files):
    """Returns the bytes of a .tar.gz that contains a folder of its name."""
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=0) as compressed:
        with tarfile.open(fileobj=compressed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
            for path, content in sorted(files.items()):
                entry = tarfile.TarInfo(f"{name}/{path}")
                entry.size, entry.mtime, entry.mode = len(content), ZIP_EPOCH, 0o644
                tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def main():
    logging.disable(logging.CRITICAL)  # SAM's translator warns of feature toggles that only AWS sets
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("binaries", type=Path)
    arguments.add_argument("--partition", choices=event_samples.PARTITIONS, required=True)
    arguments.add_argument("--architecture", choices=TARGETS, required=True)
    arguments.add_argument("--output", type=Path, required=True)
    options = arguments.parse_args()
    try:
        name, files = contents(options.partition, options.architecture, options.binaries.resolve())
    except NotForLambda as fault:
        sys.exit(str(fault))
    options.output.mkdir(parents=True, exist_ok=True)
    path = options.output / f"{name}.tar.gz"
    path.write_bytes(archive(name, files))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    Path(f"{path}.sha256").write_text(f"{digest}  {path.name}\n")
    print(f"{path}: {len(files)} files, {path.stat().st_size / 1e6:.1f} MB, SHA-256 {digest}")


if __name__ == "__main__":
    main()
