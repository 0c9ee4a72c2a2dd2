#!/usr/bin/env python3
"""Sends the requests of the local cloud's DynamoDB test to moto, and compares the answers.

usage: dynamodb_contract.py

The local cloud's own test holds it to the answers in table_exchanges.json, and this one moto. A difference is an error unless
DEVIATIONS explains it. What DEVIATIONS lists must differ, so that no entry outlives its reason.
"""

import json
import sys
from pathlib import Path

import requests
from moto import mock_aws

ROOT = Path(__file__).resolve().parents[2]
EXCHANGES = ROOT / "tests" / "local-cloud" / "src" / "aws" / "tests" / "table_exchanges.json"
URL = "https://dynamodb.us-east-1.amazonaws.com/"
TABLE = "state"
# moto does not check the signature, but reads the region and the service from the header.
CREDENTIAL = "AKIAIOSFODNN7EXAMPLE/20261130/us-east-1/dynamodb/aws4_request"

# Exchanges in which moto is not as strict as DynamoDB, by reason. The local cloud is right in all of them.
DEVIATIONS = {
    "moto stores what DynamoDB refuses (API reference of AttributeValue, PutItem; limits of data types)": [
        "put of a number of 39 digits",
        "put of a large number",
        "put of a set with a member twice",
        "put of a value with two types",
    ],
    "moto does not check the placeholders; the developer guide says that each must be defined and used": [
        "put with values but no expression",
        "condition: an unused value",
        "condition: an undefined name",
        "condition: an undefined value",
        "condition: a name without #",
        "condition: an invalid value",
        "condition: no names",
        "put with names but no expression",
        "query with an unused value",
    ],
    "moto does not check the condition before it evaluates it; DynamoDB answers with ValidationException": [
        "condition: an empty expression",
        "condition: text behind the end",
        "condition: an expression that stops early",
        "condition: two operands of a function",
        "condition: a value where a path must be",
        "condition: an order of booleans",
        "condition: an attribute and itself",
        "condition on an item: two types have no order",
    ],
    "moto looks for reserved words in the names of functions": ["condition: an unknown function"],
    "moto has an exception of Python where the service answers with ValidationException": [
        "put of a value without a type",
        "put without an item",
        "query with limit 0",
        "query with OR",
        "query from half a key",
    ],
    "moto does not compare the type of a key with the table's": [
        "get with a number as key",
        "delete with a number as key",
        "query with a number as key",
    ],
    "moto does not check names of tables": ["get with an invalid table name"],
    "moto knows no reserved words in key conditions (developer guide: in no expression)": ["query with a reserved word"],
    "moto begins anywhere; DynamoDB only within the partition": ["query from a key of another partition"],
    "moto returns numbers as they were written; DynamoDB without unnecessary zeros (developer guide: data types)": [
        "get of numbers",
    ],
    "moto looks behind a full page; DynamoDB returns LastEvaluatedKey (API reference of Query: it may be the end)": [
        "query: a full last page",
    ],
    "the code is the same, the words are moto's": [
        "put with an empty key",
        "put of an empty number",
        "put of false as null",
        "put that returns what it cannot",
        "get without the sort key",
        "get with a reserved word",
        "query without a condition",
    ],
}
# DynamoDB writes this prefix before some messages of an operation only. The local cloud writes it before the messages that the
# service model defines.
ENVELOPE = "1 validation error detected: "


def expand(value):
    """Replaces each {"$repeat": [text, count]}."""
    if isinstance(value, dict):
        if "$repeat" in value:
            text, count = value["$repeat"]
            return text * count
        return {name: expand(one) for name, one in value.items()}
    return [expand(one) for one in value] if isinstance(value, list) else value


def call(operation, request):
    """Returns status and body of moto's response. An exception of moto gives status 500."""
    headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": f"DynamoDB_20120810.{operation}",
        "Authorization": f"AWS4-HMAC-SHA256 Credential={CREDENTIAL}, SignedHeaders=host, Signature=none",
    }
    try:
        response = requests.post(URL, data=json.dumps(request), headers=headers, timeout=10)
    except Exception as error:  # noqa: BLE001 - whatever moto raises
        return 500, {"exception": f"{type(error).__name__}: {error}"}
    return response.status_code, response.json()


def outcome(status, body):
    """Returns the compared parts of a response: status, error code without its namespace, message, and the rest of the body."""
    rest = {name: value for name, value in body.items() if name not in ("__type", "message", "Message")}
    code = str(body.get("__type", "")).rsplit("#", 1)[-1]
    message = str(body.get("message", body.get("Message"))).removeprefix(ENVELOPE)
    return {"status": status, "code": code, "message": message, "body": rest}


def create_table():
    """Creates the table of the test."""
    keys = {"scope": "HASH", "uid": "RANGE"}
    status, body = call(
        "CreateTable",
        {
            "TableName": TABLE,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in keys],
            "KeySchema": [{"AttributeName": name, "KeyType": kind} for name, kind in keys.items()],
        },
    )
    if status != 200:
        sys.exit(f"moto created no table: {body}")


@mock_aws
def main():
    exchanges = json.loads(EXCHANGES.read_text())
    create_table()
    explained = [name for names in DEVIATIONS.values() for name in names]
    faults, deviating = [], set()
    for exchange in exchanges:
        name = exchange["name"]
        request = {"TableName": TABLE, **expand(exchange["request"])}
        expected = outcome(exchange["answer"]["status"], expand(exchange["answer"]["body"]))
        found = outcome(*call(exchange["operation"], request))
        if found == expected:
            continue
        deviating.add(name)
        if name not in explained:
            faults.append(f"{name}\n  local cloud: {json.dumps(expected)[:400]}\n  moto:        {json.dumps(found)[:400]}")
        if found["status"] == 200 and expected["status"] != 200 and exchange["operation"] == "PutItem":
            # If moto accepted a request that it should reject, its table must not change the next responses.
            item = request["Item"]
            if all(isinstance(item.get(key), dict) for key in ("scope", "uid")):
                call("DeleteItem", {"TableName": TABLE, "Key": {key: item[key] for key in ("scope", "uid")}})
    faults += [f"{name}: listed as a deviation, and moto agrees" for name in explained if name not in deviating]
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults:
        sys.exit(1)
    print(f"moto agrees in {len(exchanges) - len(deviating)} of {len(exchanges)} exchanges; the others are explained")


if __name__ == "__main__":
    main()
