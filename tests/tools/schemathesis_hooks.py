"""Hooks of schemathesis: sign each request, and use an account of the local cloud in some requests."""

import json
import os
from pathlib import Path

import requests
import schemathesis
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.session import Session

FACTS = json.loads(Path(os.environ["FACTS"]).read_text())


class Signed(requests.auth.AuthBase):
    """Signs a request with SigV4 for `execute-api`."""

    credentials = Session().get_credentials()

    def __call__(self, request):
        headers = {name: value for name, value in request.headers.items() if name.lower() == "content-type"}
        signed = AWSRequest(request.method, request.url, headers, request.body)
        SigV4Auth(self.credentials, "execute-api", os.environ["AWS_REGION"]).add_auth(signed)
        request.headers.update({name: signed.headers[name] for name in ("Authorization", "X-Amz-Date")})
        return request


schemathesis.auth.set_from_requests(Signed())


def method_of(path):
    """Returns the method of a registration path, or None if the path is not one of a method."""
    segment = path.split("/")[3] if path.count("/") > 2 else ""
    return segment if segment in FACTS["requests"] else None


@schemathesis.hook
def before_call(context, case, _kwargs):
    """Replaces the account in about half of the valid registrations by an account of the local cloud."""
    method, body = method_of(context.operation.path), case.body
    well_made = case.meta is not None and case.meta.generation.mode.is_positive
    if method and well_made and isinstance(body, dict) and len(json.dumps(body, default=str)) % 2:
        case.body = {**body, **FACTS["requests"][method], "name": body["name"]}
        case.body.pop("secretArn", None)
