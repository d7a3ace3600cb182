//! `@connections`, from outside and from functions.

use serde_json::{Value, json};

use crate::stack::Stack;

#[tokio::test]
async fn a_post_is_a_text_frame_for_the_client() {
    let (stack, mut client) = Stack::new().start_with_client().await;
    let id = client.id().await;
    let path = format!("/test/@connections/{id}");
    let answer = stack.http("POST", &path, "olá").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    assert_eq!(answer.header("content-length"), Some("0"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    for id in ["x-amzn-requestid", "x-amz-apigw-id"] {
        assert!(answer.header(id).is_some(), "{id}");
    }
    assert_eq!(client.hear().await, "olá");
    let empty = stack.http("POST", &path, "").await;
    assert_eq!(empty.status, 200);
    assert_eq!(client.hear().await, "");
}

#[tokio::test]
async fn one_client_reaches_another_through_a_function() {
    let stack = Stack::new().start().await;
    let (mut one, mut other) = (stack.connect().await, stack.connect().await);
    let id = other.id().await;
    let order = format!(r#"{{"action":"talk","to":"{id}","post":"hello"}}"#);
    assert_eq!(one.ask(&order).await, "200");
    assert_eq!(other.hear().await, "hello");
}

#[tokio::test]
async fn a_description_has_the_last_activity() {
    let stack = Stack::new().start().await;
    let agent = [("user-agent", "test")];
    let mut client = stack.try_connect("", &agent).await.unwrap();
    let path = format!("/test/@connections/{}", client.id().await);
    let answer = stack.http("GET", &path, "").await;
    let first: Value = serde_json::from_str(&answer.body).unwrap();
    let identity = json!({"sourceIp": "127.0.0.1", "userAgent": "test"});
    assert_eq!(first["identity"], identity);
    for time in ["connectedAt", "lastActiveAt"] {
        let text = first[time].as_str().unwrap();
        assert!(text.len() == 24 && text.ends_with('Z'), "{text}");
        assert!(text.parse::<jiff::Timestamp>().is_ok(), "{text}");
    }
    // Time stands still within a millisecond.
    let mut latest = first["lastActiveAt"].clone();
    for _ in 0..100 {
        stack.http("POST", &path, "x").await;
        let answer = stack.http("GET", &path, "").await;
        latest = serde_json::from_str::<Value>(&answer.body).unwrap()["lastActiveAt"].take();
    }
    let is_later = latest.as_str() > first["lastActiveAt"].as_str();
    assert!(is_later, "{latest}");
}

#[tokio::test]
async fn messages_of_the_client_count_as_activity() {
    let (stack, mut client) = Stack::new().start_with_client().await;
    let path = format!("/test/@connections/{}", client.id().await);
    let mut times = Vec::new();
    // Time stands still within a millisecond, and the gateway may be asked before it has read.
    while times.len() < 1_000 && times.first() == times.last() {
        // Nothing is sent back that could count as activity instead.
        client.send(r#"{"action":"talk","print":"heard"}"#).await;
        let answer = stack.http("GET", &path, "").await;
        let described: Value = serde_json::from_str(&answer.body).unwrap();
        times.push(described["lastActiveAt"].to_string());
    }
    assert!(times.first() < times.last(), "{times:?}");
}

#[tokio::test]
async fn signed_and_unsigned_calls_are_accepted() {
    let (stack, mut client) = Stack::new().start_with_client().await;
    let path = format!("/test/@connections/{}", client.id().await);
    let signature = "Authorization: AWS4-HMAC-SHA256 Credential=a/b/us-east-1/execute-api/aws4_request, SignedHeaders=host, \
                     Signature=0\r\nContent-Type: application/octet-stream\r\n";
    let answer = stack.http_with("POST", &path, signature, "signed").await;
    assert_eq!(answer.status, 200);
    assert_eq!(client.hear().await, "signed");
    let answer = stack.http_with("DELETE", &path, signature, "").await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    assert_eq!(answer.header("content-type"), None);
}
