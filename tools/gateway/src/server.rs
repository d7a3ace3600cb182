//! The HTTP server: one port for the WebSocket, `@connections`, Lambda's `Invoke`, `/_gateway` and the site.
//!
//! Decides which of them a request is for, and bounds the resources that slow or broken HTTP clients can hold.

use std::{borrow::Cow, convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Method, Request, StatusCode, request::Parts};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{debug, warn};

use crate::{
    api::Api,
    client, control,
    cross_origin::{Allowed, Audience},
    event_source,
    handshake::Upgrade,
    head::Heads,
    invoke,
    limits::MAX_MESSAGE,
    management,
    respond::{self, Response},
    site::Site,
    sqs,
    target::Target,
    template::Schedule,
    tls::Acceptor,
};

/// How long a client may take to send the head of a request, counted from the end of the previous one. Longer than the
/// 90 s for which HTTP clients commonly keep idle connections, so that a function's post never races with the gateway
/// closing the connection.
const HEAD_TIMEOUT: Duration = Duration::from_mins(2);
/// How long a client may take to send the body of a request.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// Size of the buffer for the head of a request, in bytes. A head that fits is accepted; one of twice the size is refused.
const MAX_HEAD: usize = 32 * 1024;
/// Pause after a failed accept, most often because file descriptors have run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What requests can be for.
pub(crate) struct Services {
    pub(crate) api: Arc<Api>,
    pub(crate) schedules: Vec<Schedule>,
    pub(crate) site: Option<Site>,
    /// The queues and tables.
    pub(crate) neighbours: event_source::Services,
    pub(crate) allowed: Allowed,
    pub(crate) acceptor: Acceptor,
}

/// Accepts clients until `ending` is cancelled. Requests that are running then are finished.
pub(crate) async fn serve(
    listener: TcpListener,
    services: Arc<Services>,
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
                let connection = connection(stream, client, Arc::clone(&services), ending.clone());
                tasks.spawn(connection);
            }
            Err(error) => {
                // Logged once, not ten times a second.
                if !std::mem::replace(&mut refused, true) {
                    warn!("cannot accept clients: {error}{}", remedy(&error));
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
        "; every client needs a file descriptor: raise the limit with `ulimit -Hn` before starting the gateway"
    } else {
        ""
    }
}

async fn connection(
    stream: TcpStream,
    client: SocketAddr,
    services: Arc<Services>,
    ending: CancellationToken,
) {
    // Messages are small and latency matters.
    let _ = stream.set_nodelay(true);
    let accepted = tokio::select! {
        accepted = services.acceptor.accept(stream) => accepted,
        () = ending.cancelled() => return,
    };
    let stream = match accepted {
        Ok(stream) => stream,
        Err(error) => return debug!("{client}: {error}"),
    };
    let (stream, heads) = Heads::record(stream);
    let service = service_fn(move |request| {
        let (services, heads) = (Arc::clone(&services), heads.clone());
        async move { Ok::<_, Infallible>(services.answer(request, client, &heads).await) }
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

impl Services {
    async fn answer(
        &self,
        request: Request<Incoming>,
        client: SocketAddr,
        heads: &Heads,
    ) -> Response {
        let (parts, body) = request.into_parts();
        let target = match Target::of(parts.uri.path(), &self.api.spec.stage) {
            Target::Elsewhere if sqs::is_for_queues(&parts) => Target::Queues,
            target => target,
        };
        let audience = match &target {
            Target::Socket | Target::Elsewhere => Audience::Pages,
            Target::Gateway(_) => Audience::Console,
            Target::Connection(_) | Target::Invoke(_) | Target::Queues => Audience::Programs,
        };
        if let Err(refusal) = self.allowed.check(&parts.headers, audience) {
            warn!(
                "refused    {} {}: {refusal}",
                parts.method,
                parts.uri.path()
            );
            return refusal.response();
        }
        match target {
            Target::Socket if self.api.closing.is_cancelled() => respond::message(
                StatusCode::SERVICE_UNAVAILABLE,
                None,
                "The gateway is shutting down",
            ),
            Target::Socket => match Upgrade::read(&parts) {
                Ok(upgrade) => {
                    let spelling = heads.last();
                    client::handle(Arc::clone(&self.api), upgrade, parts, client, spelling).await
                }
                Err(no_upgrade) => no_upgrade.response(),
            },
            Target::Connection(id) => match read(body, MAX_MESSAGE).await {
                Ok(body) => {
                    let call = management::Call {
                        method: &parts.method,
                        id: &id,
                        body,
                        throttled: !self.api.gate.admits(),
                        time: self.api.clock.now(),
                    };
                    management::answer(&self.api.connections, &self.api.ids, call)
                }
                Err(cut_off) => cut_off,
            },
            Target::Invoke(function) => match read(body, invoke::MAX_EVENT).await {
                Ok(body) => {
                    let call = invoke::Call {
                        method: &parts.method,
                        headers: &parts.headers,
                        function: &function,
                        body,
                    };
                    invoke::answer(&self.api.functions, call).await
                }
                Err(cut_off) => cut_off,
            },
            Target::Queues => match read(body, sqs::MAX_REQUEST).await {
                Ok(body) => {
                    let headers = &parts.headers;
                    sqs::answer(&self.neighbours.queues, sqs::Call { headers, body }).await
                }
                Err(cut_off) => cut_off,
            },
            Target::Gateway(steps) => self.control(&parts, steps, body).await,
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

    async fn control(&self, parts: &Parts, steps: Vec<Cow<'_, str>>, body: Incoming) -> Response {
        match read(body, MAX_MESSAGE).await {
            Ok(body) => {
                let body = body.unwrap_or_default();
                let call = control::Call {
                    method: &parts.method,
                    steps,
                    is_form: control::is_form(&parts.headers, &body),
                    body: &body,
                };
                control::answer(self, call).await
            }
            Err(cut_off) => cut_off,
        }
    }
}

fn asks_for_upgrade(parts: &http::request::Parts) -> bool {
    parts.headers.contains_key(http::header::UPGRADE)
}

/// The body of a request; `None` when it is larger than `most` bytes.
async fn read(body: Incoming, most: usize) -> Result<Option<Bytes>, Response> {
    match tokio::time::timeout(BODY_TIMEOUT, Limited::new(body, most).collect()).await {
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
            "The body took too long",
        )),
    }
}
