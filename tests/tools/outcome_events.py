#!/usr/bin/env python3
"""Writes the JSON Schemas of outcome events, which have most members in common. `--check` compares them, and checks every sample.

The schemas use keywords of draft 4 only, so that EventBridge's schema registry takes them too. They allow members that they do
not name, which receivers ignore; the samples and the events of tests may have no such member.
"""

import json
import re
import sys
from pathlib import Path

from jsonschema import Draft4Validator, Draft202012Validator
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS, SAMPLES = ROOT / "events" / "schema", ROOT / "events" / "outcome"
PARTITIONS = ["aws", "aws-us-gov", "aws-iso-b", "aws-iso"]
METHODS = ["static-credentials", "sts", "pod-identity", "scap"]
MAX_TEXT, MAX_SUMMARY, MAX_ITEMS = 2000, 1000, 40
# Patterns that no member name and no text of an event may match: a private key, the two kinds of access keys.
SECRET_MEMBERS = {"secretAccessKey", "userKey", "accessKeyId"}
SECRET_TEXT = re.compile(r"PRIVATE KEY|\b(AKIA|ASIA)[A-Z0-9]{16}\b")


def text(description, **more):
    return {"description": description, "type": "string", **more}


def choice(description, values):
    return {"description": description, "enum": values}


def record(required, properties, **more):
    always = {"required": required} if required else {}
    return {**more, "type": "object", **always, "properties": properties}


def closed(document):
    """Returns the schema that allows no other members, to check the samples: Gangway sends no other members."""
    if isinstance(document, list):
        return [closed(it) for it in document]
    if not isinstance(document, dict):
        return document
    ends = {"additionalProperties": False} if document.get("type") == "object" and isinstance(document.get("properties"), dict) else {}
    return {name: closed(it) for name, it in document.items()} | ends


