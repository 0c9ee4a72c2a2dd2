#!/usr/bin/env python3
"""Writes what `sam local` runs: a partition's template with binaries that are already built, and the local cloud's environment.

SAM gives a function only variables that its template declares. The deployed one declares none of a test's, so this one
declares what the environment file holds, for `--env-vars` to fill.
"""

import argparse
import json
import os
import re
import shutil
import sys
from pathlib import Path

import event_samples
from processes import ARCHITECTURE
from samtranslator.yaml_helper import yaml_parse

# The glibc version of Amazon Linux 2023, and the machine numbers of ELF headers.
GLIBC = (2, 34)
MACHINES = {"x86_64": 62, "arm64": 183}


class NotForLambda(Exception):
    """The error for a binary that cannot run in Lambda's image."""


def find_binary(folder, id, package):
    """Returns the path of a function's binary from `sam build`, `cargo lambda build` or `cargo build`."""
    built = (folder / id / "bootstrap", folder / package / "bootstrap")
    return next((path for path in built if path.exists()), folder / package)


def check_binary(path, architecture):
    """Raises NotForLambda if a binary is missing, or is built for another system or a newer C library."""
    if not path.exists():
        raise NotForLambda(f"{path} is not built")
    content = path.read_bytes()
    if not content.startswith(b"\x7fELF"):
        raise NotForLambda(f"{path} is not built for Linux")
    if int.from_bytes(content[18:20], "little") != MACHINES[architecture]:
        raise NotForLambda(f"{path} is not built for {architecture}")
    needs = max(((int(a), int(b)) for a, b in re.findall(rb"GLIBC_(\d+)\.(\d+)", content)), default=(0, 0))
    if needs > GLIBC:
        raise NotForLambda(f"{path} needs GLIBC {needs[0]}.{needs[1]}; Amazon Linux 2023 has {GLIBC[0]}.{GLIBC[1]}")


def place_binary(source, folder):
    """Puts the binary into the folder as `bootstrap`: as a hard link if possible, otherwise as a copy."""
    check_binary(source, ARCHITECTURE)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "bootstrap"
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copy(source, target)


def write_template(partition, deployed, binaries, folder):
    """Writes the template and the environment for `sam local`, and returns the path of the template."""
    template = yaml_parse(event_samples.template(partition).read_text())
    template["Globals"]["Function"].pop("Environment")
    for id, resource in list(template["Resources"].items()):
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        if id not in deployed:
            del template["Resources"][id]
            continue
        place_binary(find_binary(binaries, id, event_samples.PACKAGES[id]), folder / id)
        resource.pop("Metadata", None)
        variables = {"Variables": dict.fromkeys(deployed[id], "")}
        resource["Properties"] |= {"CodeUri": id, "Architectures": [ARCHITECTURE], "Environment": variables}
    path = folder / "template.json"
    path.write_text(json.dumps(template, indent=2))
    return path


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("binaries", type=Path)
    arguments.add_argument("--partition", choices=event_samples.PARTITIONS, default="aws")
    arguments.add_argument("--env-file", type=Path, required=True)
    options = arguments.parse_args()
    try:
        deployed = json.loads(options.env_file.read_text())
        write_template(options.partition, deployed, options.binaries.resolve(), options.env_file.parent)
    except FileNotFoundError:
        sys.exit(f"{options.env_file} is not there: `make local` writes it, and has to run meanwhile")
    except NotForLambda as fault:
        sys.exit(f"{fault}: run `make build`, then `make sam-ready BUILT=.aws-sam/build`")


if __name__ == "__main__":
    main()
