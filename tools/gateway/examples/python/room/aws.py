"""Requests to AWS, signed with Signature Version 4, with Python's standard library only.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import datetime
import hashlib
import hmac
import json
import os
import urllib.error
import urllib.parse
import urllib.request

REGION = os.environ["AWS_REGION"]
DYNAMODB = os.environ.get("AWS_ENDPOINT_URL_DYNAMODB", f"https://dynamodb.{REGION}.amazonaws.com")


def dynamodb(operation, request):
    """Calls DynamoDB; raises an error unless the status is 200."""
    headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": f"DynamoDB_20120810.{operation}"}
    status, answer = call("dynamodb", f"{DYNAMODB}/", json.dumps(request).encode(), headers)
    if status != 200:
        raise RuntimeError(f"{operation} failed with {status}: {answer.decode()}")
    return json.loads(answer)


def call(service, address, body, headers=None):
    """Sends a POST request to a service; returns the status and the body."""
    headers = {"content-type": "text/plain; charset=utf-8", **(headers or {})}
    headers.update(signature(service, address, body, headers, datetime.datetime.now(datetime.timezone.utc)))
    request = urllib.request.Request(address, data=body, headers=headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def signature(service, address, body, headers, now):
    """The headers that sign a POST request and its `headers`."""
    url = urllib.parse.urlsplit(address)
    time, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    added = {"x-amz-date": time}
    if "AWS_SESSION_TOKEN" in os.environ:
        added["x-amz-security-token"] = os.environ["AWS_SESSION_TOKEN"]
    signed = {"host": url.netloc, **{name.lower(): value for name, value in headers.items()}, **added}
    names = ";".join(sorted(signed))
    lines = [f"{name}:{signed[name]}\n" for name in sorted(signed)]
    # Every service except S3 expects the path to be escaped twice in the canonical request.
    path = urllib.parse.quote(url.path, safe="/")
    canonical = "\n".join(["POST", path, "", "".join(lines), names, hashlib.sha256(body).hexdigest()])
    scope = f"{day}/{REGION}/{service}/aws4_request"
    wanted = "\n".join(["AWS4-HMAC-SHA256", time, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{os.environ['AWS_SECRET_ACCESS_KEY']}".encode()
    for part in (day, REGION, service, "aws4_request", wanted):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    credential = f"{os.environ['AWS_ACCESS_KEY_ID']}/{scope}"
    added["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={key.hex()}"
    )
    return added
