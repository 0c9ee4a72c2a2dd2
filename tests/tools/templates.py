#!/usr/bin/env python3
"""Writes templates/<partition>.yaml: template.yaml with the partition's conditions resolved; and templates/account-stack.yaml.

`--check` only compares.

It edits the text, one decision after the other, so that comments and order stay as they are.
"""

import sys
from pathlib import Path

import account_stack
import yaml

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "template.yaml"
NO_VALUE = "AWS::NoValue"

# The name of each partition, and the parameter defaults in which its template differs from template.yaml.
PARTITIONS = {
    "aws-us-gov": ("AWS GovCloud (US)", {}),
    "aws-iso-b": ("the Secret partition of AWS", {"Architecture": "x86_64", "HttpApi": "private"}),
    "aws-iso": ("the Top Secret partition of AWS", {"Architecture": "x86_64", "HttpApi": "private"}),
}


def compose(text):
    """Returns the nodes of a YAML document, each with its position in the text."""
    return yaml.compose(text, Loader=yaml.CSafeLoader)


def entry(mapping, key):
    """Returns the key node and the value node of an entry of a mapping."""
    return next(((k, v) for k, v in mapping.value if k.value == key), (None, None))


def section(root, name):
    """Returns the entries of a section of the template."""
    _, mapping = entry(root, name)
    return mapping.value if mapping else []


def walk(node, parents=()):
    """Yields every node with its parents, the outermost parent first."""
    yield node, parents
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from walk(value, (*parents, (node, key)))
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from walk(item, (*parents, (node, item)))


class Decisions:
    """The values of the conditions that depend only on the partition."""

    def __init__(self, root, partition):
        self.partition = partition
        self.expressions = {key.value: value for key, value in section(root, "Conditions")}

    def of(self, name):
        """Returns True, False, or None if the value depends on the parameters of the deployment."""
        return self.value(self.expressions[name])

    def value(self, node):
        operands = getattr(node, "value", [])
        if node.tag == "!Condition":
            return self.of(node.value)
        if node.tag == "!Equals":
            left, right = (self.text(operand) for operand in operands)
            return None if left is None or right is None else left == right
        if node.tag == "!Not":
            inner = self.value(operands[0])
            return None if inner is None else not inner
        if node.tag in ("!And", "!Or"):
            values, decisive = [self.value(operand) for operand in operands], node.tag == "!Or"
            if decisive in values:
                return decisive
            return None if None in values else not decisive
        raise ValueError(f"a condition in {node.tag}, line {node.start_mark.line + 1}")

    def text(self, node):
        if node.tag == "!Ref":
            return self.partition if node.value == "AWS::Partition" else None
        return node.value if isinstance(node, yaml.ScalarNode) and not node.tag.startswith("!") else None


def line_start(text, index):
    return text.rfind("\n", 0, index) + 1


def without(text, start, end):
    """Returns the text without these lines and without the comment directly before them."""
    start = line_start(text, start)
    while start > 0:
        before = line_start(text, start - 1)
        if not text[before:start].strip().startswith("#"):
            break
        start = before
    end = len(text[:end].rstrip()) if text[:end].endswith("\n") or not text[end:].startswith("\n") else end
    newline = text.find("\n", end)
    end = len(text) if newline < 0 else newline + 1
    # Keep only one blank line between two sections.
    if text[:start].endswith("\n\n") and text[end:].startswith("\n"):
        end += 1
    return text[:start] + text[end:]


def last_mark(node):
    """Returns where a node's text ends. The end mark of a block would include the blank lines after it."""
    if isinstance(node, (yaml.MappingNode, yaml.SequenceNode)) and not node.flow_style and node.value:
        last = node.value[-1]
        return last_mark(last[1] if isinstance(last, tuple) else last)
    return node.end_mark.index


def body(text, node, column):
    """Returns a node's text with the indentation of another column."""
    start = node.start_mark
    lines = text[start.index : last_mark(node)].split("\n")
    shift = start.column - column
    return "\n".join([lines[0], *(line[shift:] if line[:shift].isspace() else line for line in lines[1:])])


