//! The front door: one port for the socket, the management API, the schedules' button and the site.
//!
//! Decides which of them a request is for, and keeps slow or broken HTTP clients from holding anything for long.

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{debug, warn};

use crate::{
    api::Api,
    client,
    handshake::Upgrade,
    head::Heads,
    management,
    respond::{self, Response},
    schedule,
    site::Site,
    socket::MAX_MESSAGE,
    target::Target,
    template::Schedule,
};

/// How long a client may take to send the head of a request, counted from the end of the last one. Longer than the 90 s
/// for which HTTP clients commonly keep an unused connection, so that a function's post never meets one that is just
/// being closed.
const HEAD_TIMEOUT: Duration = Duration::from_mins(2);
/// How long a client may take to send the body of a request.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// Largest head of a request, in bytes.
const MAX_HEAD: usize = 32 * 1024;
/// Wait after the operating system refuses a connection, most often for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What requests can be for.
#[derive(Debug)]
pub(crate) struct Doors {
    pub(crate) api: Arc<Api>,
    pub(crate) schedules: Vec<Schedule>,
    pub(crate) site: Option<Site>,
}

/// Accepts clients until told to end. Their requests go on after that.
pub(crate) async fn serve(
    listener: TcpListener,
    doors: Arc<Doors>,
    tasks: TaskTracker,
    ending: CancellationToken,
) {
    let mut refused = false;
    loop {
        let accepted = tokio::select! {
            () = ending.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, client)) => {
                refused = false;
                let connection = connection(stream, client, Arc::clone(&doors), ending.clone());
                tasks.spawn(connection);
            }
            Err(error) => {
                // Said once, and not ten times a second until somebody leaves.
                if !std::mem::replace(&mut refused, true) {
                    warn!(
                        "clients cannot be accepted at present: {error}{}",
                        remedy(&error)
                    );
                }
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// What to do when the operating system gives no more connections.
fn remedy(error: &io::Error) -> &'static str {
    let too_many = [rustix::io::Errno::MFILE, rustix::io::Errno::NFILE];
    let too_many = too_many.map(|errno| Some(errno.raw_os_error()));
    if too_many.contains(&error.raw_os_error()) {
        "; every client takes one file, so raise the limit with `ulimit -Hn` before the gateway is started"
    } else {
        ""
    }
}

async fn connection(
    stream: TcpStream,
    client: SocketAddr,
    doors: Arc<Doors>,
    ending: CancellationToken,
) {
    // Messages are small and wanted at once.
    let _ = stream.set_nodelay(true);
    let (stream, heads) = Heads::listen_in(stream);
    let service = service_fn(move |request| {
        let (doors, heads) = (Arc::clone(&doors), heads.clone());
        async move { Ok::<_, Infallible>(doors.answer(request, client, &heads).await) }
    });
    let mut serving = std::pin::pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .max_buf_size(MAX_HEAD)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades()
    );
    let result = tokio::select! {
        result = &mut serving => result,
        () = ending.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = result {
        debug!("{client}: {error}");
    }
}

impl Doors {
    async fn answer(
        &self,
        request: Request<Incoming>,
        client: SocketAddr,
        heads: &Heads,
    ) -> Response {
        let (parts, body) = request.into_parts();
        match Target::of(parts.uri.path(), &self.api.spec.stage) {
            Target::Socket if self.api.closing.is_cancelled() => respond::message(
                StatusCode::SERVICE_UNAVAILABLE,
                None,
                "The gateway is ending",
            ),
            Target::Socket => match Upgrade::read(&parts) {
                Ok(upgrade) => {
                    let spelling = heads.last();
                    client::welcome(Arc::clone(&self.api), upgrade, parts, client, spelling).await
                }
                Err(no_upgrade) => no_upgrade.response(),
            },
            Target::Connection(id) => match read(body).await {
                Ok(body) => {
                    let call = management::Call {
                        method: &parts.method,
                        id: &id,
                        body,
                        throttled: !self.api.gate.admits(),
                    };
                    management::answer(&self.api.connections, &self.api.ids, call)
                }
                Err(cut_off) => cut_off,
            },
            Target::Schedule(function) => self.fire(&parts.method, &function).await,
            Target::Elsewhere => match &self.site {
                Some(site)
                    if [Method::GET, Method::HEAD].contains(&parts.method)
                        && !asks_for_upgrade(&parts) =>
                {
                    site.answer(Request::from_parts(parts, ())).await
                }
                _ => respond::forbidden(),
            },
        }
    }

    /// Runs a scheduled function at once, for tests and the impatient.
    async fn fire(&self, method: &Method, function: &str) -> Response {
        if method != Method::POST {
            return respond::message(
                StatusCode::METHOD_NOT_ALLOWED,
                None,
                "POST fires the schedule",
            );
        }
        let schedule = self
            .schedules
            .iter()
            .find(|schedule| schedule.function == function);
        let Some((schedule, function)) = schedule.zip(self.api.functions.get(function)) else {
            let message = format!("no schedule invokes a function {function}");
            return respond::message(StatusCode::NOT_FOUND, None, &message);
        };
        match schedule::fire(schedule, function).await {
            Ok(result) => {
                let mut response = respond::full(StatusCode::OK, result);
                let json = http::HeaderValue::from_static("application/json");
                response
                    .headers_mut()
                    .insert(http::header::CONTENT_TYPE, json);
                response
            }
            Err(failure) => respond::message(StatusCode::BAD_GATEWAY, None, &failure.to_string()),
        }
    }
}

fn asks_for_upgrade(parts: &http::request::Parts) -> bool {
    parts.headers.contains_key(http::header::UPGRADE)
}

/// The body of a call to the management API; nothing when it is larger than a message may be.
async fn read(body: Incoming) -> Result<Option<Bytes>, Response> {
    match tokio::time::timeout(BODY_TIMEOUT, Limited::new(body, MAX_MESSAGE).collect()).await {
        Ok(Ok(body)) => Ok(Some(body.to_bytes())),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Ok(None),
        Ok(Err(_)) => Err(respond::message(
            StatusCode::BAD_REQUEST,
            None,
            "The body is incomplete",
        )),
        Err(_) => Err(respond::message(
            StatusCode::REQUEST_TIMEOUT,
            None,
            "The body is late",
        )),
    }
}
