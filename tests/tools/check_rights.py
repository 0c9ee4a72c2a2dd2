#!/usr/bin/env python3
"""Compares the permissions in template.yaml, and in the templates of ROLES, with those that the functions used in all tests, as the local cloud recorded them.

That nothing is done which is not allowed needs no look here: the local cloud refuses it. This is the other way round.
"""

import sys
from pathlib import Path

from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]

# Statements that no test can use: the local cloud does not have the service, or no test reaches the call.
UNSEEN = {
    "WriteLogs": "Lambda writes what a function prints",
    "WriteTraces": "Lambda sends traces",
    "SendToDlq": "Lambda sends events that a function gave up on",
    "UseRuntimeKey": "SQS and Lambda open what they keep encrypted",
    "UseStatesKey": "DynamoDB opens what it keeps encrypted",
    "UseResourcesKey": "DynamoDB opens what it keeps encrypted",
    "UseReportsKey": "S3 encrypts what it keeps",
    "ManageNetworkInterfaces": "Lambda makes the network interfaces",
    "DecryptWithOtherKeys": "Secrets Manager opens secrets that a user encrypted with a key of their own",
}


# Roles of other templates: the role's name in the local cloud, the template, and the role's logical id in the template.
ROLES = {
    "GangwayEntry": ("entry-role.yaml", "Entry"),
    "GangwayMemberAccess": ("management-role.yaml", "MemberAccess"),
    "GangwayOrganizations": ("management-role.yaml", "Organizations"),
}


def listed(value):
    return value if isinstance(value, list) else [value]


def statements(document):
    """Yields every statement, regardless of template conditions."""
    for statement in document["Statement"]:
        branches = statement["Fn::If"][1:] if "Fn::If" in statement else [statement]
        yield from (branch for branch in branches if "Effect" in branch)


def policy_name(reference):
    """Returns the logical id of a managed policy, also of one that a condition adds."""
    return reference["Fn::If"][1]["Ref"] if "Fn::If" in reference else reference["Ref"]


def granted_elsewhere():
    """Yields (role, statement, action) of everything that the roles of other templates may do."""
    for name, (template, key) in ROLES.items():
        role = yaml_parse((ROOT / "templates" / template).read_text())["Resources"][key]
        for policy in role["Properties"]["Policies"]:
            for statement in statements(policy["PolicyDocument"]):
                yield from ((name, statement["Sid"], action) for action in listed(statement["Action"]))


def granted(template):
    """Yields (role, statement, action) of everything that a role of a function may do."""
    resources = template["Resources"]
    for id, role in resources.items():
        # Each function's role has its name.
        if role["Type"] != "AWS::IAM::Role" or not id.endswith("Role"):
            continue
        own = [policy["PolicyDocument"] for policy in role["Properties"].get("Policies", [])]
        named = [policy_name(it) for it in role["Properties"].get("ManagedPolicyArns", [])]
        for document in [*own, *(resources[name]["Properties"]["PolicyDocument"] for name in named)]:
            for statement in statements(document):
                if statement["Effect"] == "Allow":
                    yield from ((id, statement["Sid"], action) for action in listed(statement["Action"]))


def main():
    """Prints every permission that no function used."""
    notes = [line.split("\t") for path in Path(sys.argv[1]).glob("*.tsv") for line in path.read_text().splitlines()]
    # CloudFormation's names of functions' roles: stack, key in the template, a suffix.
    used = {(role if role in ROLES else role.split("-")[1], sid, action) for role, sid, action in notes if role in ROLES or "-" in role}
    allowed = {*granted(yaml_parse((ROOT / "template.yaml").read_text())), *granted_elsewhere()}
    unused = {it for it in allowed - used if it[1] not in UNSEEN}
    faults = [f"{role} may {action} ({sid}), and no function did" for role, sid, action in unused]
    faults += [f"{sid} was used by {role}: take it out of UNSEEN" for role, sid, _ in used if sid in UNSEEN]
    faults += [f"no role has {sid}: take it out of UNSEEN" for sid in UNSEEN.keys() - {sid for _, sid, _ in allowed}]
    if not notes:
        faults = [f"nothing was written down in {sys.argv[1]}"]
    for fault in sorted(faults):
        print(f"error: {fault}", file=sys.stderr)
    if not faults:
        print(f"{len({role for role, _, _ in allowed})} roles have {len(allowed)} rights: each was used or is explained")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
