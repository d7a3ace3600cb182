//! `@connections`, from outside and from functions.

use serde_json::{Value, json};

use crate::stack::Stack;

#[tokio::test]
async fn a_post_is_a_text_frame_for_the_client() {
    let stack = Stack::new().start().await;
    let mut client = stack.connect().await;
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
async fn escaped_paths_are_the_same_paths() {
    let stack = Stack::new().start().await;
    let mut client = stack.connect().await;
    let id = client.id().await.replace('=', "%3D");
    for path in ["@connections", "%40connections"] {
        let posted = stack
            .http("POST", &format!("/test/{path}/{id}"), path)
            .await;
        assert_eq!(posted.status, 200);
        assert_eq!(client.hear().await, path);
    }
}

#[tokio::test]
async fn repeated_slashes_are_merged() {
    let stack = Stack::new().start().await;
    let mut client = stack.connect().await;
    let id = client.id().await;
    let path = format!("/test//@connections/{id}");
    assert_eq!(stack.http("POST", &path, "x").await.status, 200);
    assert_eq!(client.hear().await, "x");
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
async fn an_ended_connection_is_410() {
    let stack = Stack::new().start().await;
    let mut client = stack.connect().await;
    let path = format!("/test/@connections/{}", client.id().await);
    drop(client);
    stack.event("DISCONNECT").await;
    for method in ["POST", "GET", "DELETE"] {
        let answer = stack.http(method, &path, "").await;
        assert_eq!((answer.status, answer.body.as_str()), (410, ""), "{method}");
        assert_eq!(answer.header("x-amzn-errortype"), Some("GoneException"));
    }
}

#[tokio::test]
async fn wrong_calls_are_answered_as_on_aws() {
    let stack = Stack::new().start().await;
    let mut client = stack.connect().await;
    let id = client.id().await;
    let wrong_id = stack.http("POST", "/test/@connections/unknown", "x").await;
    let message = r#"{"message":"Invalid connectionId: unknown"}"#;
    assert_eq!(wrong_id.error(), (400, Some("BadRequestException")));
    assert_eq!(wrong_id.body, message);
    let path = format!("/other/@connections/{id}");
    let wrong_stage = stack.http("POST", &path, "x").await;
    assert_eq!(wrong_stage.error(), (403, Some("ForbiddenException")));
    let path = format!("/test/@connections/{id}");
    let largest = stack.http("POST", &path, &"x".repeat(128 * 1024)).await;
    assert_eq!(largest.status, 200);
    let too_large = stack.http("POST", &path, &"x".repeat(128 * 1024 + 1)).await;
    assert_eq!(too_large.error(), (413, Some("PayloadTooLargeException")));
    assert_eq!(client.hear().await.len(), 128 * 1024);
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
    let stack = Stack::new().start().await;
    let mut client = stack.connect().await;
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
async fn a_description_is_written_as_aws_writes_it() {
    let stack = Stack::new().start().await;
    let mut client = stack.try_connect("", &[("user-agent", "w")]).await.unwrap();
    let path = format!("/test/@connections/{}", client.id().await);
    let answer = stack.http("GET", &path, "").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let described: Value = serde_json::from_str(&answer.body).unwrap();
    let wanted = format!(
        "{{\n  \"identity\" : {{\n    \"sourceIp\" : \"127.0.0.1\",\n    \"userAgent\" : \"w\"\n  }},\n  \
         \"connectedAt\" : {},\n  \"lastActiveAt\" : {}\n}}",
        described["connectedAt"], described["lastActiveAt"]
    );
    assert_eq!(answer.body, wanted);
}

#[tokio::test]
async fn signed_and_unsigned_calls_are_accepted() {
    let stack = Stack::new().start().await;
    let mut client = stack.connect().await;
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

#[tokio::test]
async fn the_queue_of_a_client_that_never_reads_is_bounded() {
    let stack = Stack::new().start().await;
    let (mut deaf, mut other) = (stack.connect().await, stack.connect().await);
    let path = format!("/test/@connections/{}", deaf.id().await);
    let message = "x".repeat(128 * 1024);
    let mut refusals = 0;
    // The kernel's buffers take some megabytes before the gateway's own queue fills.
    for _ in 0..200 {
        match stack.http("POST", &path, &message).await.status {
            200 => {}
            429 => refusals += 1,
            status => panic!("{status}"),
        }
    }
    assert!(refusals > 0, "200 messages of 128 KB were queued");
    let order = r#"{"action":"talk","say":"no delay"}"#;
    assert_eq!(other.ask(order).await, "no delay");
    assert_eq!(stack.http("DELETE", &path, "").await.status, 204);
    // The deaf client is let go.
    stack.event("DISCONNECT").await;
}
