"""Makes templates/account-stack.yaml: the role of an account and its registration, from the documents that Palette publishes."""

import json
import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
PATH = ROOT / "templates" / "account-stack.yaml"
DOCUMENTS = ROOT / "shared" / "policies" / "documents"
# The documents of each profile, as in `documents_for` of shared/policies.
CORE = ["PaletteControllerPolicy", "PaletteControlPlanePolicy", "PaletteNodesPolicy", "PaletteDeploymentPolicy"]
PROFILES = {
    "core": CORE,
    "core-eks": [*CORE, "PaletteControllersEKSPolicy"],
    "minimum-eks-dynamic": ["PaletteMinimumEKSDynamicPermissions"],
    "minimum-eks-static": ["PaletteMinimumEKSStaticPermissions"],
    "minimum-iaas-dynamic": ["PaletteMinimumIaaSDynamicPermissions"],
    "minimum-iaas-static": ["PaletteMinimumIaaSStaticPermissions"],
}
# Findings of checkov that are accepted, because the documents must be as Palette publishes them.
SKIPPED = ", ".join(f"{{id: CKV_AWS_{number}, comment: As Palette publishes it.}}" for number in (107, 108, 109, 110, 111))
HEAD = """\
# Written by `make templates` from the documents that Palette publishes: change tests/tools/account_stack.py.
AWSTemplateFormatVersion: "2010-09-09"
Description: >-
  Registers this account in Spectro Cloud Palette: the role that Palette assumes, and the registration, which is removed with the
  stack. For a StackSet. GET /v1/sts/trust of Gangway returns the values of the parameters.

Parameters:
  StackTopicArn:
    Type: String
    Description: The output StackTopicArn of Gangway's stack. It must be in the region of this stack.
    AllowedPattern: ^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$
    ConstraintDescription: the ARN of a topic
  PaletteAccountId:
    Type: String
    Description: The AWS account that Palette assumes the role from, in the partition of this account.
    AllowedPattern: ^[0-9]{12}$
    ConstraintDescription: 12 digits
  ExternalId:
    Type: String
    Description: The external id that Palette shows for your tenant; never one of your own.
    AllowedPattern: ^[A-Za-z0-9_+=,.@:/-]{2,1224}$
    ConstraintDescription: 2 to 1224 letters, digits and _+=,.@:/-
  NamePrefix:
    Type: String
    Description: The name in Palette is this text, followed by the AWS account id.
    Default: aws-
    AllowedPattern: ^[A-Za-z0-9][A-Za-z0-9._-]{0,47}$
    ConstraintDescription: 1 to 48 letters, digits and ._-
  RoleName:
    Type: String
    Description: Name of the role.
    Default: SpectroCloudRole
    AllowedPattern: ^[A-Za-z0-9_+=,.@-]{1,64}$
    ConstraintDescription: 1 to 64 letters, digits and _+=,.@-
  PermissionProfile:
    Type: String
    Description: Permissions that Palette gets in this account.
    Default: core-eks
    AllowedValues: [%(profiles)s]

Conditions:
%(conditions)s
Resources:
%(policies)s
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Ref RoleName
      Description: Lets Spectro Cloud Palette manage clusters in this account.
      MaxSessionDuration: 3600
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal:
              AWS: !Sub arn:${AWS::Partition}:iam::${PaletteAccountId}:root
            Action: sts:AssumeRole
            Condition:
              StringEquals:
                sts:ExternalId: !Ref ExternalId
      ManagedPolicyArns:
%(attached)s
      Tags:
        - {Key: purpose, Value: palette-cloud-account}
        - {Key: permission-profile, Value: !Ref PermissionProfile}

  # Gangway waits until AWS sees the role everywhere. It is removed before the role.
  Account:
    Type: Custom::GangwayAccount
    Properties:
      ServiceToken: !Ref StackTopicArn
      Name: !Sub ${NamePrefix}${AWS::AccountId}
      RoleArn: !GetAtt Role.Arn
      PermissionProfile: !Ref PermissionProfile

Outputs:
  Uid:
    Description: Uid of the account in Palette.
    Value: !Ref Account
  RoleArn:
    Description: ARN of the role that Palette assumes.
    Value: !GetAtt Role.Arn
  Scope:
    Description: Where the account is in Palette.
    Value: !GetAtt Account.Scope
  Ready:
    Description: Whether Palette can use the account.
    Value: !GetAtt Account.Ready
"""


class Substituted(str):
    """A text with pseudo parameters, which YAML shows as `!Sub`."""


class Dumper(yaml.SafeDumper):
    """Writes `!Sub`, and indents lists."""

    def increase_indent(self, flow=False, indentless=False):
        return super().increase_indent(flow, False)

    def ignore_aliases(self, data):
        return True


Dumper.add_representer(Substituted, lambda dumper, text: dumper.represent_scalar("!Sub", str(text)))


def substituted(value):
    """Returns a document with the pseudo parameter `AWS::Partition` in its ARNs."""
    if isinstance(value, dict):
        return {name: substituted(it) for name, it in value.items()}
    if isinstance(value, list):
        return [substituted(it) for it in value]
    if isinstance(value, str) and "{partition}" in value:
        return Substituted(value.replace("${", "${!").replace("{partition}", "${AWS::Partition}"))
    return value


def condition(name):
    """Returns the name of the condition under which the template has a document."""
    return f"Has{name}"


def indented(text, spaces):
    return "".join(" " * spaces + line if line.strip() else line for line in text.splitlines(keepends=True))


def policy(name):
    """Returns the text of the managed policy resource for a document."""
    document = substituted(json.loads((DOCUMENTS / f"{name}.json").read_text()))
    text = yaml.dump(document, Dumper=Dumper, sort_keys=False, width=1000)
    text = re.sub(r"^Version: .*$", 'Version: "2012-10-17"', text, flags=re.MULTILINE)
    return f"""\
  {name}:
    Type: AWS::IAM::ManagedPolicy
    Condition: {condition(name)}
    Metadata:
      checkov: {{skip: [{SKIPPED}]}}
    Properties:
      ManagedPolicyName: {name}
      Description: Permissions that Spectro Cloud Palette needs.
      PolicyDocument:
{indented(text, 8)}"""


def template():
    """Returns the text of the whole template."""
    names = list(dict.fromkeys(name for documents in PROFILES.values() for name in documents))
    conditions = []
    for name in names:
        tests = [f"!Equals [!Ref PermissionProfile, {profile}]" for profile, documents in PROFILES.items() if name in documents]
        any_of = tests[0] if len(tests) == 1 else f"!Or [{', '.join(tests)}]"
        conditions.append(f"  {condition(name)}: {any_of}\n")
    return HEAD % {
        "profiles": ", ".join(PROFILES),
        "conditions": "".join(conditions),
        "policies": "\n".join(policy(name) for name in names),
        "attached": "\n".join(f"        - !If [{condition(name)}, !Ref {name}, !Ref AWS::NoValue]" for name in names),
    }
