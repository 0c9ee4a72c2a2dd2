"""The crates that are linked into the functions, their licences, and the bill of materials."""

import json
import re
import subprocess
import uuid
from pathlib import Path

from event_samples import ROOT

LOCKED = re.compile(r'name = "(.+)"\nversion = "(.+)"\nsource = ".+"\nchecksum = "(.+)"')
TEXTS = re.compile(r"(licen[cs]e|copying|copyright|notice|unlicense)", re.IGNORECASE)
HEAD = """Licences of what is linked into Gangway's functions
{rule}

Gangway itself is {own}: see LICENSE. Rust's standard library, which every program in Rust has in it, is MIT OR Apache-2.0.
Each crate of the list comes from crates.io. Then every text that the crates carry, once.

"""


def cargo(*arguments):
    return subprocess.run(["cargo", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout


class Crates:
    """Returns the crates that are linked into the functions for a target, without build and test dependencies."""

    def __init__(self, packages, target):
        chosen = [word for package in packages for word in ("--package", package)]
        tree = cargo(
            "tree", "--locked", *chosen, "--edges", "normal,no-proc-macro", "--target", target, "--prefix", "none", "--format", "{p}"
        )
        names = {tuple(line.split()[:2]) for line in tree.splitlines() if line}
        metadata = json.loads(cargo("metadata", "--locked", "--format-version", "1", "--filter-platform", target))
        found = {(it["name"], f"v{it['version']}"): it for it in metadata["packages"]}
        everything = sorted((found[name] for name in names), key=lambda it: (it["name"], it["version"]))
        self.foreign = [it for it in everything if it["source"]]
        self.own = [it for it in everything if not it["source"]]
        lock = LOCKED.findall((ROOT / "Cargo.lock").read_text())
        self.checksums = {(name, version): checksum for name, version, checksum in lock}
        self.edges = {
            node["id"]: [
                edge["pkg"] for edge in node["deps"] if any(kind["kind"] is None for kind in edge["dep_kinds"])
            ]
            for node in metadata["resolve"]["nodes"]
        }

    def licences(self):
        """Returns the list and the licence texts."""
        own = self.own[0]["license"]
        rows, texts = [], {}
        for it in self.foreign:
            files = [path for path in sorted(Path(it["manifest_path"]).parent.iterdir()) if TEXTS.match(path.name)]
            files = [path for path in files if path.is_file()]
            rows.append(f"{it['name']} {it['version']}: {spdx(it)}{'' if files else ' (carries no text of its own)'}\n")
            for path in files:
                text = "\n".join(line.rstrip() for line in path.read_text(errors="replace").strip().splitlines())
                texts.setdefault(text, []).append(f"{it['name']} {it['version']}")
        rule = "=" * 120
        bodies = [f"\n{rule}\n{', '.join(dict.fromkeys(crates))}\n{rule}\n\n{text}\n" for text, crates in texts.items()]
        return HEAD.format(rule="=" * 51, own=own) + "".join(rows) + "".join(bodies)

    def bill(self, name, version, revision):
        """Returns the bill of materials as CycloneDX 1.6."""
        everything = [*self.own, *self.foreign]
        references = {it["id"]: reference(it) for it in everything}
        serial = uuid.uuid5(uuid.NAMESPACE_URL, " ".join([name, revision, *references.values()]))
        depends = [
            {"ref": references[it["id"]], "dependsOn": sorted({references[id] for id in self.edges[it["id"]] if id in references})}
            for it in everything
        ]
        root = {"type": "application", "bom-ref": name, "name": name, "version": version}
        root["properties"] = [{"name": "gangway:revision", "value": revision}]
        return {
            "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "serialNumber": f"urn:uuid:{serial}",
            "version": 1,
            "metadata": {"component": root},
            "components": [self.component(it) for it in everything],
            "dependencies": [{"ref": name, "dependsOn": sorted(reference(it) for it in self.own)}, *depends],
        }

    def component(self, it):
        made = {"type": "library", "bom-ref": reference(it), "name": it["name"], "version": it["version"]}
        made["licenses"] = [{"expression": spdx(it)}]
        if it["source"]:
            made["purl"] = f"pkg:cargo/{it['name']}@{it['version']}"
            made["hashes"] = [{"alg": "SHA-256", "content": self.checksums[it["name"], it["version"]]}]
        return made


def reference(it):
    return f"{it['name']}@{it['version']}"


def spdx(it):
    """Returns the licence as an SPDX expression; old manifests write a slash."""
    return it["license"].replace("/", " OR ")
