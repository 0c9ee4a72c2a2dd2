"""Validates an account, prints what has to be fixed, and registers it."""

import json
import os
import sys

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.session import Session

GANGWAY = os.environ["GANGWAY"]  # the stack's output ApiUrl


def call(method, path, body=None):
    """Returns the status and the JSON document of the response."""
    data = None if body is None else json.dumps(body)
    request = AWSRequest(method, GANGWAY + path, {"content-type": "application/json"}, data)
    SigV4Auth(Session().get_credentials(), "execute-api", os.environ["AWS_REGION"]).add_auth(request)
    response = requests.request(method, request.url, data=data, headers=dict(request.headers), timeout=30)
    return response.status_code, response.json()


auth_method, account = sys.argv[1], json.loads(sys.argv[2])
status, report = call("POST", f"/v1/tenant/accounts/{auth_method}/validate", account)
if status != 200:  # an RFC 9457 problem: detail says what to do, errors point at members
    sys.exit(json.dumps(report, indent=2))
for check in report["checks"]:
    if check["outcome"] in ("failed", "unverified"):
        print(check["severity"], check["id"], check["observed"], check["remedy"], sep=" · ")
if not report["ready"]:
    sys.exit("not ready")
status, receipt = call("POST", f"/v1/tenant/accounts/{auth_method}", account)
print(status, receipt["outcome"], receipt["uid"]) if status < 300 else sys.exit(json.dumps(receipt, indent=2))
