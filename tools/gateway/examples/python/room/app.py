"""The function: remembers who is there, echoes, broadcasts. A handler as AWS runs it, with nothing local about it."""

import json
import os
import urllib.parse

import aws

TABLE = os.environ["TABLE_NAME"]


def handler(event, _context):
    route = event["requestContext"]["routeKey"]
    return ROUTES[route](event, event["requestContext"]["connectionId"])


def connect(_event, connection_id):
    aws.dynamodb("PutItem", {"TableName": TABLE, "Item": {"id": {"S": connection_id}}})
    return {"statusCode": 200}


def disconnect(_event, connection_id):
    forget(connection_id)
    return {"statusCode": 200}


def echo(event, connection_id):
    post(connection_id, text(event))
    return {"statusCode": 200}


def broadcast(event, _connection_id):
    everybody = aws.dynamodb("Scan", {"TableName": TABLE, "ConsistentRead": True})
    for row in everybody["Items"]:
        post(row["id"]["S"], text(event))
    return {"statusCode": 200}


def post(connection_id, message):
    """Sends to one client. Whoever is gone (410) is forgotten; any other refusal is an error."""
    address = f"{os.environ['ENDPOINT']}/@connections/{urllib.parse.quote(connection_id, safe='')}"
    status, answer = aws.call("execute-api", address, message.encode())
    if status == 410:
        forget(connection_id)
    elif status != 200:
        raise RuntimeError(f"posting to {connection_id} was answered with {status}: {answer.decode()}")


def forget(connection_id):
    aws.dynamodb("DeleteItem", {"TableName": TABLE, "Key": {"id": {"S": connection_id}}})


def text(event):
    return json.loads(event["body"])["text"]


ROUTES = {"$connect": connect, "$disconnect": disconnect, "echo": echo, "broadcast": broadcast}
