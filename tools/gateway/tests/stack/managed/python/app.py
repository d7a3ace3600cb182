"""Sends a request to the address that the message names, and answers with the result."""

import json
import os
import urllib.error
import urllib.parse
import urllib.request


def handler(event, context):
    request = event["requestContext"]
    via = json.loads(event["body"])["via"]
    public = f"{request['apiId']}.execute-api.{os.environ['AWS_REGION']}.amazonaws.com"
    other = "abcdefghij.execute-api.eu-west-1.amazonaws.com"
    host = {"domain": request["domainName"], "public": public, "other": other}.get(via)
    escaped = urllib.parse.quote(request["connectionId"], safe="")
    url = f"https://{host}/{request['stage']}/@connections/{escaped}" if host else via
    try:
        with urllib.request.urlopen(url, data=b"posted") as response:
            return {"statusCode": 200, "body": f"{response.status} {response.read().decode()}"}
    except urllib.error.HTTPError as error:
        return {"statusCode": 200, "body": f"{error.code} {error.read().decode()}"}