CALLER = record(
    [],
    {
        "arn": text("ARN that signed the request."),
        "accountId": text("AWS account of the caller, or of the event.", pattern="^[0-9]{12}$"),
        "sourceIp": text("Address that the request came from."),
        "eventId": text("Id of the event that asked for it."),
        "eventSource": text("Source of that event."),
    },
    description="Who or what asked for it: a caller of the API (arn, accountId, sourceIp), or an event (eventId, eventSource, accountId). Empty if the function was invoked directly.",
)
CHECK = record(
    ["id", "title", "severity", "outcome", "observed", "remedy"],
    {
        "id": text("Stable id of the check, as in docs/checks.md.", pattern="^[a-z0-9.-]+$"),
        "title": text("What is true if the check passes."),
        "severity": choice("A failed blocker prevents the registration.", ["blocker", "warning", "info"]),
        "outcome": choice("waived: it failed, and the request waived it.", ["failed", "waived"]),
        "observed": text("What Gangway observed.", maxLength=MAX_TEXT),
        "remedy": text("How to fix it.", maxLength=MAX_TEXT),
    },
)
ERROR = record(
    ["pointer", "detail"],
    {
        "pointer": text("JSON Pointer into the request."),
        "detail": text("The rule that the member breaks. Never its value.", maxLength=MAX_TEXT),
    },
)
SCOPE = {
    "description": "Palette scope of the account: the tenant, or a project by its uid or name.",
    "oneOf": [{"enum": ["tenant"]}, record(["project"], {"project": {"type": "string", "minLength": 1}})],
}
COMMON = {
    "version": {"description": "The version of this document. Ignore members that you do not know: a later Gangway may send more with the same version.", "enum": [1]},
    "requestId": text("Lambda's id of the invocation, as in the log.", minLength=1),
    "correlationId": text("The X-Request-Id of the caller, or the id of the event that asked for it, or else requestId. It is the same when an event is handled again.", minLength=1, maxLength=256),
    "traceparent": text("W3C Trace Context, as the caller sent it.", pattern="^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$"),
    "trigger": None,
    "caller": CALLER,
    "operation": None,
    "scope": SCOPE,
    "name": text("Name of the account in Palette."),
    "uid": text("Uid of the account in Palette."),
    "awsAccountId": text("The AWS account.", pattern="^[0-9]{12}$"),
    "partition": choice("The partition of the deployment.", PARTITIONS),
    "method": choice("How Palette authenticates to the account.", METHODS),
    "outcome": None,
    "secretArn": text("The secret that holds the account's credentials. Never its value.", pattern="^arn:aws(-us-gov|-iso-b|-iso)?:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[!-~]+$"),
    "waivedChecks": {"description": "Ids of failed checks that the request waived.", "type": "array", "items": {"type": "string", "pattern": "^[a-z0-9.-]+$"}},
    "checks": {"description": "The checks that failed or were waived. No other checks are listed.", "type": "array", "maxItems": MAX_ITEMS, "items": CHECK},
    "summary": text(
        "One sentence for people: the account, what happened and, if it was refused, the cause, the remedy and the check. It contains no double quote, backslash or control character, so that it can stand in a template of EventBridge.",
        maxLength=MAX_SUMMARY,
        pattern="^[^\"\\\\\\u0000-\\u001f\\u007f-\\u009f]+$",
    ),
}
ROTATION_TRIGGER = choice("Secrets Manager asked for a step of a rotation.", ["rotation"])
TRIGGER = choice(
    "How it was asked for: a request over HTTP, an event, a message in the queue of vended accounts, or a CloudFormation stack.",
    ["http", "event", "queue", "stack"],
)
WATCH_TRIGGER = choice("Nobody asked for it: the watch looked at the account.", ["watch"])
READY = {"description": "No blocking check failed.", "type": "boolean"}
REASON = text("What is to be done, for people.", maxLength=MAX_TEXT)
TIME = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?Z$"
REQUIRED = ["version", "requestId", "correlationId", "trigger", "caller", "operation", "partition", "outcome", "checks", "summary"]
# By the last words of the detail type: description, operations, outcomes, further members, and required members.
EVENTS = {
    "Account Registered": (
        "The account is registered in Palette. outcome created: it was not there before; unchanged: it was already as requested.",
        ["register", "replace", "onboard"],
        ["created", "unchanged"],
        {"ready": READY},
        ["scope", "name", "uid"],
    ),
    "Account Updated": (
        "The registered account has other settings or credentials than before.",
        ["register", "replace", "onboard"],
        ["updated"],
        {
            "ready": READY,
            "repaired": {
                "description": "Of a vended account: the parts of its role in AWS that were not as Gangway makes them, and were brought back.",
                "type": "array",
                "minItems": 1,
                "items": {"enum": ["role", "trust-policy", "permissions-boundary", "description", "policies", "tags"]},
            },
        },
        ["scope", "name", "uid"],
    ),
    "Account Rejected": (
        "A request, an event or a vended account was refused, and the same again would be refused too. Nothing in Palette was changed. checks names what failed, errors the members that are invalid, reason what is to be done.",
        ["register", "replace", "delete", "onboard", "offboard"],
        ["rejected"],
        {
            "problem": text("The problem type, as in a response over HTTP. Vended accounts have none.", pattern="^urn:gangway:problem:[a-z-]+$"),
            "errors": {"description": "Every invalid member of the request.", "type": "array", "maxItems": MAX_ITEMS, "items": ERROR},
            "reason": REASON,
        },
        ["reason"],
    ),
    "Account Removed": (
        "Palette no longer has the account. outcome removed: it was removed, and its secret can be restored for 30 days; absent: it was not in this scope, and an earlier run may have removed it.",
        ["delete", "offboard"],
        ["removed", "absent"],
        {},
        [],
    ),
    "Account Offboarding Requested": (
        "The AWS account is closed or has left the organization, and Palette still has it. A person decides, and removes it.",
        ["offboard"],
        ["reported"],
        {"reason": REASON},
        ["reason"],
    ),
    "Account Readiness Changed": (
        "The watch looked at the account in two runs, and both found the same, which is not what it had found before. checks names what failed.",
        ["watch"],
        ["ready", "not-ready"],
        {
            "ready": READY,
            "previous": choice("What ready was before. null: the account had not been looked at, or nothing was certain.", [True, False, None]),
            "since": text("When the watch first found it so, in UTC (RFC 3339).", pattern=TIME),
        },
        ["scope", "name", "uid", "ready", "previous", "since"],
    ),
    "Account Drifted": (
        "The sweep compared what Gangway made for a vended account with what is there. outcome drifted: drift names the parts that differ, reason what is to be done; restored: nothing differs any more.",
        ["watch"],
        ["drifted", "restored"],
        {
            "drift": {
                "description": "The parts that differ from what Gangway makes: of the role in AWS, or palette-account for the account in Palette. Empty if nothing differs any more.",
                "type": "array",
                "items": {"enum": ["role", "ownership-tags", "trust-policy", "permissions-boundary", "description", "policies", "tags", "palette-account"]},
            },
            "since": text("When a comparison first found it so, in UTC (RFC 3339).", pattern=TIME),
            "reason": REASON,
        },
        ["scope", "name", "uid", "drift", "since"],
    ),
    "Credential Expiring": (
        "A key or a certificate of the account is about to expire: told 30, 14, 7 and 1 days before.",
        ["watch"],
        ["expiring"],
        {
            "credential": choice(
                "Id of the check that looks at it. iam.key-age: an access key, which does not expire, but should be replaced when it is 90 days old.",
                ["certificates.authority-lasts", "certificates.client-lasts", "iam.key-age"],
            ),
            "expires": text("When it expires, in UTC (RFC 3339). For an access key, when it is 90 days old.", pattern=TIME),
            "daysLeft": {"description": "Whole days until then. Negative if that was before now.", "type": "integer"},
        },
        ["scope", "name", "uid", "credential", "expires", "daysLeft"],
    ),
    "Credential Rotated": (
        "Palette uses a new access key for the account, and the old one is deactivated. The next rotation deletes it.",
        ["rotate"],
        ["rotated"],
        {},
        ["scope", "name", "uid", "awsAccountId", "method", "secretArn"],
    ),
    "Rotation Failed": (
        "The access key of the account could not be rotated, and somebody has to do what reason says. The account works with the key that it has. Told once for each rotation.",
        ["rotate"],
        ["rotation-failed"],
        {"reason": REASON},
        ["scope", "name", "uid", "awsAccountId", "method", "secretArn", "reason"],
    ),
}


