"""The Lambda Runtime API and @connections, with nothing but Python's standard library."""

import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

RUNTIME = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime"


def run(handler):
    """Asks for events for ever, and answers each with what `handler` returns or raises."""
    while True:
        with urllib.request.urlopen(f"{RUNTIME}/invocation/next") as response:
            request_id = response.headers["Lambda-Runtime-Aws-Request-Id"]
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


def send(url, text):
    request = urllib.request.Request(url, data=text.encode(), method="POST")
    try:
        with urllib.request.urlopen(request) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


if __name__ == "__main__":
    sys.exit("this is a module")
