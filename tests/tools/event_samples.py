"""The sample events: which function each is for, how it reaches that function, and what it may say."""

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PARTITIONS = ["aws", "aws-us-gov", "aws-iso-b", "aws-iso"]
# What each sample is answered with, by partition; `*` stands for all that are not named.
ANSWERS = json.loads((ROOT / "events" / "answers.json").read_text())
PACKAGES = {
    "StaticCredentials": "static-credentials",
    "Sts": "sts",
    "PodIdentity": "pod-identity",
    "Scap": "scap",
    "Accounts": "accounts",
    "AccountVended": "account-vended",
    "AccountSweep": "account-sweep",
}


def template(partition):
    """The file that deploys Gangway there."""
    return ROOT / "template.yaml" if partition == "aws" else ROOT / "templates" / f"{partition}.yaml"


def of(package):
    """The files of a function."""
    return sorted((ROOT / "events" / package).glob("*.json"))


def is_http(path):
    return path.name.startswith("http-")


def payload(path):
    """What the function is invoked with: what a queue brings comes as one message of a batch."""
    if path.parent.name != "account-vended":
        return path.read_bytes()
    attributes = {"ApproximateReceiveCount": "1", "SentTimestamp": "1795210938000"}
    record = {"messageId": path.stem, "body": path.read_text(), "attributes": attributes, "eventSource": "aws:sqs"}
    return json.dumps({"Records": [record]}).encode()


def problem(document):
    """Which problem a document tells, and of which members; nothing where it tells none."""
    if not isinstance(document, dict) or "type" not in document:
        return []
    return [document["type"].split(":")[-1], *(it["pointer"] or "whole" for it in document.get("errors", []))]


def over_http(status, body):
    """An answer over HTTP in words: a status alone does not tell bad input from an account that is not ready."""
    try:
        return " ".join([str(status), *problem(json.loads(body))])
    except (TypeError, ValueError):
        return str(status)


def words(answer, path):
    """What a function said."""
    if "errorType" in answer:
        return f"error {answer['errorType']}"
    if is_http(path):
        return over_http(answer.get("statusCode"), answer.get("body"))
    if "batchItemFailures" in answer:
        return "retried" if answer["batchItemFailures"] else "processed"
    return " ".join([str(answer.get("outcome")), *problem(answer.get("problem"))])


def expected(path, partition):
    """What a sample is answered with there; nothing where events/answers.json does not tell."""
    answers = ANSWERS[path.parent.name]
    known = answers.get(path.name) or answers.get("*", {})
    return known.get(partition) or known.get("elsewhere")


def verdict(answer, path, partition):
    """What the function said, and whether that is what this sample is answered with in this partition."""
    said = words(answer, path)
    return said, said == expected(path, partition)