def schema(name):
    """Returns the schema of the event `Gangway <name>`."""
    meaning, operations, outcomes, own, always = EVENTS[name]
    properties = {}
    for member, value in COMMON.items():
        if member == "checks":
            properties |= {it: own[it] for it in own if it == "ready"}
        if member == "summary":
            properties |= {it: own[it] for it in own if it != "ready"}
        properties[member] = value
    is_watch = operations == ["watch"]
    is_rotation = operations == ["rotate"]
    properties["trigger"] = WATCH_TRIGGER if is_watch else ROTATION_TRIGGER if is_rotation else TRIGGER
    asked = "A regular look at the account." if is_watch else "A rotation of the access key." if is_rotation else "What was asked for. onboard and offboard are about vended accounts."
    properties["operation"] = choice(asked, operations)
    properties["outcome"] = choice("What became of it.", outcomes)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:gangway:schema:{name.lower().replace(' ', '-')}",
        "title": f"Gangway {name}",
        "description": f"The detail of an EventBridge event with detail-type \"Gangway {name}\" and source \"gangway\" on the stack's event bus. {meaning} Delivered at least once. It contains no secret.",
        "type": "object",
        "required": [*REQUIRED, *always],
        "properties": properties,
    }


def path_of(name):
    return SCHEMAS / f"gangway-{name.lower().replace(' ', '-')}.json"


def written(document):
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def strings(value):
    """Yields every text in a JSON document, and every name of a member as (name, None)."""
    if isinstance(value, dict):
        for name, it in value.items():
            yield name, None
            yield from strings(it)
    elif isinstance(value, list):
        for it in value:
            yield from strings(it)
    elif isinstance(value, str):
        yield None, value


def sample_faults(path, schemas):
    """Yields what is wrong with a sample."""
    event, where = json.loads(path.read_text()), path.relative_to(ROOT)
    kind = event["detail-type"]
    if event["source"] != "gangway" or kind not in schemas:
        yield f"{where}: Gangway sends no {kind} from {event['source']}"
        return
    for validator in (Draft202012Validator, Draft4Validator):
        for error in validator(closed(schemas[kind])).iter_errors(event["detail"]):
            yield f"{where}: {error.json_path}: {error.message}"
    for name, value in strings(event):
        if name in SECRET_MEMBERS or value is not None and SECRET_TEXT.search(value):
            yield f"{where}: {name or 'a text'} may be a secret"
    if event["detail"]["partition"] == "aws" and not event["region"].startswith("us-east"):
        yield f"{where}: partition and region do not fit"
    if f"`{path.name}`" not in (ROOT / "events" / "README.md").read_text():
        yield f"{where}: is missing in events/README.md"


def faults():
    """Yields differences to the files, and what is wrong with samples and documentation."""
    schemas = {f"Gangway {name}": schema(name) for name in EVENTS}
    for name in EVENTS:
        Draft4Validator.check_schema(schema(name))
        Draft202012Validator.check_schema(schema(name))
        if not path_of(name).exists() or path_of(name).read_text() != written(schema(name)):
            yield f"{path_of(name).relative_to(ROOT)} is not what outcome_events.py makes: outcome_events.py"
    sampled = set()
    for path in sorted(SAMPLES.glob("*.json")):
        yield from sample_faults(path, schemas)
        detail = json.loads(path.read_text())["detail"]
        sampled.add(detail["outcome"])
    for outcome in sorted({it for _, _, outcomes, *_ in EVENTS.values() for it in outcomes} - sampled):
        yield f"events/outcome: no sample of outcome {outcome}"
    page = (ROOT / "docs" / "events.md").read_text() if (ROOT / "docs" / "events.md").exists() else ""
    for name in {it for document in schemas.values() for it in document["properties"]} | set(schemas):
        if f"`{name}`" not in page:
            yield f"docs/events.md does not explain {name}"
    kinds = yaml_parse((ROOT / "template.yaml").read_text())["Parameters"]["NotificationKinds"]["AllowedValues"]
    for kind in sorted(schemas.keys() - set(kinds)):
        yield f"NotificationKinds does not allow {kind}"


def main():
    """Writes the schemas, or prints every error."""
    if "--check" not in sys.argv:
        for name in EVENTS:
            path_of(name).write_text(written(schema(name)))
        return 0
    found = list(faults())
    for fault in found:
        print(f"error: {fault}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
