//! How the client interprets responses of `@connections`.

use std::net::SocketAddr;
use std::time::Duration;

use aws_sdk_dynamodb::config::{Credentials, Region, SharedCredentialsProvider};
use papo_lambdas::management::api_gateway::{ApiGateway, SetupError};
use papo_lambdas::management::{Close, Post, PostError, Probe, TransientCause};
use papo_protocol::ConnectionId;
use tokio::net::TcpListener;

use crate::http::{Answer, Server};

/// Longer than any machine needs.
const AMPLE: Duration = Duration::from_mins(1);

const OK_TEXT: &str = "HTTP/1.1 200 OK
content-type: application/json
x-amzn-requestid: 6e9f0a3b-2a6b-4e0e-8a0c-0b3a0ad1c9a6

";

const OK: Answer = Answer::Text(OK_TEXT);

const GONE: Answer = Answer::Text(
    "HTTP/1.1 410 Gone
x-amzn-errortype: GoneException

",
);

const THROTTLED: Answer = Answer::Text(
    r#"HTTP/1.1 429 Too Many Requests
x-amzn-errortype: LimitExceededException

{"message":"Too Many Requests"}"#,
);

const FOUND: Answer = Answer::Text(
    r#"HTTP/1.1 200 OK
content-type: application/json

{
  "identity" : {
    "sourceIp" : "1.2.3.4",
    "userAgent" : "wscat"
  },
  "connectedAt" : "2020-11-15T12:23:14.726Z",
  "lastActiveAt" : "2020-11-15T12:23:14.972Z"
}
"#,
);

/// The stage `prod` of the server at `address`, with a time limit per request.
async fn stage_at(address: SocketAddr, limit: Duration) -> ApiGateway {
    stage(&format!("http://{address}/prod"), limit)
        .await
        .unwrap()
}

async fn stage(endpoint: &str, limit: Duration) -> Result<ApiGateway, SetupError> {
    let credentials = Credentials::new("id", "secret", None, None, "test");
    let config = aws_config::SdkConfig::builder()
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build();
    ApiGateway::new(&config, endpoint, limit).await
}

fn id() -> ConnectionId {
    ConnectionId::new("L0SM9c-_vHcCIhw=")
}

/// Posts, probes and closes; all must have the same outcome, after one request each, or two if the connection broke.
async fn outcome(answer: Answer) -> PostError {
    let server = Server::answering(answer).await;
    let limit = match answer {
        Answer::Silence => Duration::from_millis(200),
        _ => AMPLE,
    };
    let stage = stage_at(server.address, limit).await;
    let post = stage.post(&id(), "{}").await.unwrap_err();
    let probe = stage.probe(&id()).await.unwrap_err();
    let close = stage.close(&id()).await.unwrap_err();
    assert_eq!(kind(&post), kind(&probe));
    assert_eq!(kind(&post), kind(&close));
    let attempts = match answer {
        Answer::HangUp | Answer::CutOff => 2,
        _ => 1,
    };
    assert_eq!(server.requests().len(), 3 * attempts);
    post
}

/// The error without its text.
fn kind(error: &PostError) -> String {
    match error {
        PostError::Gone => "gone".into(),
        PostError::Retryable { cause, .. } => format!("{cause:?}"),
        PostError::Permanent { .. } => "permanent".into(),
    }
}

#[track_caller]
fn assert_retryable(error: &PostError, expected: TransientCause) {
    let cause = match error {
        PostError::Retryable { cause, .. } => Some(*cause),
        _ => None,
    };
    assert_eq!(cause, Some(expected), "{error}");
}

#[tokio::test]
async fn posts_the_frame_to_the_stage_and_the_escaped_id() {
    let server = Server::answering(OK).await;
    stage_at(server.address, AMPLE)
        .await
        .post(&id(), r#"{"message":"Olá"}"#)
        .await
        .unwrap();
    assert_eq!(
        server.requests(),
        [r#"POST /prod/@connections/L0SM9c-_vHcCIhw%3D {"message":"Olá"}"#]
    );
}

#[tokio::test]
async fn probing_an_open_connection_succeeds() {
    let server = Server::answering(FOUND).await;
    let stage = stage_at(server.address, AMPLE).await;
    stage.probe(&id()).await.unwrap();
    assert_eq!(
        server.requests(),
        ["GET /prod/@connections/L0SM9c-_vHcCIhw%3D"]
    );
}

#[tokio::test]
async fn closing_deletes_the_connection() {
    let server = Server::answering(OK).await;
    let stage = stage_at(server.address, AMPLE).await;
    stage.close(&id()).await.unwrap();
    assert_eq!(
        server.requests(),
        ["DELETE /prod/@connections/L0SM9c-_vHcCIhw%3D"]
    );
}

#[tokio::test]
async fn a_410_means_gone() {
    assert_eq!(outcome(GONE).await, PostError::Gone);
}

#[tokio::test]
async fn a_410_without_its_header_means_gone() {
    let bare = Answer::Text("HTTP/1.1 410 Gone\n\n");
    assert_eq!(outcome(bare).await, PostError::Gone);
}

#[tokio::test]
async fn throttling_is_transient() {
    let error = outcome(THROTTLED).await;
    assert_retryable(&error, TransientCause::Throttled);
    assert!(error.to_string().contains("Too Many Requests"), "{error}");
}

#[tokio::test]
async fn server_errors_are_transient() {
    for answer in [
        "HTTP/1.1 500 Internal Server Error\n\n",
        "HTTP/1.1 502 Bad Gateway\n\n<html>",
        "HTTP/1.1 503 Service Unavailable\n\n",
        "HTTP/1.1 504 Gateway Timeout\n\n{\"message\":\"Endpoint request timed out\"}\n",
    ] {
        let error = outcome(Answer::Text(answer)).await;
        assert_retryable(&error, TransientCause::Server);
    }
}

#[tokio::test]
async fn client_errors_are_permanent() {
    for answer in [
        "HTTP/1.1 403 Forbidden\nx-amzn-errortype: ForbiddenException\n\n{\"message\":\"Forbidden\"}",
        "HTTP/1.1 413 Payload Too Large\nx-amzn-errortype: PayloadTooLargeException\n\n",
        "HTTP/1.1 400 Bad Request\nx-amzn-errortype: BadRequestException\n\n",
        "HTTP/1.1 404 Not Found\n\n",
    ] {
        let error = outcome(Answer::Text(answer)).await;
        assert!(
            matches!(error, PostError::Permanent { .. }),
            "{answer}: {error}"
        );
    }
}

#[tokio::test]
async fn no_response_is_a_timeout() {
    let error = outcome(Answer::Silence).await;
    assert_retryable(&error, TransientCause::TimedOut);
}

#[tokio::test]
async fn a_broken_connection_is_transient() {
    for answer in [Answer::HangUp, Answer::CutOff] {
        let error = outcome(answer).await;
        assert_retryable(&error, TransientCause::Connection);
    }
}

#[tokio::test]
async fn a_connection_that_was_closed_while_it_was_idle_is_replaced() {
    let server = Server::answering(Answer::TextOnce(OK_TEXT)).await;
    let stage = stage_at(server.address, AMPLE).await;
    for _ in 0..3 {
        stage.post(&id(), "{}").await.unwrap();
    }
}

#[tokio::test]
async fn a_refused_connection_is_transient() {
    // The listener is dropped, so the port is closed.
    let address = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let error = stage_at(address, AMPLE)
        .await
        .post(&id(), "{}")
        .await
        .unwrap_err();
    assert_retryable(&error, TransientCause::Connection);
}
