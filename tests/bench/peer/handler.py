"""What one would write in an afternoon instead of Gangway: POST /v1/tenant/accounts/static-credentials with boto3 and requests.

Clients and connections are made once and used again, documents are read once, and what can be asked of AWS and Palette about
the keys is asked. It has no events, no update of an account, no repair after a crash, no other partition and no report check by
check: it is the peer that `make bench` measures Gangway's function against.
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


def actions():
    """Every action that Palette's documents allow everywhere and always."""
    found = set()
    for name in POLICIES:
        document = json.loads((Path(os.environ["POLICY_DOCUMENTS"]) / f"{name}.json").read_text())
        for statement in document["Statement"]:
            if statement["Effect"] == "Allow" and statement["Resource"] in ("*", ["*"]) and "Condition" not in statement:
                named = statement["Action"]
                found.update([named] if isinstance(named, str) else named)
    return sorted(action for action in found if "*" not in action)


ACTIONS = actions()


class Refused(Exception):
    """What is told to the caller, with its status."""

    def __init__(self, status, detail):
        super().__init__(detail)
        self.status, self.detail = status, detail


def ask(verb, path, **rest):
    """One call of Palette."""
    answer = palette.request(verb, PALETTE + path, timeout=TIMEOUT, **rest)
    if answer.status_code >= 400:
        raise Refused(502 if answer.status_code >= 500 else 422, f"Palette refused {verb} {path}: {answer.status_code}")
    return answer.json() if answer.content else None


def check(keys):
    """Whose keys these are and what they may do, seen with the keys themselves; the AWS account."""
    try:
        caller = boto3.client("sts", config=config, **keys).get_caller_identity()
    except ClientError as error:
        raise Refused(422, f"STS does not know the keys: {error.response['Error']['Code']}") from error
    user = caller["Arn"].split("/")[-1]
    if ":user/" not in caller["Arn"]:
        raise Refused(422, "the keys are not those of an IAM user")
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
                raise Refused(422, f"the user may not {', '.join(denied)}")
    except ClientError as error:
        raise Refused(422, f"IAM does not let the keys look: {error.response['Error']['Code']}") from error
    missing = [name for name in POLICIES if name not in attached]
    if missing:
        raise Refused(422, f"the user lacks {', '.join(missing)}")
    return caller["Account"]


def register(body):
    """Check, keep, register."""
    name, key, secret = body["name"], body["accessKeyId"], body["secretAccessKey"]
    account = check({"aws_access_key_id": key, "aws_secret_access_key": secret})
    spec = {"credentialType": "secret", "partition": "aws", "accessKey": key, "secretKey": secret, "policyARNs": []}
    ask("POST", "/v1/clouds/aws/account/validate", json=spec)
    existing = ask("GET", "/v1/cloudaccounts/aws", params={"filters": f"metadata.name={name}", "limit": 50})
    if any(item["metadata"]["name"] == name for item in existing["items"]):
        raise Refused(409, f"there is an account {name} already")
    kept = secrets.create_secret(
        Name=f"gangway/aws/{account}/{name}",
        SecretString=json.dumps({"accessKeyId": key, "secretAccessKey": secret}),
        Tags=[{"Key": "gangway:aws-account", "Value": account}],
    )
    made = ask("POST", "/v1/cloudaccounts/aws", json={
        "metadata": {"name": name, "annotations": {"scope": "tenant", "overlordUid": ""}},
        "spec": spec,
    })
    ask("GET", f"/v1/cloudaccounts/aws/{made['uid']}")
    secrets.tag_resource(SecretId=kept["ARN"], Tags=[{"Key": "gangway:palette-uid", "Value": made["uid"]}])
    return {"uid": made["uid"], "name": name, "awsAccountId": account, "secretArn": kept["ARN"]}


def answered(status, body):
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": json.dumps(body)}


def handler(event, _context):
    try:
        return answered(201, register(json.loads(event["body"])))
    except (KeyError, TypeError, ValueError) as error:
        return answered(400, {"detail": f"the request lacks {error}"})
    except Refused as refused:
        return answered(refused.status, {"detail": refused.detail})
    except requests.RequestException:
        return answered(502, {"detail": "Palette is not available"})
    except ClientError as error:
        return answered(502, {"detail": f"AWS refused: {error.response['Error']['Code']}"})
