//! The Lambda Runtime API (2018-06-01) for one process: turns HTTP requests into [`Call`]s.
//!
//! Whether a result belongs to the invocation that the process has is decided here, so that a runtime is answered at once; what
//! else a call means for the process is decided in [`crate::functions`]. Every process has its own listener, so that
//! `AWS_LAMBDA_RUNTIME_API` is `host:port` as on Lambda. Responses are those of
//! `aws/aws-lambda-runtime-interface-emulator`. One thing is added for our own runtime clients, because an invocation would
//! otherwise take two requests: with the query `next`, an accepted report is answered with the next invocation.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::{Bytes, BytesMut};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
    task::JoinSet,
};
use tokio_util::task::AbortOnDropHandle;

use crate::accept;

/// Largest result of a function, in bytes: 6 MB and the envelope.
const MAX_RESULT: usize = 6_291_556;

/// The response to `GET /next`.
#[derive(Debug)]
pub struct Work {
    /// Identifies the invocation in the process's report.
    pub request_id: String,
    /// When the invocation times out, in milliseconds since the epoch.
    pub deadline_ms: i64,
    /// The ARN under which the function was invoked.
    pub function_arn: String,
    /// The X-Ray header; empty without tracing.
    pub trace_id: String,
    /// The event as JSON.
    pub event: Bytes,
}

/// An error as a runtime reports it.
#[derive(Debug, Clone, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub struct Report {
    /// Such as `Runtime.ExitError`; `Unhandled` where the runtime names none.
    pub error_type: String,
    /// For people; may be empty.
    pub error_message: String,
}

/// A request of the process. Dropping its reply channel fails the HTTP request.
#[derive(Debug)]
pub enum Call {
    /// `GET /runtime/invocation/next`, pending until there is an invocation.
    Next(oneshot::Sender<Work>),
    /// `POST /runtime/invocation/{id}/response` for the invocation that the process has.
    Respond(Result<Bytes, TooLarge>),
    /// `POST /runtime/invocation/{id}/error` for the invocation that the process has.
    Fail(Report),
    /// `POST /runtime/init/error`.
    InitFailed(Report, oneshot::Sender<Acknowledgement>),
}

/// The id of the invocation that the process has and has not reported on.
#[derive(Debug, Clone, Default)]
struct Current(Arc<Mutex<Option<String>>>);

impl Current {
    fn set(&self, request_id: &str) {
        *self.lock() = Some(request_id.to_owned());
    }

    /// Whether the process has this invocation; from now on it has none.
    fn take(&self, request_id: &str) -> bool {
        let mut current = self.lock();
        let is_current = current.as_deref() == Some(request_id);
        if is_current {
            *current = None;
        }
        is_current
    }

    fn lock(&self) -> MutexGuard<'_, Option<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A result larger than [`MAX_RESULT`].
#[derive(Debug, Clone, Copy)]
pub struct TooLarge;

/// The reply to a report of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acknowledgement {
    /// The report was taken.
    Accepted,
    /// Not the current invocation of the process.
    InvalidRequestId,
    /// Not allowed in the current state.
    InvalidState,
    /// The result was larger than [`MAX_RESULT`].
    TooLarge,
}

impl Acknowledgement {
    fn response(self) -> Response<Full<Bytes>> {
        let error = |status, kind: &str, message: &str| {
            let body = serde_json::json!({ "errorMessage": message, "errorType": kind });
            json(status, body.to_string())
        };
        match self {
            Self::Accepted => json(StatusCode::ACCEPTED, "{\"status\":\"OK\"}\n"),
            Self::InvalidRequestId => {
                let message = "Invalid request ID";
                error(StatusCode::BAD_REQUEST, "InvalidRequestID", message)
            }
            Self::InvalidState => {
                let message = "State transition is not allowed";
                error(StatusCode::FORBIDDEN, "InvalidStateTransition", message)
            }
            Self::TooLarge => {
                let message =
                    format!("Exceeded maximum allowed payload size ({MAX_RESULT} bytes).");
                let status = StatusCode::PAYLOAD_TOO_LARGE;
                error(status, "RequestEntityTooLarge", &message)
            }
        }
    }
}

/// Serves one process until dropped.
#[derive(Debug)]
pub struct RuntimeApi {
    /// The value of `AWS_LAMBDA_RUNTIME_API`.
    pub address: SocketAddr,
    /// The requests of the process, in order of arrival.
    pub calls: mpsc::Receiver<Call>,
    _task: AbortOnDropHandle<()>,
}

impl RuntimeApi {
    /// Listens on a free port.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (sender, calls) = mpsc::channel(4);
        let task = AbortOnDropHandle::new(tokio::spawn(serve(listener, sender)));
        Ok(Self {
            address,
            calls,
            _task: task,
        })
    }
}

