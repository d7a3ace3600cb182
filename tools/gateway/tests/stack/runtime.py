"""The Lambda Runtime API and @connections, with nothing but Python's standard library."""

import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

API = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01"
RUNTIME = f"{API}/runtime"

# Headers of the present invocation, by their names in lower case.
headers = {}


def run(handler):
    """Asks for events for ever, and answers each with what `handler` returns or raises."""
    while True:
        with urllib.request.urlopen(f"{RUNTIME}/invocation/next") as response:
            headers.update((name.lower(), value) for name, value in response.headers.items())
            request_id = headers["lambda-runtime-aws-request-id"]
            text = response.read().decode()
        record(text)
        try:
            send(f"{RUNTIME}/invocation/{request_id}/response", json.dumps(handler(json.loads(text))))
        except Exception as error:
            report = {"errorType": type(error).__name__, "errorMessage": str(error)}
            send(f"{RUNTIME}/invocation/{request_id}/error", json.dumps(report))


def record(event):
    with open(os.environ["EVENTS"], "a", encoding="utf-8") as events:
        events.write(event + "\n")


def post(connection_id, text):
    """Sends to a client and returns the status, as an SDK would do it: with `=` escaped."""
    escaped = urllib.parse.quote(connection_id, safe="")
    return send(f"{os.environ['ENDPOINT']}/@connections/{escaped}", text)


def put(item):
    """Writes a row into the table."""
    host = os.environ["AWS_ENDPOINT_URL_DYNAMODB"]
    request = urllib.request.Request(host, json.dumps({"TableName": os.environ["TABLE_NAME"], "Item": item}).encode())
    request.add_header("Content-Type", "application/x-amz-json-1.0")
    request.add_header("X-Amz-Target", "DynamoDB_20120810.PutItem")
    request.add_header("X-Amz-Date", "20240101T000000Z")
    scope = "local/20240101/us-east-1/dynamodb/aws4_request"
    request.add_header("Authorization", f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0")
    urllib.request.urlopen(request).close()


def send(url, text):
    return call("POST", url, text)[0]


def call(method, url, text):
    """Status and body of the answer."""
    request = urllib.request.Request(url, data=text.encode() if method == "POST" else None, method=method)
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


if __name__ == "__main__":
    sys.exit("this is a module")
