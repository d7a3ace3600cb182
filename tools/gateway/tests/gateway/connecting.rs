//! How a client is admitted or refused.

use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::stack::{ByHand, Running, Stack};

#[tokio::test]
async fn any_2xx_status_of_connect_admits_the_client() {
    let stack = Stack::new().start().await;
    for status in [200, 201, 204] {
        let query = format!("?status={status}");
        let client = stack.try_connect(&query, &[]).await.unwrap();
        assert_eq!(client.handshake.status, 101);
    }
}

#[tokio::test]
async fn another_status_of_connect_is_the_status_of_the_handshake() {
    let stack = Stack::new().start().await;
    for status in [301, 400, 401, 403, 501] {
        let answer = stack.refusal(&format!("?status={status}")).await;
        assert_eq!(answer.status, status);
    }
    let answer = stack.refusal("?status=403").await;
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(body["message"], "Forbidden");
    assert_eq!(
        answer.header("x-amzn-errortype"),
        Some("ForbiddenException")
    );
}

#[tokio::test]
async fn a_failed_connect_is_502() {
    let stack = Stack::new().start().await;
    for query in [
        "?fail=oh",
        "?exit=3",
        "?nonsense=1",
        "?status=99",
        "?status=101",
    ] {
        assert_eq!(stack.refusal(query).await.status, 502, "{query}");
    }
    assert_eq!(stack.connect().await.handshake.status, 101);
}

#[tokio::test]
async fn a_connect_that_times_out_is_504() {
    let stack = Stack::new()
        .with("$connect: {", "$connect: { IntegrationTimeout: 200,")
        .start()
        .await;
    assert_eq!(stack.refusal("?sleep=3").await.status, 504);
}

#[tokio::test]
async fn without_a_connect_route_every_client_is_admitted() {
    let stack = Stack::new()
        .with("        $connect:", "        other:")
        .start()
        .await;
    let offer = "Sec-WebSocket-Protocol: chat.v1\r\n";
    is_admitted_without(&stack, offer, "sec-websocket-protocol").await;
}

#[tokio::test]
async fn only_the_function_chooses_a_sub_protocol() {
    let stack = Stack::new().start().await;
    let offer = [("sec-websocket-protocol", "chat.v1, chat.v2")];
    // The client library, like browsers, fails if its offer is ignored, so the handshake is written by hand.
    let by_hand = "Sec-WebSocket-Protocol: chat.v1, chat.v2\r\n";
    is_admitted_without(&stack, by_hand, "sec-websocket-protocol").await;
    let event = stack.event("CONNECT").await;
    let received = &event["headers"]["Sec-WebSocket-Protocol"];
    assert_eq!(received, "chat.v1, chat.v2");
    let client = stack.try_connect("?protocol=chat.v2", &offer).await;
    let handshake = client.unwrap().handshake;
    assert_eq!(handshake.header("sec-websocket-protocol"), Some("chat.v2"));
}

#[tokio::test]
async fn the_handshake_waits_for_connect() {
    let stack = Stack::new().start().await;
    let mut stream = ByHand(TcpStream::connect(stack.address()).await.unwrap());
    stream.write(handshake("?sleep=0.5", "").as_bytes()).await;
    stack.event("CONNECT").await;
    let early = stream.0.try_read(&mut [0; 1]);
    assert!(
        early.is_err(),
        "it is answered while the function works: {early:?}"
    );
    assert!(stream.head().await.starts_with("http/1.1 101"));
}

#[tokio::test]
async fn no_extension_is_negotiated() {
    let stack = Stack::new().start().await;
    let offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
    is_admitted_without(&stack, offer, "sec-websocket-extensions").await;
}

#[tokio::test]
async fn no_other_header_of_connect_reaches_the_client() {
    let stack = Stack::new().start().await;
    assert_eq!(stack.connect().await.handshake.header("set-cookie"), None);
}

#[tokio::test]
async fn plain_http_is_426_and_other_paths_are_403() {
    let stack = Stack::new().start().await;
    assert_eq!(stack.http("GET", "/test", "").await.status, 426);
    for path in ["/", "/other", "/test/x", "/../test"] {
        let answer = stack.http("GET", path, "").await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (403, r#"{"message":"Forbidden"}"#),
            "{path}"
        );
    }
}

#[tokio::test]
async fn header_names_keep_the_clients_spelling() {
    let stack = Stack::new().start().await;
    let request = "GET /test?a=1&a=2 HTTP/1.1\r\nHOST: api.localhost:99\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nx-my-ID: 7\r\n\
                   User-Agent: by hand\r\n\r\n";
    head(&stack, request).await;
    let event = stack.event("CONNECT").await;
    let headers: Vec<_> = event["headers"].as_object().unwrap().keys().collect();
    let wanted = [
        "HOST",
        "Sec-WebSocket-Key",
        "Sec-WebSocket-Version",
        "User-Agent",
        "X-Amzn-Trace-Id",
        "X-Forwarded-For",
        "X-Forwarded-Port",
        "X-Forwarded-Proto",
        "x-my-ID",
    ];
    assert_eq!(headers, wanted);
    let query = &event["multiValueQueryStringParameters"];
    assert_eq!(query["a"], json!(["1", "2"]));
    let context = &event["requestContext"];
    assert_eq!(context["domainName"], "api.localhost:99");
    let identity = json!({"sourceIp": "127.0.0.1", "userAgent": "by hand"});
    assert_eq!(context["identity"], identity);
    assert_eq!(context["requestId"], context["extendedRequestId"]);
}

#[tokio::test]
async fn a_connection_does_not_exist_while_connect_runs() {
    let stack = Stack::new().start().await;
    // The function passes on the status that its post had.
    assert_eq!(stack.refusal("?post=hello").await.status, 410);
}

#[tokio::test]
async fn disconnect_runs_for_a_client_that_left_during_connect() {
    let stack = Stack::new().start().await;
    let mut stream = TcpStream::connect(stack.address()).await.unwrap();
    let request = handshake("?sleep=0.5", "");
    stream.write_all(request.as_bytes()).await.unwrap();
    stack.event("CONNECT").await;
    drop(stream);
    let event = stack.event("DISCONNECT").await;
    assert_eq!(event["requestContext"]["disconnectStatusCode"], 1006);
}

#[tokio::test]
async fn disconnect_does_not_run_for_a_refused_client() {
    let stack = Stack::new().start().await;
    stack.refusal("?status=403").await;
    let client = stack.connect().await;
    client.leave().await;
    stack.event("DISCONNECT").await;
    let events = stack.events();
    let types = events.iter();
    let types: Vec<_> = types
        .map(|event| &event["requestContext"]["eventType"])
        .collect();
    assert_eq!(types, ["CONNECT", "CONNECT", "DISCONNECT"]);
}

/// A handshake as it goes over the wire.
fn handshake(query: &str, headers: &str) -> String {
    format!(
        "GET /test{query} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
    )
}

/// A handshake with these headers is accepted, and the response lacks the header `absent`.
async fn is_admitted_without(stack: &Running, headers: &str, absent: &str) {
    let head = head(stack, &handshake("", headers)).await;
    assert!(head.starts_with("http/1.1 101"), "{head}");
    assert!(!head.contains(absent), "{head}");
}

/// Writes a request by hand, and returns the head of the answer in lower case.
async fn head(stack: &Running, request: &str) -> String {
    let mut stream = ByHand(TcpStream::connect(stack.address()).await.unwrap());
    stream.write(request.as_bytes()).await;
    stream.head().await
}
