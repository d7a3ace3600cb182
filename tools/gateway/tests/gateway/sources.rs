//! DynamoDB Streams and SQS queues as event sources, and SQS as the SDKs speak it.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    services::dynamodb_call,
    stack::{Running, Stack, eventually},
};

async fn start() -> Running {
    Stack::of("sources.yaml").start().await
}

async fn put(stack: &Running, id: &str) {
    let item = json!({"TableName": "log", "Item": {"id": {"S": id}}});
    dynamodb_call(&stack.ready.dynamodb, "PutItem", &item).await;
}

/// A call to SQS; the status and the body.
async fn sqs(stack: &Running, action: &str, input: &Value) -> (u16, Value) {
    let target =
        format!("X-Amz-Target: AmazonSQS.{action}\r\nContent-Type: application/x-amz-json-1.0\r\n");
    let answer = stack
        .http_with("POST", "/", &target, &input.to_string())
        .await;
    (answer.status, serde_json::from_str(&answer.body).unwrap())
}

fn url(stack: &Running, queue: &str) -> String {
    format!("http://{}/123456789012/{queue}", stack.address())
}

async fn send(stack: &Running, queue: &str, body: &str) -> Value {
    let input = json!({"QueueUrl": url(stack, queue), "MessageBody": body});
    let (status, sent) = sqs(stack, "SendMessage", &input).await;
    assert_eq!(status, 200, "{sent}");
    sent
}

/// Waits for the next message of a queue.
async fn receive(stack: &Running, queue: &str) -> Value {
    let input =
        json!({"QueueUrl": url(stack, queue), "WaitTimeSeconds": 20, "AttributeNames": ["All"]});
    let (_, received) = sqs(stack, "ReceiveMessage", &input).await;
    received["Messages"][0].clone()
}

/// All records of one event source that functions got, in their order.
fn records(stack: &Running, source: &str) -> Vec<Value> {
    let events = stack.events().into_iter();
    let records =
        events.filter_map(|mut event| event["Records"].as_array_mut().map(std::mem::take));
    records
        .flatten()
        .filter(|record| record["eventSource"] == source)
        .collect()
}

fn ids(records: &[Value]) -> Vec<&str> {
    records
        .iter()
        .filter_map(|record| record["dynamodb"]["Keys"]["id"]["S"].as_str())
        .collect()
}

#[tokio::test]
async fn records_of_a_stream_reach_the_function_in_order() {
    let stack = start().await;
    let wanted: Vec<_> = (0..30).map(|number| format!("row-{number:02}")).collect();
    for id in &wanted {
        put(&stack, id).await;
    }
    let found = || {
        let records = records(&stack, "aws:dynamodb");
        (records.len() >= wanted.len()).then_some(records)
    };
    let records = eventually("all records", found).await;
    assert_eq!(ids(&records), wanted);
    let record = &records[0];
    assert_eq!(record["eventName"], "INSERT");
    assert_eq!(record["awsRegion"], "us-east-1");
    assert_eq!(record["dynamodb"]["NewImage"]["id"]["S"], "row-00");
    let arn = record["eventSourceARN"].as_str().unwrap();
    let start = "arn:aws:dynamodb:us-east-1:123456789012:table/log/stream/";
    assert!(arn.starts_with(start), "{arn}");
}

#[tokio::test]
async fn a_record_that_fails_is_isolated_and_goes_to_the_failure_destination() {
    let stack = start().await;
    for id in ["a", "poison", "b"] {
        put(&stack, id).await;
    }
    let dead = receive(&stack, "dead").await;
    let failure: Value = serde_json::from_str(dead["Body"].as_str().unwrap()).unwrap();
    let condition = &failure["requestContext"]["condition"];
    assert_eq!(condition, "RetryAttemptsExhausted");
    assert_eq!(failure["DDBStreamBatchInfo"]["batchSize"], 1);
    let delivered = || {
        let records = records(&stack, "aws:dynamodb");
        let last = ids(&records).last().copied() == Some("b");
        last.then_some(())
    };
    eventually("the record after it", delivered).await;
}

#[tokio::test]
async fn a_restarted_gateway_continues_after_the_last_completed_batch() {
    let data = TempDir::new().unwrap();
    // A batch that keeps failing.
    let stack = || {
        Stack::of("sources.yaml")
            .with(
                "MaximumRetryAttempts: \"1\"",
                "MaximumRetryAttempts: \"10000\"",
            )
            .data(data.path())
    };
    let first = stack().start().await;
    put(&first, "done").await;
    let seen = |stack: &Running, id: &str| {
        let records = records(stack, "aws:dynamodb");
        ids(&records).contains(&id).then_some(())
    };
    eventually("the first record", || seen(&first, "done")).await;
    put(&first, "poison").await;
    eventually("the record that fails", || seen(&first, "poison")).await;
    first.stop().await;

    let second = stack().start().await;
    eventually("the record that was not done", || seen(&second, "poison")).await;
    let records = records(&second, "aws:dynamodb");
    assert_eq!(ids(&records)[0], "poison");
}

