#!/usr/bin/env python3
"""Fails if files of one crate import each other in a cycle.

A file depends on the file that defines what it imports by `use crate::...` or `use super::...`. Imports from a
parent module or from the crate's root are left out: a child may use what its parent defines. Tests are left out.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
USE = re.compile(r"^\s*(?:pub(?:\(\w+\))? )?use (crate|(?:super::)*super)::(.+?);", re.MULTILINE | re.DOTALL)
PATH = re.compile(r"\b(crate)((?:::[a-z_0-9]+)+)")


def expand(tree):
    """Returns the paths of a `use` tree, each as a list of names."""
    tree = tree.strip()
    start = tree.find("{")
    if start < 0:
        return [tree.split(" as ")[0].strip().split("::")]
    prefix = [name for name in tree[:start].strip().split("::") if name]
    parts, depth, part = [], 0, ""
    for letter in tree[start + 1 : tree.rindex("}")]:
        depth += (letter == "{") - (letter == "}")
        if letter == "," and depth == 0:
            parts.append(part)
            part = ""
        else:
            part += letter
    parts.append(part)
    return [prefix + path for part in parts if part.strip() for path in expand(part)]


def module_of(path, src):
    """Returns the module path of a source file, as a tuple of names."""
    parts = list(path.relative_to(src).with_suffix("").parts)
    if parts[-1] in ("lib", "main", "mod"):
        parts.pop()
    return tuple(parts)


def dependencies(path, module, modules):
    """Yields the modules that a source file imports from."""
    text = re.sub(r"//.*", "", path.read_text()).split("#[cfg(test)]\nmod tests {")[0]
    found = [(kind, names) for kind, tree in USE.findall(text) for names in expand(tree)]
    found += [("crate", names.lstrip(":").split("::")) for _, names in PATH.findall(text)]
    for kind, names in found:
        above = kind.count("super")
        base = () if kind == "crate" else module[: len(module) - above]
        target = tuple([*base, *names])
        while target and target not in modules:
            target = target[:-1]
        if target and target != module and module[: len(target)] != target:
            yield target


def find_cycle(graph):
    """Returns the modules of one import cycle, or None if there is no cycle."""
    done, path = set(), []

    def visit(node):
        if node in path:
            return path[path.index(node) :] + [node]
        if node in done:
            return None
        path.append(node)
        for target in sorted(graph[node]):
            if found := visit(target):
                return found
        path.pop()
        done.add(node)
        return None

    for node in sorted(graph):
        if found := visit(node):
            return found
    return None


def main():
    failed = False
    for manifest in sorted([*ROOT.glob("shared/*/Cargo.toml"), *ROOT.glob("functions/*/Cargo.toml")]):
        src = manifest.parent / "src"
        files = [path for path in src.rglob("*.rs") if "test" not in str(path.relative_to(src))]
        modules = {module_of(path, src): path for path in files}
        graph = {module: set(dependencies(path, module, modules)) for module, path in modules.items()}
        if found := find_cycle(graph):
            names = " -> ".join("::".join(module) or "lib" for module in found)
            print(f"{manifest.parent.relative_to(ROOT)}: {names}")
            failed = True
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
