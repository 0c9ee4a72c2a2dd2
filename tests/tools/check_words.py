#!/usr/bin/env python3
"""Fails on words that docs/glossary.md forbids, in code, comments, documentation, templates and events.

A word that is part of an identifier of an interface stays: text in backticks or double quotes without a blank (a check id, a JSON
member) is not checked, and neither are the names in ALLOWED.
"""

import collections
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GLOSSARY = ROOT / "docs" / "glossary.md"
SUFFIXES = {".rs", ".md", ".py", ".yaml", ".yml", ".toml", ".json", ".ts", ".sh"}
# Files of other people's words, and files that name the words themselves.
EXCLUDED = re.compile(r"^(Cargo\.lock|LICENSE|fuzz/Cargo\.lock|docs/glossary\.md|CHANGELOG\.md|tests/tools/node/|tests/fuzz-targets/corpus/)")
# JSON members and names of AWS and HTTP that contain a word of the list.
ALLOWED = re.compile(r"authority_?key_?identifier|certificateAuthority|certificate_authority|certificate authority|Certificate Authority|SecretVault|\.authority\(\)|uri\.authority|authority-[a-z-]+", re.I)
QUOTED = re.compile(r"`[^`\s]+`|\"[^\"\s]+\"|'[^'\s]+'")


def words():
    """Returns the words of the glossary's second table, which are forbidden."""
    table = GLOSSARY.read_text().split("## Words that we do not use")[1]
    rows = re.findall(r"^\| ([a-z, ]+) \|", table, re.M)
    return [word.strip() for row in rows if row.strip() != "word" for word in row.split(",")]


def spaced(line):
    """Returns the line with identifiers split into words: `MendRole` and `mend_role` contain `mend`."""
    line = QUOTED.sub("", ALLOWED.sub("", line))
    line = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", line)
    return line.replace("_", " ")


def main():
    """Prints every line that contains a forbidden word, and fails if there is one."""
    pattern = re.compile(r"\b(" + "|".join(words()) + r")\b", re.I)
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\n")
    places = collections.defaultdict(list)
    for name in listed:
        path = ROOT / name
        if not name or EXCLUDED.match(name) or not path.is_file() or (path.suffix not in SUFFIXES and path.name != "Makefile"):
            continue
        if path == Path(__file__).resolve():
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            for word in pattern.findall(spaced(line)):
                places["/".join(name.split("/")[:2])].append(f"{name}:{number}: {word}")
    for found in places.values():
        print("\n".join(found), file=sys.stderr)
    if places:
        print("error: words that docs/glossary.md rules out", file=sys.stderr)
    return 1 if places else 0


if __name__ == "__main__":
    sys.exit(main())
