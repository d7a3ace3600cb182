//! Routing of messages, and what their sender receives.

use serde_json::{Value, json};

use crate::stack::Stack;

#[tokio::test]
async fn a_message_goes_to_its_route_and_the_answer_comes_through_connections() {
    let (stack, mut client) = Stack::new().start_with_client().await;
    let answer = client.ask(r#"{"action":"talk","say":"olá 👋🏽"}"#).await;
    assert_eq!(answer, "olá 👋🏽");
    let event = stack.event("MESSAGE").await;
    assert_eq!(event["requestContext"]["routeKey"], "talk");
}

#[tokio::test]
async fn a_message_without_a_route_is_forbidden_and_the_connection_stays_open() {
    let (_stack, mut client) = Stack::new().start_with_client().await;
    for text in [
        "hello",
        "{}",
        r#"{"action":"Talk"}"#,
        r#"{"action":"$connect"}"#,
        r#"{"action":"$disconnect"}"#,
        "",
    ] {
        let frame = client.ask(text).await;
        let (start, rest) = frame.split_at(24);
        assert_eq!(start, r#"{"message": "Forbidden","#, "{text}");
        assert!(rest.starts_with(r#" "connectionId":""#), "{frame}");
        assert!(rest.contains(r#"", "requestId":""#), "{frame}");
    }
    let answer = client.ask(r#"{"action":"talk","say":"still here"}"#).await;
    assert_eq!(answer, "still here");
}

// Several threads, because on one thread tasks start in the order in which they were spawned.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_time_of_a_message_is_its_arrival() {
    const MESSAGES: i64 = 300;
    let (stack, mut client) = Stack::new().start_with_client().await;
    for n in 0..MESSAGES {
        let order = format!(r#"{{"action":"talk","say":"","n":{n}}}"#);
        client.send(&order).await;
    }
    for _ in 0..MESSAGES {
        client.hear().await;
    }
    let mut served: Vec<(i64, i64)> = stack
        .events_of("MESSAGE")
        .iter()
        .map(|event| {
            let order: Value = serde_json::from_str(event["body"].as_str().unwrap()).unwrap();
            let time = &event["requestContext"]["requestTimeEpoch"];
            (order["n"].as_i64().unwrap(), time.as_i64().unwrap())
        })
        .collect();
    served.sort_unstable();
    assert_eq!(served.len(), usize::try_from(MESSAGES).unwrap());
    assert!(served.is_sorted_by_key(|(_, time)| *time), "{served:?}");
}

#[tokio::test]
async fn the_default_route_takes_other_messages() {
    let (stack, mut client) = Stack::new()
        .with("        talk:", "        $default:")
        .start_with_client()
        .await;
    assert_eq!(client.ask(r#"{"say":"caught"}"#).await, "caught");
    let other = client
        .ask(r#"{"action":"$disconnect","say":"caught too"}"#)
        .await;
    assert_eq!(other, "caught too");
    let event = stack.event("MESSAGE").await;
    assert_eq!(event["requestContext"]["routeKey"], "$default");
}

#[tokio::test]
async fn a_failed_function_gives_an_error_frame() {
    let (stack, mut client) = Stack::new().start_with_client().await;
    for order in [
        "\"fail\":\"oh\"",
        "\"exit\":3",
        "\"return\":[]",
        "\"return\":\"text\"",
        "\"return\":null",
        "\"return\":{\"statusCode\":200,\"extra\":1}",
        "\"bytes\":7000000",
    ] {
        let frame = client
            .ask(&format!("{{\"action\":\"talk\",{order}}}"))
            .await;
        let frame: Value = serde_json::from_str(&frame).unwrap();
        assert_eq!(frame["message"], "Internal server error", "{order}");
    }
    let frame = client
        .ask(r#"{"action":"talk","fail":"the last one"}"#)
        .await;
    let frame: Value = serde_json::from_str(&frame).unwrap();
    let last = stack.events_of("MESSAGE").pop().unwrap();
    for id in ["requestId", "connectionId"] {
        assert_eq!(frame[id], last["requestContext"][id], "{id}");
    }
}

#[tokio::test]
async fn an_integration_timeout_gives_an_error_frame() {
    let (_stack, mut client) = Stack::new().start_with_client().await;
    let frame = client
        .ask(r#"{"action":"impatient","sleep":1,"say":"late"}"#)
        .await;
    let start = r#"{"message": "Endpoint request timed out", "#;
    assert!(frame.starts_with(start), "{frame}");
    // The function goes on, as on Lambda.
    assert_eq!(client.hear().await, "late");
}

#[tokio::test]
async fn an_error_status_is_not_visible_to_the_client() {
    let (_stack, mut client) = Stack::new().start_with_client().await;
    let failing = r#"{"action":"talk","return":{"statusCode":500,"body":"dropped"}}"#;
    client.send(failing).await;
    let next = client
        .ask(r#"{"action":"talk","sleep":0.3,"say":"next"}"#)
        .await;
    assert_eq!(next, "next");
}

#[tokio::test]
async fn a_two_way_route_returns_the_body() {
    let (_stack, mut client) = Stack::new().start_with_client().await;
    for (status, body) in [(200, "back"), (500, "even so")] {
        let returned = json!({"statusCode": status, "body": body});
        let order = json!({"action": "echo", "return": returned}).to_string();
        assert_eq!(client.ask(&order).await, body);
    }
    let without_body = r#"{"action":"echo","return":{"statusCode":200}}"#;
    client.send(without_body).await;
    let next = client
        .ask(r#"{"action":"talk","sleep":0.3,"say":"no frame"}"#)
        .await;
    assert_eq!(next, "no frame");
}

#[tokio::test]
async fn messages_of_one_connection_run_concurrently() {
    let (_stack, mut client) = Stack::new().start_with_client().await;
    // Two processes are running, so that a slow start of one does not matter.
    let warm = r#"{"action":"talk","sleep":0.3,"say":"warm"}"#;
    client.send(warm).await;
    client.ask(warm).await;
    client.hear().await;
    let slow = r#"{"action":"talk","sleep":1,"say":"slow"}"#;
    client.send(slow).await;
    let fast = client.ask(r#"{"action":"talk","say":"fast"}"#).await;
    assert_eq!(fast, "fast");
    assert_eq!(client.hear().await, "slow");
}
