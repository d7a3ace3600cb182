"""Stores connections, echoes and broadcasts. The same code runs on AWS and locally."""

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
    delete(connection_id)
    return {"statusCode": 200}


def echo(event, connection_id):
    post(connection_id, text(event))
    return {"statusCode": 200}


def broadcast(event, _connection_id):
    rows = aws.dynamodb("Scan", {"TableName": TABLE, "ConsistentRead": True})
    for row in rows["Items"]:
        post(row["id"]["S"], text(event))
    return {"statusCode": 200}


def post(connection_id, message):
    """Sends to one client. A connection that is gone (410) is deleted; any other error is raised."""
    address = f"{os.environ['ENDPOINT']}/@connections/{urllib.parse.quote(connection_id, safe='')}"
    status, answer = aws.call("execute-api", address, message.encode())
    if status == 410:
        delete(connection_id)
    elif status != 200:
        raise RuntimeError(f"posting to {connection_id} failed with {status}: {answer.decode()}")


def delete(connection_id):
    aws.dynamodb("DeleteItem", {"TableName": TABLE, "Key": {"id": {"S": connection_id}}})


def text(event):
    return json.loads(event["body"])["text"]


ROUTES = {"$connect": connect, "$disconnect": disconnect, "echo": echo, "broadcast": broadcast}
