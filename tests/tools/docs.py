#!/usr/bin/env python3
"""Runs the commands that the documentation shows, and checks its links.

usage: docs.py BINARIES NODE SAM

Every command of every `sh` block is run (requests against the local cloud, `aws` against an endpoint that takes anything, so that
the CLI itself judges it), looked up (`make` in `make help`, `sam` by the SAM CLI's own parser), or listed below with the reason
why not. BINARIES: where `local` is; NODE: a folder with node_modules; SAM: a Python that has the SAM CLI.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from docs_commands import Commands
from local_cloud import local_cloud

ROOT = Path(__file__).resolve().parents[2]
# The page from which `make package` writes the instructions of an archive (tests/tools/package_page.py).
FORMS = {ROOT / "docs" / "air-gapped.md"}
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted({*(ROOT / "docs").rglob("*.md")} - FORMS),
    ROOT / "events" / "README.md",
]
FENCE = re.compile(r"^(?P<indent> *)```(?P<kind>\w*)\n(?P<text>.*?)^(?P=indent)```$", re.M | re.S)
LINK = re.compile(r"\[[^\]]*\]\((?P<to>[^)\s]+)\)")
# Blocks of these kinds must be equal to the file that is named beside them.
QUOTED = {"python": "docs/examples/portal.py", "ts": "docs/examples/portal.ts"}


def name(page):
    """Returns the page's path from the root of the repository."""
    return str(page.relative_to(ROOT))


def blocks(page):
    """Yields (kind, text) of every fenced block, without its indentation."""
    for found in FENCE.finditer(page.read_text()):
        indent = len(found["indent"])
        yield found["kind"], "".join(line[indent:] for line in found["text"].splitlines(keepends=True))


def commands(text):
    """Yields the commands of a block, each with its continuation lines."""
    whole = ""
    for line in text.splitlines():
        whole = f"{whole}\n{line}" if whole else line
        try:
            words = shlex.split(whole.replace("\\\n", " "), comments=True)
        except ValueError:  # a quotation that goes on
            continue
        if whole.endswith("\\"):
            continue
        if words:
            yield whole
        whole = ""
    if whole:
        yield whole


def anchors(page):
    """Yields the anchors of a page's headings, as GitHub builds them."""
    text = FENCE.sub("", page.read_text())
    for heading in re.findall(r"^#+ +(.+)$", text, re.M):
        plain = re.sub(r"[`*]|\]\([^)]*\)|\[", "", heading).lower()
        yield re.sub(r"[^\w\- ]", "", plain).strip().replace(" ", "-")


def broken_links(page):
    """Yields links that lead to no file, or to no heading of a file."""
    for to in LINK.findall(FENCE.sub("", page.read_text())):
        if re.match(r"[a-z]+:", to):
            continue  # the internet's affair
        path, _, anchor = to.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists():
            yield f"{name(page)} links to {to}, which is not there"
        elif anchor and anchor not in anchors(target):
            yield f"{name(page)} links to {to}: no such heading"


def mistyped(node):
    """Returns the errors that the TypeScript compiler finds in the client example."""
    node = node.resolve()  # the compiler is started in that folder
    shutil.copy(ROOT / QUOTED["ts"], node)
    compiler = [node / "node_modules" / ".bin" / "tsc", "--noEmit", "--strict", "--types", "node"]
    options = ["--target", "es2024", "--module", "nodenext", Path(QUOTED["ts"]).name]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run([*compiler, *options], cwd=node, env={**os.environ, "PATH": path}, capture_output=True, text=True)
    return [f"{QUOTED['ts']}: {done.stdout.strip()}"] if done.returncode else []


def main(binaries, node, sam):
    """Prints every error, and the number of commands by program."""
    faults = [fault for page in PAGES for fault in broken_links(page)]
    for page in PAGES:
        for kind, text in blocks(page):
            if kind in QUOTED and text != (ROOT / QUOTED[kind]).read_text():
                faults.append(f"{name(page)}: its {kind} block is not {QUOTED[kind]}")
    faults += mistyped(Path(node))
    with local_cloud(binaries, "aws") as facts, Commands(facts, Path(node), sam) as known:
        for page in PAGES:
            for command in (it for kind, text in blocks(page) if kind == "sh" for it in commands(text)):
                fault = known.judge(command)
                if fault:
                    faults.append(f"{name(page)}: {command}\n  {fault}")
    faults += known.unused()
    for fault in faults:
        print(f"error: {fault}", file=sys.stderr)
    print(f"commands that the documentation shows: {known.summary()}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