def decide(text, partition):
    """Returns the text with one more condition resolved, or None if no condition is left to resolve."""
    root = compose(text)
    decisions = Decisions(root, partition)
    for name in ("Resources", "Outputs"):
        for key, value in section(root, name):
            condition_key, condition = entry(value, "Condition")
            made = decisions.of(condition.value) if condition else None
            if made is False:
                return without(text, key.start_mark.index, last_mark(value))
            if made:
                return without(text, condition_key.start_mark.index, condition.end_mark.index)
    for node, parents in walk(entry(root, "Conditions")[1]):
        if node.tag in ("!And", "!Or") and decisions.value(node) is None:
            left = [body(text, operand, 0) for operand in node.value if decisions.value(operand) is None]
            if len(left) < len(node.value):
                rest = left[0] if len(left) == 1 else f"{node.tag} [{', '.join(left)}]"
                return text[: node.start_mark.index] + rest + text[last_mark(node) :]
    for node, parents in walk(root):
        if node.tag != "!If":
            continue
        condition, *branches = node.value
        made = decisions.of(condition.value)
        if made is None:
            continue
        chosen = branches[0 if made else 1]
        holder, where = parents[-1]
        if chosen.tag == "!Ref" and chosen.value == NO_VALUE or chosen.value == []:
            # What holds the value goes with it.
            return without(text, where.start_mark.index, last_mark(node))
        if isinstance(holder, yaml.MappingNode) and not isinstance(chosen, yaml.ScalarNode):
            column = where.start_mark.column + 2
            return text[: node.start_mark.index].rstrip() + "\n" + " " * column + body(text, chosen, column) + text[last_mark(node) :]
        return text[: node.start_mark.index] + body(text, chosen, node.start_mark.column) + text[last_mark(node) :]
    return unused(text, root, decisions)


def references(root):
    """Returns the names that the template refers to, and the conditions that it uses."""
    names, conditions = set(), set()
    for node, parents in walk(root):
        if node.tag in ("!Ref", "!GetAtt"):
            names.add(node.value.split(".")[0] if isinstance(node.value, str) else node.value[0].value)
        elif node.tag == "!Sub" or node.tag == "!If":
            if node.tag == "!If":
                conditions.add(node.value[0].value)
            else:
                template = node.value if isinstance(node, yaml.ScalarNode) else node.value[0].value
                names.update(part.split("}")[0].split(".")[0] for part in template.split("${")[1:])
        elif node.tag == "!Condition":
            conditions.add(node.value)
        elif parents and getattr(parents[-1][1], "value", None) == "Condition" and isinstance(node, yaml.ScalarNode):
            conditions.add(node.value)
    return names, conditions


def unused(text, root, decisions):
    """Returns the text without one unused condition, parameter or mention of an unused parameter."""
    names, conditions = references(root)
    for key, value in section(root, "Conditions"):
        if key.value not in conditions:
            return without(text, key.start_mark.index, last_mark(value))
    parameters = {key.value for key, _ in section(root, "Parameters")}
    for key, value in section(root, "Parameters"):
        if key.value not in names:
            return without(text, key.start_mark.index, last_mark(value))
    for node, parents in walk(root):
        if parents and getattr(parents[-1][1], "value", None) == "Parameters" and isinstance(node, yaml.SequenceNode):
            kept = [item.value for item in node.value if item.value in parameters]
            if len(kept) < len(node.value) and kept:
                return text[: node.start_mark.index].rstrip() + f" [{', '.join(kept)}]" + text[last_mark(node) :]
            if not kept:
                group = parents[-2][1]
                return without(text, group.start_mark.index, last_mark(group))
    return None


def propose(text, defaults):
    """Returns the text with other defaults of parameters."""
    for name, default in defaults.items():
        _, parameter = entry(entry(compose(text), "Parameters")[1], name)
        _, value = entry(parameter, "Default")
        text = text[: value.start_mark.index] + default + text[value.end_mark.index :]
    return text


def template(partition):
    """Returns the text of the template of a partition."""
    label, defaults = PARTITIONS[partition]
    text = SOURCE.read_text().replace("One template for every partition.", f"This one is for {label}.")
    while (decided := decide(text, partition)) is not None:
        text = decided
    # The paths in a template are relative to the template's folder.
    text = text.replace("CodeUri: functions/", "CodeUri: ../functions/")
    return f"# Written by `make templates` from template.yaml: change that one.\n{propose(text, defaults)}"


def main():
    """Writes the templates that differ, or prints their names with `--check`."""
    differ = []
    made = {ROOT / "templates" / f"{partition}.yaml": template(partition) for partition in PARTITIONS}
    made[account_stack.PATH] = account_stack.template()
    for path, text in made.items():
        if not path.exists() or path.read_text() != text:
            differ.append(str(path.relative_to(ROOT)))
            if "--check" not in sys.argv:
                path.write_text(text)
    for path in differ:
        print(f"error: {path} is not up to date: make templates" if "--check" in sys.argv else f"wrote {path}")
    return 1 if differ and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
