"""Calls @connections through boto3 and prints its interpretation of each answer as JSON.

Usage: python boto3_client.py ENDPOINT CONNECTION_ID
"""

import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

endpoint, connection = sys.argv[1:]


def client(address):
    return boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=address,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=Config(retries={"total_max_attempts": 1}),
    )


def status(answer):
    return answer["ResponseMetadata"]["HTTPStatusCode"]


def error(call, **arguments):
    """The name of the error; for those of the model, that of the class that boto3 raises."""
    try:
        call(**arguments)
    except ClientError as refused:
        return type(refused).__name__ if type(refused) is not ClientError else refused.response["Error"]["Code"]
    return "no error"


api = client(endpoint)
answers = {"post": status(api.post_to_connection(ConnectionId=connection, Data="olá from boto3".encode()))}
described = api.get_connection(ConnectionId=connection)
answers["get"] = {
    "status": status(described),
    "sourceIp": described["Identity"]["SourceIp"],
    "activeSinceConnected": described["LastActiveAt"] >= described["ConnectedAt"],
}
answers["too large"] = error(api.post_to_connection, ConnectionId=connection, Data=b"x" * (128 * 1024 + 1))
answers["wrong shape"] = error(api.post_to_connection, ConnectionId="unknown", Data=b"x")
elsewhere = client(endpoint.rsplit("/", 1)[0] + "/other")
answers["other stage"] = error(elsewhere.post_to_connection, ConnectionId=connection, Data=b"x")
answers["delete"] = status(api.delete_connection(ConnectionId=connection))
answers["post when gone"] = error(api.post_to_connection, ConnectionId=connection, Data=b"x")
answers["get when gone"] = error(api.get_connection, ConnectionId=connection)
answers["delete when gone"] = error(api.delete_connection, ConnectionId=connection)
print(json.dumps(answers))
