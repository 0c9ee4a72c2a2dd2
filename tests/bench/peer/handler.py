"""A short handler of POST /v1/tenant/accounts/static-credentials with boto3 and requests, for the comparison in `make bench`.

The handler creates clients and connections once, reads the policy documents once, and checks the access key with AWS and
Palette. It does not have events, updates of accounts, recovery after a crash, other partitions or a report of each check.
"""

import json
import os
from pathlib import Path

import boto3
import requests
from botocore.config import Config
from botocore.exceptions import ClientError

PALETTE = os.environ["PALETTE_URL"]
POLICIES = ("PaletteControllerPolicy", "PaletteControlPlanePolicy", "PaletteNodesPolicy", "PaletteDeploymentPolicy",
            "PaletteControllersEKSPolicy")
TIMEOUT = 8

config = Config(connect_timeout=3, read_timeout=TIMEOUT, retries={"mode": "standard", "max_attempts": 3})
secrets = boto3.client("secretsmanager", config=config)
palette = requests.Session()
palette.headers["ApiKey"] = secrets.get_secret_value(SecretId=os.environ["PALETTE_API_KEY_SECRET"])["SecretString"]


def required_actions():
    """Returns every action that Palette's documents allow on all resources without a condition."""
    found = set()
    for name in POLICIES:
        document = json.loads((Path(os.environ["POLICY_DOCUMENTS"]) / f"{name}.json").read_text())
        for statement in document["Statement"]:
            if statement["Effect"] == "Allow" and statement["Resource"] in ("*", ["*"]) and "Condition" not in statement:
                named = statement["Action"]
                found.update([named] if isinstance(named, str) else named)
    return sorted(action for action in found if "*" not in action)


ACTIONS = required_actions()


class RequestError(Exception):
    """An error response to the caller: HTTP status and detail."""

    def __init__(self, status, detail):
        super().__init__(detail)
        self.status, self.detail = status, detail


def call_palette(verb, path, **rest):
    """Sends a request to Palette, and returns the JSON of the response."""
    answer = palette.request(verb, PALETTE + path, timeout=TIMEOUT, **rest)
    if answer.status_code >= 400:
        raise RequestError(502 if answer.status_code >= 500 else 422, f"Palette refused {verb} {path}: {answer.status_code}")
    return answer.json() if answer.content else None


def check_access_key(keys):
    """Checks with an access key which identity it belongs to and what the identity may do. Returns the AWS account."""
    try:
        caller = boto3.client("sts", config=config, **keys).get_caller_identity()
    except ClientError as error:
        raise RequestError(422, f"STS does not know the keys: {error.response['Error']['Code']}") from error
    user = caller["Arn"].split("/")[-1]
    if ":user/" not in caller["Arn"]:
        raise RequestError(422, "the keys are not those of an IAM user")
    iam = boto3.client("iam", config=config, **keys)
    try:
        pages = iam.get_paginator("list_attached_user_policies").paginate(UserName=user)
        attached = {policy["PolicyName"] for page in pages for policy in page["AttachedPolicies"]}
        for start in range(0, len(ACTIONS), 100):
            pages = iam.get_paginator("simulate_principal_policy").paginate(
                PolicySourceArn=caller["Arn"], ActionNames=ACTIONS[start:start + 100]
            )
            results = [result for page in pages for result in page["EvaluationResults"]]
            denied = [result["EvalActionName"] for result in results if result["EvalDecision"] != "allowed"]
            if denied:
                raise RequestError(422, f"the user may not {', '.join(denied)}")
    except ClientError as error:
        raise RequestError(422, f"IAM does not let the keys look: {error.response['Error']['Code']}") from error
    missing = [name for name in POLICIES if name not in attached]
    if missing:
        raise RequestError(422, f"the user lacks {', '.join(missing)}")
    return caller["Account"]


def register(body):
    """Checks the access key, stores it in a secret and registers the account in Palette."""
    name, key, secret = body["name"], body["accessKeyId"], body["secretAccessKey"]
    account = check_access_key({"aws_access_key_id": key, "aws_secret_access_key": secret})
    spec = {"credentialType": "secret", "partition": "aws", "accessKey": key, "secretKey": secret, "policyARNs": []}
    call_palette("POST", "/v1/clouds/aws/account/validate", json=spec)
    existing = call_palette("GET", "/v1/cloudaccounts/aws", params={"filters": f"metadata.name={name}", "limit": 50})
    if any(item["metadata"]["name"] == name for item in existing["items"]):
        raise RequestError(409, f"there is an account {name} already")
    stored = secrets.create_secret(
        Name=f"gangway/aws/{account}/{name}",
        SecretString=json.dumps({"accessKeyId": key, "secretAccessKey": secret}),
        Tags=[{"Key": "gangway:aws-account", "Value": account}],
    )
    made = call_palette("POST", "/v1/cloudaccounts/aws", json={
        "metadata": {"name": name, "annotations": {"scope": "tenant", "overlordUid": ""}},
        "spec": spec,
    })
    call_palette("GET", f"/v1/cloudaccounts/aws/{made['uid']}")
    secrets.tag_resource(SecretId=stored["ARN"], Tags=[{"Key": "gangway:palette-uid", "Value": made["uid"]}])
    return {"uid": made["uid"], "name": name, "awsAccountId": account, "secretArn": stored["ARN"]}


def to_response(status, body):
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": json.dumps(body)}


def handler(event, _context):
    try:
        return to_response(201, register(json.loads(event["body"])))
    except (KeyError, TypeError, ValueError) as error:
        return to_response(400, {"detail": f"the request lacks {error}"})
    except RequestError as failure:
        return to_response(failure.status, {"detail": failure.detail})
    except requests.RequestException:
        return to_response(502, {"detail": "Palette is not available"})
    except ClientError as error:
        return to_response(502, {"detail": f"AWS refused: {error.response['Error']['Code']}"})
