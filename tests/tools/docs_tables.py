#!/usr/bin/env python3
"""Compares the tables of docs/ with template.yaml; with --write it writes them."""

import re
import sys
from pathlib import Path

from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = yaml_parse((ROOT / "template.yaml").read_text())
PARAMETERS, RESOURCES = TEMPLATE["Parameters"], TEMPLATE["Resources"]


def section(page, name):
    """Returns the two comments around a table, and the text between them."""
    found = re.search(rf"(<!-- {name}:.*?-->\n)(.*?)(<!-- /{name} -->)", page, re.S)
    return found or sys.exit(f"no table {name}")


def parameters():
    """Yields a row for every parameter, in the order of the template's parameter groups."""
    yield "| parameter | default | meaning |\n|---|---|---|\n"
    groups = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    names = [name for group in groups for name in group["Parameters"]]
    if ungrouped := set(PARAMETERS) - set(names):
        sys.exit(f"error: template.yaml: no parameter group has {', '.join(sorted(ungrouped))}: add it to AWS::CloudFormation::Interface")
    for name in names:
        it = PARAMETERS[name]
        description = " ".join(it["Description"].split()).replace("|", "\\|").replace("<", "`<").replace(">", ">`")
        if allowed := it.get("AllowedValues"):
            description += " One of " + ", ".join(f"`{value}`" for value in allowed) + "."
        default = f"`{it['Default']}`" if str(it["Default"]) else ""
        yield f"| `{name}` | {default} | {description} |\n"


def statements(value, when=""):
    """Yields (sid, actions, effect, template condition) of every statement below a value."""
    if isinstance(value, list):
        for it in value:
            yield from statements(it, when)
    elif isinstance(value, dict) and "Action" in value:
        actions = value["Action"] if isinstance(value["Action"], list) else [value["Action"]]
        yield value.get("Sid", ""), actions, value.get("Effect"), when
    elif isinstance(value, dict) and "Fn::If" in value:
        condition, yes, no = value["Fn::If"]
        yield from statements(yes, condition)
        yield from statements(no, f"not {condition}")


def words(sid):
    """Returns a Sid as words: `ReadConfig` becomes `Read config`."""
    return re.sub(r"(?<!^)([A-Z])", lambda it: " " + it[1].lower(), sid)


def rights():
    """Yields what each managed policy allows, and which policies each function has."""
    yield "| permission | actions | condition |\n|---|---|---|\n"
    for name, it in RESOURCES.items():
        if it["Type"] == "AWS::IAM::ManagedPolicy":
            yield from rows(name, it["Properties"]["PolicyDocument"]["Statement"])
    for name, it in RESOURCES.items():
        if it["Type"] == "AWS::Serverless::Function":
            # `!GetAtt StsRole.Arn` is read as a list.
            role = RESOURCES[it["Properties"]["Role"]["Fn::GetAtt"][0]]["Properties"]
            package = Path(it["Properties"]["CodeUri"]).name
            shared = ", ".join(policy_name(policy) for policy in role["ManagedPolicyArns"])
            yield f"| **`{package}`** | {shared} | |\n"
            for policy in role.get("Policies", []):
                yield from rows(f"`{package}`", policy["PolicyDocument"]["Statement"])


def policy_name(reference):
    """Returns the logical id of a managed policy, with its condition if it has one."""
    if "Fn::If" not in reference:
        return reference["Ref"]
    condition, policy, _ = reference["Fn::If"]
    return f"{policy['Ref']} ({condition})"


def rows(owner, all_statements):
    """Yields a row for each statement."""
    for sid, actions, effect, when in statements(all_statements):
        listed = ", ".join(f"`{action}`" for action in actions)
        denied = "denied: " if effect == "Deny" else ""
        yield f"| {owner}: {words(sid)} | {denied}{listed} | {when} |\n"


def faults():
    """Yields differences in tables that are written by hand: permissions to deploy, and names in other places."""
    services = {it["Type"].split("::")[1].lower() for it in RESOURCES.values()} - {"serverless"}
    deployer_rights = section((ROOT / "docs" / "deploy.md").read_text(), "deployer")[2]
    for service in sorted(services):
        if f"| `{service}` |" not in deployer_rights:
            yield f"docs/deploy.md does not say that a deployer needs rights for {service}"
    operations = (ROOT / "docs" / "operations.md").read_text()
    for name, it in RESOURCES.items():
        if it["Type"] == "AWS::CloudWatch::Alarm" and f"| `{name}` |" not in operations:
            yield f"docs/operations.md does not say what to do about the alarm {name}"
    # The page about air-gapped deployments describes the template of `make package`, not template.yaml.
    pages = [ROOT / "README.md", *({*(ROOT / "docs").glob("*.md")} - {ROOT / "docs" / "air-gapped.md"})]
    known = {"ParameterKey", *PARAMETERS}
    for path in [*(ROOT / "templates").glob("*.yaml"), *(ROOT / "docs" / "examples").glob("*.yaml")]:
        known |= set(yaml_parse(path.read_text()).get("Parameters", {}))
    for page in pages:
        text = page.read_text()
        named = re.findall(r"(?:`|\s)([A-Z][a-z]+(?:[A-Z][A-Za-z]*)?)=[\w\"]", text)
        for name in sorted(set(named) - known):
            yield f"{page.relative_to(ROOT)} sets {name}, which no template has"


TABLES = [("docs/deploy.md", "parameters", parameters), ("docs/security.md", "rights", rights)]


def main():
    """Writes the tables, or prints what differs."""
    all_faults = list(faults())
    for where, name, rows_of in TABLES:
        path = ROOT / where
        page = path.read_text()
        found = section(page, name)
        wanted = page[: found.start(2)] + "".join(rows_of()) + page[found.end(2) :]
        if "--write" in sys.argv:
            path.write_text(wanted)
        elif wanted != page:
            all_faults.append(f"{where}: its table of {name} is not what template.yaml has: docs_tables.py --write")
    for fault in all_faults:
        print(f"error: {fault}", file=sys.stderr)
    return 1 if all_faults else 0


if __name__ == "__main__":
    sys.exit(main())
