#!/usr/bin/env python3
"""Checks what the CloudFormation linters cannot know: partitions, folders of functions, alarms, routes, sample events."""

import json
import logging
import re
import sys
from pathlib import Path

import alarms
from boto3 import Session
from jsonschema import Draft4Validator
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = [ROOT / "template.yaml", *sorted((ROOT / "templates").glob("*.yaml")), *sorted((ROOT / "docs" / "examples").glob("*.yaml"))]
REGIONS = {"aws-us-gov": "us-gov-west-1", "aws-iso": "us-iso-east-1", "aws-iso-b": "us-isob-east-1"}
SECRETS = {"secretAccessKey", "userKey"}


def literal_partitions():
    """Yields literal partitions: a template that names a partition works in no other."""
    for path in TEMPLATES:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            # CloudFormation accepts no function as a separator, so such a line may name a partition literally.
            line = re.sub(r'!Join \["", \["(arn:aws(-us-gov)?:[^"]*)", !Join \[",\1", ', "", line)
            service_principal = re.search(r"""(Service|Principal)"?: \[?("?[a-z.]+\.amazonaws\.com"?(, )?)+[\]}]*,?$""", line)
            # The documents of Palette name services of AWS in conditions and in names of their roles.
            is_published = path.name == "account-stack.yaml" and re.search(r"AWSServiceName: |/aws-service-role/", line)
            if "arn:aws" in line or ("amazonaws.com" in line and not service_principal and not is_published):
                yield f"{path.relative_to(ROOT)}:{number} names a partition: {line.strip()}"


def wrong_sam_arns():
    """Yields ARNs in SAM's output that do not use the partition of the deployment."""
    for partition, region in REGIONS.items():
        template = yaml_parse((ROOT / "template.yaml").read_text())
        for function in functions(template).values():
            function["Properties"]["CodeUri"] = "s3://bucket/key"
        arns = lambda template: set(re.findall(r"arn:aws[a-z-]*:[^\"]*", json.dumps(template)))
        own = arns(template)
        sam = Translator({}, Parser(), boto_session=Session(region_name=region))
        for arn in sorted(arns(sam.translate(template, {})) - own):
            if not arn.startswith(f"arn:{partition}:"):
                yield f"the template that SAM makes for {partition} names {arn}"


def functions(template):
    """Returns the functions by logical id."""
    return {id: it for id, it in template["Resources"].items() if it["Type"] == "AWS::Serverless::Function"}


def operations(template):
    """Yields (method, path, operation, condition) of every operation of the API."""
    for path, item in template["Resources"]["Api"]["Properties"]["DefinitionBody"]["paths"].items():
        condition, item, _ = item["Fn::If"] if "Fn::If" in item else (None, item, None)
        for verb, operation in item.items():
            yield verb.upper(), path, operation, condition


def routes(id, template):
    """Yields (method, path) of every route of a function."""
    end = f"/2015-03-31/functions/${{{id}.Arn}}/invocations"
    uri = lambda operation: operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
    return {(verb, path) for verb, path, operation, _ in operations(template) if uri(operation).endswith(end)}


