"""The sample events: the function of each, how it is invoked, and the expected response."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PARTITIONS = ["aws", "aws-us-gov", "aws-iso-b", "aws-iso"]
# The expected response to each sample, by partition; `*` means every partition that is not named.
ANSWERS = json.loads((ROOT / "events" / "answers.json").read_text())
PACKAGES = {
    "StaticCredentials": "static-credentials",
    "Sts": "sts",
    "PodIdentity": "pod-identity",
    "Scap": "scap",
    "Accounts": "accounts",
    "Revalidation": "revalidation",
    "AccountVended": "account-vended",
    "AccountSweep": "account-sweep",
    "AccountResource": "account-resource",
    "AccountWatch": "account-watch",
    "KeyRotation": "key-rotation",
}


def template(partition):
    """Returns the template of a partition."""
    return ROOT / "template.yaml" if partition == "aws" else ROOT / "templates" / f"{partition}.yaml"


def of(package):
    """Returns the sample events of a function."""
    return sorted((ROOT / "events" / package).glob("*.json"))


def is_http(path):
    return path.name.startswith("http-")


def is_message(path):
    """Returns whether a sample is a message of a queue."""
    return path.parent.name == "account-vended" or path.name.startswith("message-")


def sent_now(path):
    """Returns the text of a sample. `AWS Account Vended` gets the current time, since Gangway rejects old events."""
    text = path.read_text()
    own = "Gangway Registration Requested" in text or "AWS Account Vended" in text
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return re.sub(r'("time\\*": *\\*")[^"\\]*', rf"\g<1>{now}", text) if own else text


def payload(path):
    """Returns the invocation payload: a queue message becomes a batch of one."""
    if not is_message(path):
        return sent_now(path).encode()
    attributes = {"ApproximateReceiveCount": "1", "SentTimestamp": "1795210938000"}
    record = {"messageId": path.stem, "body": sent_now(path), "attributes": attributes, "eventSource": "aws:sqs"}
    return json.dumps({"Records": [record]}).encode()


def problem(document):
    """Returns the problem type and the members of a document; nothing if it is no problem."""
    if not isinstance(document, dict) or "type" not in document:
        return []
    return [document["type"].split(":")[-1], *(it["pointer"] or "whole" for it in document.get("errors", []))]


def over_http(status, body):
    """Describes an HTTP response by its status and its problem type, since several problems have the same status."""
    try:
        return " ".join([str(status), *problem(json.loads(body))])
    except (TypeError, ValueError):
        return str(status)


def words(answer, path):
    """Describes the response of a function."""
    if "errorType" in answer:
        return f"error {answer['errorType']}"
    if is_http(path):
        return over_http(answer.get("statusCode"), answer.get("body"))
    if "batchItemFailures" in answer:
        return "retried" if answer["batchItemFailures"] else "processed"
    return " ".join([str(answer.get("outcome")), *problem(answer.get("problem"))])


def expected(path, partition):
    """Returns the expected response from events/answers.json, or nothing."""
    answers = ANSWERS[path.parent.name]
    known = answers.get(path.name) or answers.get("*", {})
    return known.get(partition) or known.get("elsewhere")


def verdict(answer, path, partition):
    """Returns the description of the response, and whether it is the expected one in this partition."""
    said = words(answer, path)
    return said, said == expected(path, partition)
