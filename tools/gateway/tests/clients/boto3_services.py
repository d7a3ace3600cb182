"""Uses a queue, reads a parameter and invokes a function through boto3, and prints the results as JSON.

Usage: python boto3_services.py ENDPOINT QUEUE FUNCTION
"""

import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

endpoint, queue, function = sys.argv[1:]


def client(service):
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=Config(retries={"total_max_attempts": 1}),
    )


sqs = client("sqs")
url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
attributes = {
    "text": {"DataType": "String", "StringValue": "olá <&>"},
    "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
}
# boto3 compares the digests of what it sends and receives with its own.
sqs.send_message(QueueUrl=url, MessageBody="one\r\n<two>", MessageAttributes=attributes)
received = sqs.receive_message(
    QueueUrl=url, WaitTimeSeconds=5, AttributeNames=["All"], MessageAttributeNames=["All"]
)["Messages"][0]
results = {
    "body": received["Body"],
    "attributes": received["MessageAttributes"] == attributes,
    "received": received["Attributes"]["ApproximateReceiveCount"],
}
sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=received["ReceiptHandle"], VisibilityTimeout=0)
received = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"][0]
sqs.delete_message(QueueUrl=url, ReceiptHandle=received["ReceiptHandle"])
entries = [{"Id": str(number), "MessageBody": f"entry {number}"} for number in range(3)]
sent = sqs.send_message_batch(QueueUrl=url, Entries=entries)
results["batch"] = [entry["Id"] for entry in sent["Successful"]]
results["count"] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
results["queues"] = url in sqs.list_queues()["QueueUrls"]
try:
    sqs.get_queue_url(QueueName="absent")
except ClientError as refused:
    results["absent"] = type(refused).__name__
try:
    sqs.delete_message_batch(QueueUrl=url, Entries=[])
except ClientError as refused:
    results["empty"] = refused.response["Error"]["Code"].split(".")[-1]

ssm = client("ssm")
results["parameter"] = ssm.get_parameter(Name="/app/api")["Parameter"]["Name"]
try:
    ssm.get_parameter(Name="/absent")
except ClientError as refused:
    results["no parameter"] = type(refused).__name__

invoked = client("lambda").invoke(FunctionName=function, Payload=json.dumps({"Records": []}))
results["invoke"] = [invoked["StatusCode"], json.load(invoked["Payload"])]
results["event"] = client("lambda").invoke(FunctionName=function, Payload=json.dumps({"Records": []}), InvocationType="Event")["StatusCode"]
print(json.dumps(results))
