//! What becomes of `@connections`' answers. They are sent as they stand here, byte by byte, to the real client.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_apigatewaymanagement::Client;
use aws_sdk_apigatewaymanagement::config::{BehaviorVersion, Credentials, Region};
use papo_lambdas::aws::push_config;
use papo_lambdas::push::api_gateway::ApiGateway;
use papo_lambdas::push::{Post, Probe, PushError, Trouble};
use papo_protocol::ConnectionId;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What a server does with a request.
#[derive(Clone, Copy)]
enum Answer {
    /// Sends this, with the right line ends and the length of the body.
    Text(&'static str),
    /// Reads it and says nothing.
    Silence,
    /// Reads it and hangs up.
    HangUp,
    /// Sends the beginning of an answer and hangs up.
    CutOff,
}

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

/// A server that treats every request alike and remembers them.
struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn that_answers(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            requests: Arc::default(),
        };
        let requests = Arc::clone(&server.requests);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, answer, Arc::clone(&requests)));
            }
        });
        server
    }

    /// The stage `prod` behind this server. It must answer within `limit`.
    fn stage(&self, limit: Duration) -> ApiGateway {
        stage_at(self.address, limit)
    }

    /// The requests so far, as `METHOD PATH BODY`.
    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

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

/// Serves requests on one connection until it ends.
async fn serve(
    stream: TcpStream,
    answer: Answer,
    requests: Arc<Mutex<Vec<String>>>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            if line.trim().is_empty() {
                break;
            }
            head.push(line.trim().to_owned());
        }
        let length = head.iter().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.trim().parse().ok())?
        });
        let mut body = vec![0; length.unwrap_or(0)];
        stream.read_exact(&mut body).await?;
        let line = head[0].trim_end_matches(" HTTP/1.1");
        let body = String::from_utf8_lossy(&body);
        requests
            .lock()
            .unwrap()
            .push(format!("{line} {body}").trim().to_owned());
        match answer {
            Answer::Text(text) => {
                let (head, body) = text.split_once("\n\n").unwrap();
                let head = head.replace('\n', "\r\n");
                let length = body.len();
                stream
                    .write_all(
                        format!("{head}\r\ncontent-length: {length}\r\n\r\n{body}").as_bytes(),
                    )
                    .await?;
            }
            Answer::Silence => std::future::pending().await,
            Answer::HangUp => return Ok(()),
            Answer::CutOff => {
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-le").await?;
                return Ok(());
            }
        }
    }
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
    let stage = server.stage(limit);
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
    server
        .stage(AMPLE)
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
    server.stage(AMPLE).probe(&id()).await.unwrap();
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
