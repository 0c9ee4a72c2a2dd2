"""The sample events: which function each is for, how it reaches that function, and what it may say."""

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PARTITIONS = ["aws", "aws-us-gov", "aws-iso-b", "aws-iso"]
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


def verdict(answer, path):
    """What the function said, and whether that is an answer that a caller may get."""
    if "errorType" in answer:
        return f"error {answer['errorType']}", False
    if is_http(path):
        status = answer.get("statusCode", 0)
        return str(status), 200 <= status < 500
    if "batchItemFailures" in answer:
        again = len(answer["batchItemFailures"])
        return "comes again" if again else "worked", not again
    outcome = answer.get("outcome")
    return str(outcome), outcome in {"created", "updated", "unchanged", "rejected", "swept", "compared"}
