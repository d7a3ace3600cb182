//! Integrations with services, by mapping templates.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    sync::mpsc,
};

use crate::stack::{Client, Running, Stack, eventually};

async fn start() -> (Running, Client) {
    Stack::of("services.yaml").start_with_client().await
}

/// The first event that functions have recorded and that `is_wanted`.
async fn recorded(stack: &Running, is_wanted: impl Fn(&Value) -> bool) -> Value {
    let found = || stack.events().into_iter().find(|event| is_wanted(event));
    eventually("the event", found).await
}

#[tokio::test]
async fn a_mapping_template_writes_the_event_and_the_result_is_the_answer() {
    let (_stack, mut client) = start().await;
    let answer = client.ask(r#"{"action":"greet","name":"Ana \"A\""}"#).await;
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer, json!({"greeting": "hello Ana \"A\""}));
}

#[tokio::test]
async fn an_asynchronous_invocation_gets_what_the_template_writes() {
    let (stack, mut client) = start().await;
    client.send(r#"{"action":"record","n":1}"#).await;
    let event = recorded(&stack, |event| event["from"].is_string()).await;
    assert_eq!(event["body"], json!({"action": "record", "n": 1}));
}

#[tokio::test]
async fn a_message_goes_to_a_queue_and_from_there_to_a_function() {
    let (stack, mut client) = start().await;
    let message = r#"{"action":"order","what":"a & b"}"#;
    client.send(message).await;
    let event = recorded(&stack, |event| event["Records"].is_array()).await;
    let record = &event["Records"][0];
    assert_eq!(record["body"], message);
    let from = record["messageAttributes"]["from"]["stringValue"].as_str();
    assert_eq!(from.map(str::len), Some(16));
}

#[tokio::test]
async fn a_request_that_is_not_json_is_an_error_frame() {
    let (_stack, mut client) = start().await;
    // `$input.body` is an unquoted key, which is a route and not JSON.
    for message in ["{action: \"record\"}", r#"{"action":"start"}"#] {
        let answer = client.ask(message).await;
        assert!(answer.contains("Internal server error"), "{answer}");
    }
}

#[tokio::test]
async fn a_message_is_published_to_the_subscribers_that_want_it() {
    let (stack, mut client) = start().await;
    for kind in ["calm", "urgent"] {
        let message = json!({"action": "publish", "text": format!("{kind} & more"), "kind": kind});
        client.send(&message.to_string()).await;
    }
    let event = recorded(&stack, |event| event["Records"][0]["Sns"].is_object()).await;
    let sns = &event["Records"][0]["Sns"];
    assert_eq!(sns["Message"], "urgent & more");
    assert_eq!(sns["Subject"], "s");
    let kind = json!({"Type": "String", "Value": "urgent"});
    assert_eq!(sns["MessageAttributes"]["kind"], kind);
    // The queue has no filter.
    let event = recorded(&stack, |event| {
        let body = event["Records"][0]["body"].as_str().unwrap_or_default();
        body.contains("calm & more")
    })
    .await;
    let envelope: Value =
        serde_json::from_str(event["Records"][0]["body"].as_str().unwrap()).unwrap();
    assert_eq!(envelope["Type"], "Notification");
    let topic = "arn:aws:sns:us-east-1:123456789012:local-News";
    assert_eq!(envelope["TopicArn"], topic);
}

#[tokio::test]
async fn rows_are_written_and_read_without_a_function() {
    let (_stack, mut client) = start().await;
    let mut ask = async |message: &str| -> Value {
        let answer = client.ask(message).await;
        serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{answer}"))
    };
    let save = r#"{"action":"save","id":"a"}"#;
    assert_eq!(ask(save).await, json!({"saved": true}));
    // The table refuses it, for which there is a separate response.
    assert_eq!(ask(save).await, json!({"saved": false}));
    assert_eq!(ask(r#"{"action":"list"}"#).await, json!(["a"]));
}

/// An HTTP endpoint that gives the same response to each request, and the requests as text.
async fn endpoint(response: &'static str) -> (SocketAddr, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, requests) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !request.ends_with(b"}") && stream.read_buf(&mut request).await.unwrap() > 0 {}
            stream.write_all(response.as_bytes()).await.unwrap();
            let _ = sender.send(String::from_utf8(request).unwrap());
        }
    });
    (address, requests)
}

#[tokio::test]
async fn a_message_goes_to_an_http_endpoint_and_the_response_comes_back() {
    let (address, mut requests) =
        endpoint("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\nkept").await;
    let (_stack, mut client) = Stack::of("services.yaml")
        .with("127.0.0.1:1/", &format!("{address}/"))
        .start_with_client()
        .await;
    let message = r#"{"action":"forward","room":"a b"}"#;
    assert_eq!(client.ask(message).await, "kept");
    let request = requests.recv().await.unwrap();
    let start = "PUT /rooms/a%20b HTTP/1.1\r\n";
    assert!(request.starts_with(start), "{request}");
    assert!(request.contains("x-connection: "), "{request}");
    assert!(request.ends_with(message), "{request}");
}

#[tokio::test]
async fn an_http_endpoint_that_cannot_be_reached_is_an_error_frame() {
    let (_stack, mut client) = start().await;
    let answer = client.ask(r#"{"action":"forward","room":"a"}"#).await;
    assert!(answer.contains("Internal server error"), "{answer}");
}
