//! What becomes of `@connections`' answers, sent to the real client as they stand here.

use std::net::SocketAddr;
use std::time::Duration;

use aws_sdk_apigatewaymanagement::Client;
use aws_sdk_apigatewaymanagement::config::{BehaviorVersion, Credentials, Region};
use papo_lambdas::aws::push_config;
use papo_lambdas::push::api_gateway::ApiGateway;
use papo_lambdas::push::{Post, Probe, PushError, Trouble};
use papo_protocol::ConnectionId;
use tokio::net::TcpListener;

use crate::http::{Answer, Server};

/// More than any machine needs.
const AMPLE: Duration = Duration::from_mins(1);

const OK: Answer = Answer::Text(
    "HTTP/1.1 200 OK
content-type: application/json
x-amzn-requestid: 6e9f0a3b-2a6b-4e0e-8a0c-0b3a0ad1c9a6

",
);

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

/// The stage `prod` behind the server at `address`, which must answer within `limit`.
fn stage_at(address: SocketAddr, limit: Duration) -> ApiGateway {
    let config = aws_config::SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(
            aws_sdk_apigatewaymanagement::config::SharedCredentialsProvider::new(Credentials::new(
                "id", "secret", None, None, "test",
            )),
        )
        .http_client(papo_lambdas::aws::http_client())
        .build();
    let endpoint = format!("http://{address}/prod");
    ApiGateway::new(Client::from_conf(push_config(&config, endpoint, limit)))
}

fn id() -> ConnectionId {
    ConnectionId::new("L0SM9c-_vHcCIhw=")
}

/// Posts and probes; both must come to the same end, after one request each.
async fn outcome(answer: Answer) -> PushError {
    let server = Server::that_answers(answer).await;
    let limit = match answer {
        Answer::Silence => Duration::from_millis(200),
        _ => AMPLE,
    };
    let stage = stage_at(server.address, limit);
    let post = stage.post(&id(), "{}").await.unwrap_err();
    let probe = stage.probe(&id()).await.unwrap_err();
    assert_eq!(kind(&post), kind(&probe));
    assert_eq!(
        server.requests().len(),
        2,
        "retries are not the SDK's business"
    );
    post
}

/// The error without what a person reads.
fn kind(error: &PushError) -> String {
    match error {
        PushError::Gone => "gone".into(),
        PushError::Retryable { cause, .. } => format!("{cause:?}"),
        PushError::Permanent { .. } => "permanent".into(),
    }
}

#[tokio::test]
async fn a_post_is_the_frame_as_it_is_to_the_stage_and_the_escaped_id() {
    let server = Server::that_answers(OK).await;
    stage_at(server.address, AMPLE)
        .post(&id(), r#"{"message":"Olá"}"#)
        .await
        .unwrap();
    assert_eq!(
        server.requests(),
        [r#"POST /prod/@connections/L0SM9c-_vHcCIhw%3D {"message":"Olá"}"#]
    );
}

#[tokio::test]
async fn a_probe_of_a_connection_that_is_there_succeeds() {
    let server = Server::that_answers(FOUND).await;
    stage_at(server.address, AMPLE).probe(&id()).await.unwrap();
    assert_eq!(
        server.requests(),
        ["GET /prod/@connections/L0SM9c-_vHcCIhw%3D"]
    );
}

#[tokio::test]
async fn gone_is_gone() {
    assert_eq!(outcome(GONE).await, PushError::Gone);
}

#[tokio::test]
async fn gone_without_its_header_is_gone_too() {
    let bare = Answer::Text("HTTP/1.1 410 Gone\n\n");
    assert_eq!(outcome(bare).await, PushError::Gone);
}

#[tokio::test]
async fn throttling_passes() {
    let error = outcome(THROTTLED).await;
    assert!(
        matches!(
            error,
            PushError::Retryable {
                cause: Trouble::Throttled,
                ..
            }
        ),
        "{error}"
    );
    assert!(error.to_string().contains("Too Many Requests"), "{error}");
}

#[tokio::test]
async fn trouble_of_the_service_passes() {
    for answer in [
        "HTTP/1.1 500 Internal Server Error\n\n",
        "HTTP/1.1 502 Bad Gateway\n\n<html>",
        "HTTP/1.1 503 Service Unavailable\n\n",
        "HTTP/1.1 504 Gateway Timeout\n\n{\"message\":\"Endpoint request timed out\"}\n",
    ] {
        let error = outcome(Answer::Text(answer)).await;
        assert!(
            matches!(
                error,
                PushError::Retryable {
                    cause: Trouble::Server,
                    ..
                }
            ),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_refusal_is_for_good() {
    for answer in [
        "HTTP/1.1 403 Forbidden\nx-amzn-errortype: ForbiddenException\n\n{\"message\":\"Forbidden\"}",
        "HTTP/1.1 413 Payload Too Large\nx-amzn-errortype: PayloadTooLargeException\n\n",
        "HTTP/1.1 400 Bad Request\nx-amzn-errortype: BadRequestException\n\n",
        "HTTP/1.1 404 Not Found\n\n",
    ] {
        let error = outcome(Answer::Text(answer)).await;
        assert!(
            matches!(error, PushError::Permanent { .. }),
            "{answer}: {error}"
        );
    }
}

#[tokio::test]
async fn silence_is_a_time_out() {
    let error = outcome(Answer::Silence).await;
    assert!(
        matches!(
            error,
            PushError::Retryable {
                cause: Trouble::TimedOut,
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn a_connection_that_breaks_off_may_be_tried_again() {
    for answer in [Answer::HangUp, Answer::CutOff] {
        let error = outcome(answer).await;
        assert!(
            matches!(
                error,
                PushError::Retryable {
                    cause: Trouble::Connection,
                    ..
                }
            ),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_service_that_nobody_runs_may_come_back() {
    // A listener that is dropped leaves a port that nobody listens on.
    let address = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let error = stage_at(address, AMPLE)
        .post(&id(), "{}")
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            PushError::Retryable {
                cause: Trouble::Connection,
                ..
            }
        ),
        "{error}"
    );
}
