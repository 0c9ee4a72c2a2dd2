#!/usr/bin/env python3
"""Keeps docs/checks.md in step with the checks in the code; with --write it writes the page."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "checks.md"
MENDS = ROOT / "docs" / "mends.txt"
CHECK = re.compile(
    r'Check = Check \{\s*id: "(?P<id>[^"]+)",\s*title: "(?P<title>[^"]+)",\s*severity: Severity::(?P<severity>\w+),'
    r"\s*covers: &\[(?P<covers>[^\]]*)\],?\s*\};"
)
HEAD = """# Checks

What a report may hold. An id stays what it is: portals, alarms and runbooks may rely on it. A *blocker* that failed forbids a
registration; a *warning* and an *info* do not. *Answers* names the prerequisites that a check answers: C for every
method, S for access keys, D for roles that Palette assumes, P for EKS Pod Identity, X for the Secret and Top Secret
partitions, G for private cloud gateways. The numbers are those of the checklist that Gangway was written from, which is
not kept here; in reports (`covers`) and in the sources they mean the same. Tests called `f32_…` are rows of its acceptance
table, `(T5)` is one of its traps.

A check is *passed*, *failed* (with what mends it), *unverified* (with what would let Gangway look) or *not-applicable*.

| id | what holds when it passes | severity | answers | if it failed |
|---|---|---|---|---|
"""


def catalogue():
    """Every check of the code, by id. The same id may be asked differently by several methods."""
    rows = {}
    for folder in ("shared", "functions"):
        for path in sorted((ROOT / folder).rglob("*.rs")):
            if "test" in path.name:
                continue
            text = path.read_text().split("mod tests {")[0]
            found = list(CHECK.finditer(text))
            if len(found) != text.count("Check = Check {") + text.count("Check =\n    Check {"):
                sys.exit(f"{path.relative_to(ROOT)} has a check that this script cannot read")
            for check in found:
                covers = ", ".join(re.findall(r'"(\w+)"', check["covers"]))
                rows.setdefault(check["id"], []).append((check["title"], check["severity"].lower(), covers))
    return rows


def mends():
    """What mends each check, by id."""
    lines = [line for line in MENDS.read_text().splitlines() if not line.startswith("#")]
    told = dict(line.split(": ", 1) for line in lines)
    if faults := sorted(told.keys() ^ catalogue().keys()):
        sys.exit(f"docs/mends.txt and the code do not have the same checks: {', '.join(faults)}")
    return told


def page():
    told = mends()
    rows = [
        f"| `{id}` | {title} | {severity} | {covers} | {told[id]} |\n"
        for id, checks in sorted(catalogue().items())
        for title, severity, covers in checks
    ]
    return HEAD + "".join(rows)


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(page())
    elif PAGE.read_text() != page():
        sys.exit("docs/checks.md is not what the code has: python3 tests/tools/check_catalogue.py --write")
