//! `healthCheckWS`: what passes, and how failures are reported. `e2e` runs it on the local stack.

use futures::{SinkExt as _, StreamExt as _};
use lambda_runtime::Context;
use papo_lambdas::health_check::{HealthCheckError, Report, Settings, handle};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;

const REQUEST_ID: &str = "8476a536-e9f4-11e8-9739-2dfe598c3fcd";

/// The endpoint of a server that answers the first frame as `answers` says, and then reads on.
async fn server(answers: impl FnOnce(Value) -> Vec<Value> + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("ws://{}/dev", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut socket = accept_async(stream).await.unwrap();
        let frame = socket.next().await.unwrap().unwrap();
        for answer in answers(serde_json::from_str(frame.to_text().unwrap()).unwrap()) {
            match answer {
                Value::Null => return,
                answer => socket
                    .send(Message::text(answer.to_string()))
                    .await
                    .unwrap(),
            }
        }
        while let Some(Ok(_)) = socket.next().await {}
    });
    endpoint
}

/// A message, as clients receive it.
fn message(id: &str) -> Value {
    json!({
        "type": "message", "connectionId": "L0SM9cOFvHcCIhw=", "messageId": "m-1", "message": "health check",
        "requestTimeEpoch": 1_731_312_300_000_i64, "seq": 1, "clientMessageId": id,
    })
}

/// An endpoint that broadcasts the message to its sender.
pub(crate) async fn echo() -> String {
    server(|sent| {
        assert_eq!(sent["action"], "sendMessage");
        // One of an earlier run comes first.
        vec![
            message("other"),
            message(sent["clientMessageId"].as_str().unwrap()),
        ]
    })
    .await
}

/// Runs the check on `endpoint`.
pub(crate) async fn run(endpoint: &str) -> Result<Report, HealthCheckError> {
    let settings = Settings {
        endpoint: endpoint.to_owned(),
        ..Settings::default()
    };
    let mut context = Context::default();
    REQUEST_ID.clone_into(&mut context.request_id);
    handle(&settings, &context).await
}

#[track_caller]
fn assert_fails(ended: &Result<Report, HealthCheckError>, reason: &str) {
    let error = ended.as_ref().unwrap_err().to_string();
    assert!(error.contains(reason), "{error}");
}

#[tokio::test]
async fn passes_when_its_own_message_comes_back() {
    let report = run(&echo().await).await.unwrap();
    assert!(report.round_trip_ms < 10_000);
}

#[tokio::test(start_paused = true)]
async fn fails_when_only_other_messages_come() {
    let endpoint = server(|_| vec![message("other"), json!("noise")]).await;
    assert_fails(&run(&endpoint).await, "did not come back within 10s");
}

#[tokio::test]
async fn reports_the_code_of_a_refusal() {
    let refusal = json!({"type": "error", "code": "unavailable", "message": "Try again."});
    let endpoint = server(|_| vec![refusal]).await;
    assert_fails(
        &run(&endpoint).await,
        "refused with unavailable: Try again.",
    );
}

#[tokio::test]
async fn reports_an_error_of_api_gateway() {
    let error =
        json!({"message": "Internal server error", "connectionId": "a=", "requestId": "b="});
    let endpoint = server(|_| vec![error]).await;
    assert_fails(
        &run(&endpoint).await,
        "API Gateway reported: Internal server error",
    );
}

#[tokio::test]
async fn fails_when_the_connection_is_closed_or_refused() {
    let endpoint = server(|_| vec![Value::Null]).await;
    assert_fails(&run(&endpoint).await, "connection");
    // The server takes a single connection.
    assert_fails(&run(&endpoint).await, "the connection failed");
}

#[tokio::test]
async fn an_error_about_an_invalid_secret_does_not_show_it() {
    let settings = Settings {
        endpoint: echo().await,
        secret: "s3cret\n".to_owned(),
        ..Settings::default()
    };
    let error = handle(&settings, &Context::default())
        .await
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("HEALTH_CHECK_SECRET"), "{error}");
    assert!(!error.contains("s3cret"), "{error}");
}
