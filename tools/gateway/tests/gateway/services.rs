//! The services beside the API: tables, schedules, the site.

use std::fs;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::stack::{Running, Stack};

/// One call to DynamoDB, without a valid signature, because only its form is checked here.
async fn dynamodb(stack: &Running, operation: &str, body: &Value) -> Value {
    dynamodb_call(&stack.ready.dynamodb, operation, body).await
}

/// The same, to the DynamoDB at an address.
pub(crate) async fn dynamodb_call(address: &str, operation: &str, body: &Value) -> Value {
    let answer = dynamodb_answer(address, operation, body).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
    serde_json::from_str(body).unwrap()
}

/// The response, whatever it is.
pub(crate) async fn dynamodb_answer(address: &str, operation: &str, body: &Value) -> String {
    let body = body.to_string();
    let host = address.strip_prefix("http://").unwrap();
    let request = format!(
        "POST / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nX-Amz-Target: DynamoDB_20120810.{operation}\r\n\
         Content-Type: application/x-amz-json-1.0\r\nX-Amz-Date: 20240101T000000Z\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential=local/20240101/us-east-1/dynamodb/aws4_request, \
         SignedHeaders=host, Signature=0\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    raw_call(host, &request).await
}

/// Sends a request as it is, and returns everything up to the end of the connection.
pub(crate) async fn raw_call(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn the_clock_can_be_moved_forward() {
    let (stack, mut client) = Stack::new().start_with_client().await;
    client.id().await;
    let moved = stack
        .http("POST", "/_gateway/clock", r#"{"advanceSeconds":599}"#)
        .await;
    assert_eq!(moved.status, 200, "{moved:?}");
    client.id().await;
    stack
        .http("POST", "/_gateway/clock", r#"{"advanceSeconds":600}"#)
        .await;
    assert_eq!(client.closed().await, (1001, "Going away".to_owned()));
    let clock = stack.http("GET", "/_gateway/clock", "").await;
    let clock: Value = serde_json::from_str(&clock.body).unwrap();
    assert_eq!(clock["aheadSeconds"], 1199);
    for wrong in [
        "",
        "{}",
        r#"{"advanceSeconds":-1}"#,
        r#"{"advanceSeconds":1e99}"#,
    ] {
        let refused = stack.http("POST", "/_gateway/clock", wrong).await;
        assert_eq!(refused.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn rows_expire_when_the_clock_is_moved() {
    let stack = Stack::new().start().await;
    let hour = jiff::Timestamp::now().as_second() + 3600;
    let item = json!({"id": {"S": "short-lived"}, "expiresAt": {"N": hour.to_string()}});
    let put = json!({"TableName": "test-table", "Item": item});
    dynamodb(&stack, "PutItem", &put).await;
    stack
        .http("POST", "/_gateway/clock", r#"{"advanceSeconds":3700}"#)
        .await;
    let deadline = std::time::Instant::now() + crate::stack::TIMEOUT;
    loop {
        let rows = dynamodb(&stack, "Scan", &json!({"TableName": "test-table"})).await;
        if rows["Count"] == 0 {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "{rows}");
    }
}

#[tokio::test]
async fn the_tables_of_the_template_are_there() {
    let stack = Stack::new().start().await;
    let described = dynamodb(&stack, "DescribeTable", &json!({"TableName": "test-table"})).await;
    let keys = json!([{"AttributeName": "id", "KeyType": "HASH"}]);
    assert_eq!(described["Table"]["KeySchema"], keys);
    let table = json!({"TableName": "test-table"});
    let time_to_live = dynamodb(&stack, "DescribeTimeToLive", &table).await;
    let wanted = json!({"AttributeName": "expiresAt", "TimeToLiveStatus": "ENABLED"});
    assert_eq!(time_to_live["TimeToLiveDescription"], wanted);
}

#[tokio::test]
async fn indexes_of_the_template_are_there() {
    let stack = Stack::new()
        .with("AttributeDefinitions: [", "AttributeDefinitions: [{ AttributeName: room, AttributeType: S }, ")
        .with(
            "      TimeToLiveSpecification",
            "      GlobalSecondaryIndexes:\n      - IndexName: byRoom\n        KeySchema: [{ AttributeName: room, KeyType: \
             HASH }]\n        Projection: { ProjectionType: ALL }\n      TimeToLiveSpecification",
        )
        .start()
        .await;
    let described = dynamodb(&stack, "DescribeTable", &json!({"TableName": "test-table"})).await;
    let index = &described["Table"]["GlobalSecondaryIndexes"][0];
    assert_eq!(index["IndexName"], "byRoom");
}

#[tokio::test]
async fn rows_survive_a_restart_with_data_and_nothing_else_does() {
    let folder = tempfile::TempDir::new().unwrap();
    let item = json!({"id": {"S": "kept"}});
    let stack = Stack::new().data(folder.path()).start().await;
    let put = json!({"TableName": "test-table", "Item": item});
    dynamodb(&stack, "PutItem", &put).await;
    stack.stop().await;
    let stack = Stack::new().data(folder.path()).start().await;
    let rows = dynamodb(&stack, "Scan", &json!({"TableName": "test-table"})).await;
    assert_eq!(rows["Items"], json!([item]));
    stack.stop().await;
    let stack = Stack::new().start().await;
    let rows = dynamodb(&stack, "Scan", &json!({"TableName": "test-table"})).await;
    assert_eq!(rows["Items"], json!([]));
}

#[tokio::test]
async fn a_schedule_can_be_fired_immediately() {
    let stack = Stack::new().start().await;
    let answer = stack.http("POST", "/_gateway/schedules/talk", "").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let result: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(result["source"], "aws.events");
    for (method, function, status) in [("POST", "door", 404), ("GET", "talk", 405)] {
        let path = format!("/_gateway/schedules/{function}");
        assert_eq!(stack.http(method, &path, "").await.status, status);
    }
}

#[tokio::test]
async fn a_schedule_whose_function_fails_is_a_bad_gateway() {
    let stack = Stack::new()
        .with(
            "rate(1 hour)",
            "rate(1 hour)\n            Input: '{\"requestContext\":1}'",
        )
        .start()
        .await;
    let answer = stack.http("POST", "/_gateway/schedules/talk", "").await;
    assert_eq!(answer.status, 502, "{answer:?}");
    assert!(answer.body.contains("KeyError"), "{answer:?}");
}

#[tokio::test]
async fn a_site_is_served_on_the_same_port() {
    let folder = tempfile::TempDir::new().unwrap();
    fs::write(folder.path().join("index.html"), "<p>olá").unwrap();
    fs::write(folder.path().join("app-9f86d081884c7d65_bg.wasm"), "\0asm").unwrap();
    let stack = Stack::new().site(folder.path()).start().await;
    let site = format!("http://{}/", stack.address());
    assert_eq!(stack.ready.site, Some(site));
    let index = stack.http("GET", "/", "").await;
    assert_eq!((index.status, index.body.as_str()), (200, "<p>olá"));
    assert_eq!(index.header("cache-control"), Some("no-cache"));
    assert_eq!(index.header("content-type"), Some("text/html"));
    let wasm = stack.http("GET", "/app-9f86d081884c7d65_bg.wasm", "").await;
    assert_eq!(wasm.header("content-type"), Some("application/wasm"));
    let caching = wasm.header("cache-control");
    assert_eq!(caching, Some("public, max-age=31536000, immutable"));
    assert_eq!(stack.http("GET", "/missing.js", "").await.status, 404);
    assert_eq!(stack.http("GET", "/../../etc/passwd", "").await.status, 404);
    assert_eq!(stack.http("POST", "/", "").await.status, 403);
    assert_eq!(stack.http("GET", "/test", "").await.status, 426);
    stack.connect().await;
}

#[tokio::test]
async fn parameters_of_systems_manager_are_read_as_sdks_read_them() {
    let stack = Stack::of("services.yaml").start().await;
    let call = async |operation: &str, input: Value| {
        // As the AWS SDK for JavaScript 3 sends it.
        let head = format!(
            "X-Amz-Target: AmazonSSM.{operation}\r\nContent-Type: application/x-amz-json-1.1\r\n"
        );
        let body = input.to_string();
        let answer = stack.http_with("POST", "/", &head, &body).await;
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        (answer.status, body)
    };
    let name = json!({"Name": "/app/api", "WithDecryption": true});
    let (status, mut found) = call("GetParameter", name).await;
    assert_eq!(status, 200, "{found}");
    let modified = found["Parameter"]["LastModifiedDate"].take();
    assert!(modified.is_number(), "{modified}");
    let api = json!({
        "ARN": "arn:aws:ssm:us-east-1:123456789012:parameter/app/api",
        "DataType": "text",
        "LastModifiedDate": null,
        "Name": "/app/api",
        "Type": "String",
        "Value": format!("http://{}/test", stack.address()),
        "Version": 1,
    });
    assert_eq!(found["Parameter"], api);
    let absent = call("GetParameter", json!({"Name": "/absent"})).await;
    assert_eq!(absent, (400, json!({"__type": "ParameterNotFound"})));
    let names = json!({"Names": ["/app/api", "/absent"]});
    let (_, several) = call("GetParameters", names).await;
    assert_eq!(several["Parameters"][0]["Name"], "/app/api");
    assert_eq!(several["InvalidParameters"], json!(["/absent"]));
    let (_, below) = call("GetParametersByPath", json!({"Path": "/app"})).await;
    assert_eq!(below["Parameters"][0]["Name"], "/app/api");
}
