#!/usr/bin/env python3
"""Compares the permissions in template.yaml with those that the functions used in all tests, as the local cloud recorded them.

That nothing is done which is not allowed needs no look here: the local cloud refuses it. This is the other way round.
"""

import sys
from pathlib import Path

from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]

# Statements that only services use which the local cloud has not, or which no test can come to.
UNSEEN = {
    "WriteLogs": "Lambda writes what a function prints",
    "WriteTraces": "Lambda sends traces",
    "SendToDlq": "Lambda sends events that a function gave up on",
    "UseRuntimeKey": "SQS and Lambda open what they keep encrypted",
    "ManageNetworkInterfaces": "Lambda makes the network interfaces",
    "DecryptWithOtherKeys": "Secrets Manager opens secrets that a user encrypted with a key of their own",
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


def granted(template):
    """Yields (role, statement, action) of everything that a role may do."""
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
    # CloudFormation's names: stack, key in the template, a suffix.
    used = {(role.split("-")[1], sid, action) for role, sid, action in notes}
    allowed = set(granted(yaml_parse((ROOT / "template.yaml").read_text())))
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
