#!/usr/bin/env python3
"""Writes docs/acceptance.md: each row of the acceptance table and the tests that prove it.

With --check it verifies that the page is up to date. It fails in both modes if a row has no test, if a test names an
unknown row, if a test of tests/acceptance has a name longer than 70 characters, or if docs/consistency.md names a test
that does not exist.
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "acceptance.md"
ROWS = ROOT / "tests" / "acceptance" / "rows.toml"
CONSISTENCY = ROOT / "docs" / "consistency.md"
MAX_NAME = 70
HEAD = """# Acceptance

What Gangway must do, row by row, and the tests that prove it. `tests/tools/acceptance_page.py` writes this page
from `tests/acceptance/rows.toml` and from the lines `/// Acceptance rows: …` above the tests.

| row | requirement | tests |
|---|---|---|
"""
# Doc comments and attributes above a function, and its name.
FUNCTION = re.compile(
    r"((?:^[ \t]*(?:///|#\[)[^\n]*\n)+)^[ \t]*(?:async )?fn (\w+)\(", re.MULTILINE
)
IS_TEST = re.compile(r"#\[(?:tokio::)?test\b")
ROWS_LINE = re.compile(r"^[ \t]*/// Acceptance rows: ([^\n]*)\.$", re.MULTILINE)
# The tables of docs/consistency.md that name the tests of each rule.
TESTS_TABLE = re.compile(r"^\| (?:rule|invariant|case|[a-z ]*)s? *\| tests? *\|\n\|[-| ]*\|\n((?:\|[^\n]*\n)+)", re.MULTILINE)
NAMED_TEST = re.compile(r"`(?:\w+::)*([a-z][a-z0-9_]*_[a-z0-9_]+)`")
CHECKLIST_ID = re.compile(r"[CDGPSX]\d\d")


def tests():
    """Yields file, name and rows of each test."""
    for folder in ("tests", "shared", "functions"):
        for file in sorted((ROOT / folder).rglob("*.rs")):
            for above, name in FUNCTION.findall(file.read_text()):
                if IS_TEST.search(above):
                    rows = [row for line in ROWS_LINE.findall(above) for row in line.split(", ")]
                    yield file.relative_to(ROOT).as_posix(), name, rows


def main():
    demands = tomllib.loads(ROWS.read_text())
    proofs = {row: [] for row in demands}
    faults, names = [], set()
    for file, name, rows in tests():
        names.add(name)
        if file.startswith("tests/acceptance/") and len(name) > MAX_NAME:
            faults.append(f"{file}: {name} has {len(name)} characters, at most {MAX_NAME} are allowed")
        for row in rows:
            if row in proofs:
                proofs[row].append(f"[{name}](../{file})")
            elif not CHECKLIST_ID.fullmatch(row):
                faults.append(f"{file}: {name} names the unknown row {row}")
    faults += [f"{ROWS.name}: row {row} has no test" for row, links in proofs.items() if not links]
    tables = TESTS_TABLE.findall(CONSISTENCY.read_text())
    assert tables, f"{CONSISTENCY} has no table of tests"
    faults += [
        f"docs/consistency.md: there is no test {name}"
        for name in NAMED_TEST.findall("".join(tables)) if name not in names
    ]
    page = HEAD + "".join(
        f"| {row} | {demand} | {', '.join(proofs[row])} |\n" for row, demand in demands.items()
    )
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(page)
    elif not PAGE.is_file() or PAGE.read_text() != page:
        faults.append("docs/acceptance.md is out of date: run python3 tests/tools/acceptance_page.py")
    if faults:
        sys.exit("\n".join(faults))


if __name__ == "__main__":
    main()