#[tokio::test]
async fn messages_of_a_queue_reach_the_function_and_failed_ones_the_dead_letter_queue() {
    let stack = start().await;
    for body in ["one", "poison", "two"] {
        send(&stack, "work", body).await;
    }
    let dead = receive(&stack, "dead").await;
    assert_eq!(dead["Body"], "poison");
    let records = records(&stack, "aws:sqs");
    let is = |body| move |record: &&Value| record["body"] == body;
    let bodies = |body: &'static str| records.iter().filter(is(body)).count();
    // A slow start of the function may exceed the visibility timeout, so messages may come twice.
    assert!(bodies("one") > 0 && bodies("two") > 0);
    assert_eq!(bodies("poison"), 2);
    let arn = "arn:aws:sqs:us-east-1:123456789012:work";
    assert_eq!(records[0]["eventSourceARN"], arn);
    assert_eq!(records[0]["attributes"]["ApproximateReceiveCount"], "1");
}

#[tokio::test]
async fn a_queue_is_used_as_sdks_use_it() {
    let stack = start().await;
    let queue = url(&stack, "ordered.fifo");
    let (_, found) = sqs(&stack, "GetQueueUrl", &json!({"QueueName": "ordered.fifo"})).await;
    assert_eq!(found["QueueUrl"], json!(queue));
    let entries = json!([
        {"Id": "1", "MessageBody": "a", "MessageGroupId": "g"},
        {"Id": "2", "MessageBody": "a", "MessageGroupId": "g"},
        {"Id": "3", "MessageBody": "b"},
    ]);
    let batch = json!({"QueueUrl": queue, "Entries": entries});
    let (_, sent) = sqs(&stack, "SendMessageBatch", &batch).await;
    let [first, second] = [0, 1].map(|index| &sent["Successful"][index]);
    assert_eq!(first["MessageId"], second["MessageId"]);
    let md5 = "0cc175b9c0f1b6a831c399e269772661";
    assert_eq!(first["MD5OfMessageBody"], md5);
    assert_eq!(sent["Failed"][0]["Code"], "MissingParameter");
    let received = receive(&stack, "ordered.fifo").await;
    assert_eq!(received["Attributes"]["MessageGroupId"], "g");
    let receipt = json!({"QueueUrl": queue, "ReceiptHandle": received["ReceiptHandle"]});
    let deleted = sqs(&stack, "DeleteMessage", &receipt).await;
    assert_eq!(deleted, (200, json!({})));
    let all = json!({"QueueUrl": queue, "AttributeNames": ["All"]});
    let (_, attributes) = sqs(&stack, "GetQueueAttributes", &all).await;
    assert_eq!(attributes["Attributes"]["ApproximateNumberOfMessages"], "0");
    let nowhere = json!({"QueueUrl": "http://x/1/absent", "MessageBody": "x"});
    let (status, error) = sqs(&stack, "SendMessage", &nowhere).await;
    assert_eq!(status, 400);
    assert_eq!(error["__type"], "com.amazonaws.sqs#QueueDoesNotExist");
}

#[tokio::test]
async fn a_queue_is_used_with_the_query_protocol_of_older_sdks() {
    let stack = start().await;
    let call = async |path: &str, form: &str| {
        let kind = "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n";
        let answer = stack.http_with("POST", path, kind, form).await;
        (answer.status, answer.body)
    };
    let holds = |(status, body): (u16, String), wanted: &str| {
        assert!(status == 200 && body.contains(wanted), "{status} {body}");
    };
    let found = call("/", "Action=GetQueueUrl&QueueName=ordered.fifo").await;
    let url = format!("<QueueUrl>{}</QueueUrl>", url(&stack, "ordered.fifo"));
    holds(found, &url);
    let path = "/123456789012/ordered.fifo";
    let sent = call(
        path,
        "Action=SendMessage&MessageBody=%3Ca%3E&MessageGroupId=g&MessageAttribute.1.Name=k\
         &MessageAttribute.1.Value.DataType=String&MessageAttribute.1.Value.StringValue=v",
    );
    // The MD5 of `<a>`.
    holds(
        sent.await,
        "<MD5OfMessageBody>e2fc207215939b25e8dd4c6f9db3cc38</MD5OfMessageBody>",
    );
    let received =
        "Action=ReceiveMessage&WaitTimeSeconds=5&AttributeName.1=All&MessageAttributeName.1=All";
    let (_, received) = call(path, received).await;
    assert!(received.contains("<Body>&lt;a&gt;</Body>"), "{received}");
    let group = "<Name>MessageGroupId</Name><Value>g</Value>";
    assert!(received.contains(group), "{received}");
    let receipt = received.split("<ReceiptHandle>").nth(1);
    let receipt = receipt.and_then(|rest| rest.split('<').next()).unwrap();
    let delete = format!("Action=DeleteMessage&ReceiptHandle={receipt}");
    holds(call(path, &delete).await, "<DeleteMessageResponse");
    let counted = call(
        path,
        "Action=GetQueueAttributes&AttributeName.1=ApproximateNumberOfMessages",
    );
    holds(
        counted.await,
        "<GetQueueAttributesResult><Attribute><Name>ApproximateNumberOfMessages</Name><Value>0</Value></Attribute></GetQueueAttributesResult>",
    );
    for (form, code) in [
        (
            "Action=GetQueueUrl&QueueName=absent",
            "AWS.SimpleQueueService.NonExistentQueue",
        ),
        (
            "Action=CreateQueue&QueueName=x",
            "AWS.SimpleQueueService.UnsupportedOperation",
        ),
        ("MessageBody=x", "MissingAction"),
        (
            "Action=SendMessage&MessageBody=%01&MessageGroupId=g",
            "InvalidMessageContents",
        ),
    ] {
        let (status, body) = call(path, form).await;
        let wanted = format!("<Type>Sender</Type><Code>{code}</Code>");
        assert!(status == 400 && body.contains(&wanted), "{form}: {body}");
    }
}