def api(template):
    """Yields differences to openapi.json, operations without a signature, and bodies without a model."""
    described = {
        (verb.upper(), path): it
        for path, item in json.loads((ROOT / "openapi.json").read_text())["paths"].items()
        for verb, it in item.items()
        if verb in ("get", "put", "post", "delete")
    }
    offered = {(verb, path): operation for verb, path, operation, _ in operations(template)}
    for verb, path in sorted(described.keys() ^ offered.keys()):
        yield f"openapi.json and the API of template.yaml do not agree on {verb} {path}"
    for (verb, path), operation in offered.items():
        if operation.get("security") != [{"sigv4": []}]:
            yield f"{verb} {path} can be called without a signature"
        if ("requestBody" in operation) != ("requestBody" in described.get((verb, path), operation)):
            yield f"{verb} {path}: the API of template.yaml and openapi.json do not agree on a body"
    made = functions(template)
    for verb, path, operation, condition in operations(template):
        id = re.search(r"\$\{(\w+)\.Arn\}", operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"])[1]
        if made[id].get("Condition") != condition:
            yield f"{verb} {path} is not there exactly where {id} is"


def readable(text):
    try:
        json.loads(text)
    except (TypeError, json.JSONDecodeError):
        return False
    return True


def bodies(template):
    """Yields sample bodies that the gateway's model rejects, and a too large body that it accepts."""
    model = template["Resources"]["Api"]["Properties"]["DefinitionBody"]["components"]["schemas"]["Body"]
    body = Draft4Validator(model)
    for path in sorted((ROOT / "events").glob("*/http-*.json")):
        event = json.loads(path.read_text())
        modelled = any(
            (verb, where) == (event["httpMethod"], event["resource"]) and "requestBody" in operation
            for verb, where, operation, _ in operations(template)
        )
        if modelled and readable(event["body"]) and not body.is_valid(json.loads(event["body"])):
            yield f"{path.relative_to(ROOT)}: API Gateway would refuse its body"
    longest = {"certificateAuthority": "x" * 65537, "name": "x" * 2049, "policyArns": ["x"] * 51, "scope": {"project": "x" * 2049}}
    for name, value in longest.items():
        if body.is_valid({name: value}):
            yield f"API Gateway would take any length of {name}"
    for value in ([], "text", None, {f"member{number}": 1 for number in range(25)}):
        if body.is_valid(value):
            yield f"API Gateway would take {str(value)[:40]} as a body"


def function_folders(template):
    """Yields folders under functions/ that are not deployed, and routes without a sample event."""
    deployed = {Path(it["Properties"]["CodeUri"]).name: (id, it) for id, it in functions(template).items()}
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/Cargo.toml")}
    for name in sorted(folders ^ deployed.keys()):
        yield f"functions/{name} and template.yaml do not agree that it is a function"
    for name in sorted(folders & deployed.keys()):
        yield from events(name, *deployed[name], template)


def matches(pattern, event):
    """Returns whether an event matches a pattern. The template's patterns are lists of values only."""
    if isinstance(pattern, dict):
        return isinstance(event, dict) and all(matches(it, event.get(name)) for name, it in pattern.items())
    return event in pattern


def queued(function, template):
    """Returns the patterns of the rules that send events to the function's queue."""
    triggers = function["Properties"].get("Events", {}).values()
    feeds = [it["Properties"]["Queue"] for it in triggers if it["Type"] == "SQS"]
    for rule in template["Resources"].values():
        if rule["Type"] == "AWS::Events::Rule" and any(it["Arn"] in feeds for it in rule["Properties"]["Targets"]):
            yield rule["Properties"]["EventPattern"]


def messages(event):
    """Returns the messages of a batch; a single event is one message."""
    for record in event.get("Records", [{"body": json.dumps(event)}]):
        try:
            yield json.loads(record["body"])
        except json.JSONDecodeError:
            yield None


def rotating(template):
    """Returns the functions that Secrets Manager may invoke."""
    permissions = [it["Properties"] for it in template["Resources"].values() if it["Type"] == "AWS::Lambda::Permission"]
    return {it["FunctionName"]["Fn::GetAtt"][0] for it in permissions if it["Principal"] == "secretsmanager.amazonaws.com"}


def events(name, id, function, template):
    """Yields sample events that no rule, queue or permission of the template delivers to their function."""
    sampled = set()
    triggers = function["Properties"].get("Events", {}).values()
    kinds, rules = {it["Type"] for it in triggers}, [*queued(function, template)]
    patterns = [it["Properties"]["Pattern"] for it in triggers if it["Type"] == "EventBridgeRule"]
    for path in sorted((ROOT / "events" / name).glob("*.json")):
        where, event = path.relative_to(ROOT), json.loads(path.read_text())
        if path.name.startswith("http-"):
            route = (event["httpMethod"], event["resource"])
            sampled.add(route)
            if route not in routes(id, template):
                yield f"{where}: {' '.join(route)} is not a route of this function"
        elif path.name.startswith("eventbridge-"):
            kind, method = event["detail-type"], event["detail"]["method"]
            if not any(kind in it["detail-type"] and method in it["detail"]["method"] for it in patterns):
                yield f"{where}: no rule delivers it to this function"
            for member in sorted(SECRETS & event["detail"].keys()):
                yield f"{where}: an event must not carry {member}"
        elif path.name.startswith("schedule-") and "Schedule" in kinds:
            if event.get("detail-type") != "Scheduled Event":
                yield f"{where}: no schedule sends it"
        elif path.name.startswith("direct-") and "Schedule" in kinds:
            if "detail-type" in event:
                yield f"{where}: that is not how somebody asks for it"
        elif path.name.startswith("rotation-") and id in rotating(template):
            if {"Step", "SecretId", "ClientRequestToken"} - event.keys():
                yield f"{where}: Secrets Manager sends other members"
        elif "SQS" in kinds:
            # A message of an SNS topic, or a message that cannot be parsed, does not come from an EventBridge rule.
            bus_events = [it for it in messages(event) if isinstance(it, dict) and "detail-type" in it]
            # Some samples are events that no rule matches. They show that the function ignores such events.
            # The sources of `AWS Account Vended` are a parameter of the deployment.
            senders = [{name: it for name, it in rule.items() if name != "detail" and not isinstance(it, dict)} for rule in rules]
            if not all(any(matches(sender, it) for sender in senders) for it in bus_events):
                yield f"{where}: no rule delivers it to the queue of this function"
        else:
            yield f"{where}: is of no trigger that this function has"
        if f"`{path.name}`" not in (ROOT / "events" / "README.md").read_text():
            yield f"{where}: is missing in events/README.md"
    # The routes of a project and of the tenant are the same, so a sample for one of the scopes is enough.
    unscoped = lambda routes: {(verb, path.replace("/v1/projects/{project}/", "/v1/tenant/")) for verb, path in routes}
    for verb, path in sorted(unscoped(routes(id, template)) - unscoped(sampled)):
        yield f"events/{name}: no sample of {verb} {path}"


def main():
    """Prints every error at once."""
    logging.disable(logging.CRITICAL)  # SAM's translator warns of feature toggles that only AWS sets
    template = yaml_parse((ROOT / "template.yaml").read_text())
    watched = alarms.faults(template, functions(template))
    faults = [*literal_partitions(), *wrong_sam_arns(), *function_folders(template), *watched, *api(template), *bodies(template)]
    for fault in faults:
        print(f"error: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
