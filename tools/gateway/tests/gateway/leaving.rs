//! How connections end, and what `$disconnect` receives.

use std::time::Duration;

use serde_json::{Value, json};
use tokio_tungstenite::{
    MaybeTlsStream,
    tungstenite::protocol::{CloseFrame, frame::coding::CloseCode},
};

use crate::stack::{Running, Stack};

const LONG: Duration = Duration::from_hours(1);

/// Status code and reason of the one `$disconnect` event.
async fn told(stack: &Running) -> (Value, Value) {
    let mut event = stack.event("DISCONNECT").await;
    let mut value = |name| event["requestContext"][name].take();
    (value("disconnectStatusCode"), value("disconnectReason"))
}

#[tokio::test]
async fn closing_without_a_code_is_1005() {
    let stack = Stack::new().start().await;
    let client = stack.connect().await;
    client.leave().await;
    let reason = json!("Client-side close frame status not set");
    assert_eq!(told(&stack).await, (json!(1005), reason));
}

#[tokio::test]
async fn the_close_code_and_reason_of_the_client_reach_disconnect() {
    for (code, reason) in [(4001, "até logo"), (1001, ""), (1000, "")] {
        let stack = Stack::new().start().await;
        let mut client = stack.connect().await;
        let frame = CloseFrame {
            code: CloseCode::from(code),
            reason: reason.into(),
        };
        client.socket.close(Some(frame)).await.unwrap();
        assert_eq!(told(&stack).await, (json!(code), json!(reason)));
    }
}

#[tokio::test]
async fn a_lost_connection_is_1006() {
    let stack = Stack::new().start().await;
    drop(stack.connect().await);
    assert_eq!(told(&stack).await, (json!(1006), json!("")));
}

#[tokio::test]
async fn a_connection_that_is_reset_is_1006() {
    let stack = Stack::new().start().await;
    let client = stack.connect().await;
    let MaybeTlsStream::Plain(stream) = client.socket.get_ref() else {
        panic!("nothing here is encrypted")
    };
    stream.set_zero_linger().unwrap();
    drop(client);
    assert_eq!(told(&stack).await, (json!(1006), json!("")));
}

#[tokio::test]
async fn a_deleted_connection_is_1000() {
    let (stack, mut client) = Stack::new().start_with_client().await;
    let id = client.id().await;
    let path = format!("/test/@connections/{id}");
    assert_eq!(stack.http("DELETE", &path, "").await.status, 204);
    let again = stack.http("GET", &path, "").await;
    assert_eq!(again.status, 410, "it is gone at once");
    assert_eq!(client.closed().await, (1000, String::new()));
    let reason = json!("Connection Closed Normally");
    assert_eq!(told(&stack).await, (json!(1000), reason));
}

async fn goes_away(idle: Duration, life: Duration) {
    let (stack, mut client) = Stack::new().limits(idle, life).start_with_client().await;
    assert_eq!(client.closed().await, (1001, "Going away".to_owned()));
    assert_eq!(told(&stack).await, (json!(1001), json!("Going away")));
}

#[tokio::test]
async fn the_idle_timeout_closes_with_1001() {
    goes_away(Duration::from_millis(200), LONG).await;
}

#[tokio::test]
async fn the_maximum_duration_closes_with_1001() {
    goes_away(LONG, Duration::from_millis(200)).await;
}