async fn serve(listener: TcpListener, calls: mpsc::Sender<Call>) {
    let current = Current::default();
    // Aborted with this task, so that the process sees its connection end.
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let (stream, _) = accept::next(&listener, "the Lambda Runtime API").await;
        let (calls, current) = (calls.clone(), current.clone());
        connections.spawn(async move {
            let service =
                service_fn(move |request| answer(request, calls.clone(), current.clone()));
            // A process may close its connection at any time.
            let _ = http1::Builder::new()
                .auto_date_header(false)
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    calls: mpsc::Sender<Call>,
    current: Current,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let path = parts
        .uri
        .path()
        .strip_prefix("/2018-06-01/")
        .unwrap_or_default();
    let steps: Vec<_> = path.split('/').collect();
    let then = (parts.uri.query() == Some("next")).then_some(&current);
    let response = match (&parts.method, steps.as_slice()) {
        (&Method::GET, ["ping"]) => json(StatusCode::OK, "pong"),
        (&Method::GET, ["runtime", "invocation", "next"]) => next(&calls, &current).await,
        (&Method::POST, ["runtime", "invocation", id, kind @ ("response" | "error")]) => {
            match read(body).await {
                Some(_) if !current.take(id) => Acknowledgement::InvalidRequestId.response(),
                Some(error) if *kind == "error" => {
                    let call = Call::Fail(error_of(&parts.headers, error));
                    report(&calls, call, Acknowledgement::Accepted, then).await
                }
                Some(result) => {
                    let acknowledgement = match &result {
                        Ok(_) => Acknowledgement::Accepted,
                        Err(TooLarge) => Acknowledgement::TooLarge,
                    };
                    report(&calls, Call::Respond(result), acknowledgement, then).await
                }
                None => cut_off(),
            }
        }
        (&Method::POST, ["runtime", "init", "error"]) => match read(body).await {
            Some(error) => init_failed(&calls, error_of(&parts.headers, error)).await,
            None => cut_off(),
        },
        _ => {
            let body = "{\"errorMessage\":\"404 page not found\"}";
            json(StatusCode::NOT_FOUND, body)
        }
    };
    Ok(response)
}

async fn next(calls: &mpsc::Sender<Call>, current: &Current) -> Response<Full<Bytes>> {
    let (reply, work) = oneshot::channel();
    if calls.send(Call::Next(reply)).await.is_err() {
        return gone();
    }
    let Ok(work) = work.await else { return gone() };
    current.set(&work.request_id);
    let response = Response::builder()
        .header("content-type", "application/json")
        .header("lambda-runtime-aws-request-id", work.request_id)
        .header("lambda-runtime-deadline-ms", work.deadline_ms)
        .header("lambda-runtime-invoked-function-arn", work.function_arn)
        .header("lambda-runtime-trace-id", work.trace_id)
        .body(Full::new(work.event));
    response.unwrap_or_else(|_| gone())
}

/// Passes a report on. Answers it with an acknowledgement, or with the next invocation.
async fn report(
    calls: &mpsc::Sender<Call>,
    call: Call,
    acknowledgement: Acknowledgement,
    then_next: Option<&Current>,
) -> Response<Full<Bytes>> {
    match (calls.send(call).await, then_next) {
        (Ok(()), Some(current)) => next(calls, current).await,
        (Ok(()), None) => acknowledgement.response(),
        (Err(_), _) => gone(),
    }
}

async fn init_failed(calls: &mpsc::Sender<Call>, error: Report) -> Response<Full<Bytes>> {
    let (reply, acknowledgement) = oneshot::channel();
    if calls.send(Call::InitFailed(error, reply)).await.is_err() {
        return gone();
    }
    acknowledgement
        .await
        .map_or_else(|_| gone(), Acknowledgement::response)
}

/// The body; `None` when the connection was closed before its end. One that is too large is read to its end, so that the
/// connection can be used again.
async fn read(mut body: Incoming) -> Option<Result<Bytes, TooLarge>> {
    let (mut read, mut length) = (BytesMut::new(), 0);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.ok()?.into_data() else {
            continue;
        };
        length += data.len();
        if length <= MAX_RESULT {
            read.extend_from_slice(&data);
        }
    }
    Some(if length <= MAX_RESULT {
        Ok(read.freeze())
    } else {
        Err(TooLarge)
    })
}

/// What a runtime reports about an error in the body or header; both are optional.
fn error_of(headers: &http::HeaderMap, body: Result<Bytes, TooLarge>) -> Report {
    let mut report: Report = body
        .ok()
        .and_then(|body| serde_json::from_slice(&body).ok())
        .unwrap_or_default();
    if report.error_type.is_empty() {
        let header = headers.get("lambda-runtime-function-error-type");
        let kind = header.and_then(|value| value.to_str().ok());
        kind.unwrap_or("Unhandled")
            .clone_into(&mut report.error_type);
    }
    report
}

fn json(status: StatusCode, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    let kind = http::HeaderValue::from_static("application/json");
    response.headers_mut().insert("content-type", kind);
    response
}

/// The invocation is over, or the gateway is shutting down.
fn gone() -> Response<Full<Bytes>> {
    let body = "{\"errorMessage\":\"the gateway is shutting down\"}";
    json(StatusCode::INTERNAL_SERVER_ERROR, body)
}

fn cut_off() -> Response<Full<Bytes>> {
    let body = "{\"errorMessage\":\"the body is incomplete\"}";
    json(StatusCode::BAD_REQUEST, body)
}
