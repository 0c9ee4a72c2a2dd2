"""What a portal does: asks whether an account would work, shows what to mend, registers it."""

import json
import os
import sys

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.session import Session

GANGWAY = os.environ["GANGWAY"]  # the stack's output ApiUrl


def call(verb, path, body=None):
    """Status and document of Gangway's answer."""
    data = None if body is None else json.dumps(body)
    request = AWSRequest(verb, GANGWAY + path, {"content-type": "application/json"}, data)
    SigV4Auth(Session().get_credentials(), "execute-api", os.environ["AWS_REGION"]).add_auth(request)
    answer = requests.request(verb, request.url, data=data, headers=dict(request.headers), timeout=30)
    return answer.status_code, answer.json()


method, account = sys.argv[1], json.loads(sys.argv[2])
status, report = call("POST", f"/v1/accounts/{method}/validate", account)
if status != 200:  # a problem: its detail says what to do, its errors point at members
    sys.exit(json.dumps(report, indent=2))
for check in report["checks"]:
    if check["outcome"] in ("failed", "unverified"):
        print(check["severity"], check["id"], check["observed"], check["remedy"], sep=" · ")
if not report["ready"]:
    sys.exit("not ready")
status, receipt = call("POST", f"/v1/accounts/{method}", account)
print(status, receipt["outcome"], receipt["uid"]) if status < 300 else sys.exit(json.dumps(receipt, indent=2))
