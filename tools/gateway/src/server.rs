//! The HTTP server: one port for the WebSocket, `@connections`, Lambda's `Invoke`, `/_gateway` and the site.
//!
//! Decides which of them a request is for, and bounds the resources that slow or broken HTTP clients can hold.

use std::{borrow::Cow, convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Method, Request, StatusCode, request::Parts};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use crate::{
    accept, client, control,
    cross_origin::Audience,
    handshake::Upgrade,
    head::Heads,
    invoke,
    limits::MAX_MESSAGE,
    management,
    respond::{self, Response},
    services::Services,
    sns, sqs, ssm,
    target::Target,
    tasks::Tasks,
};

/// How long a client may take to send the head of a request, counted from the end of the previous one. Longer than the
/// 90 s for which HTTP clients commonly keep idle connections, so that a function's post never races with the gateway
/// closing the connection.
const HEAD_TIMEOUT: Duration = Duration::from_mins(2);
/// How long a client may take to send the body of a request.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// Size of the buffer for the head of a request, in bytes. A head that fits is accepted; one of twice the size is refused.
const MAX_HEAD: usize = 32 * 1024;

/// Accepts clients. Requests that are running when the gateway ends are finished.
pub(crate) async fn serve(listener: TcpListener, services: Arc<Services>, tasks: Tasks) {
    loop {
        let (stream, client) = accept::next(&listener, "the gateway").await;
        let (services, ending) = (Arc::clone(&services), tasks.ending.clone());
        tasks
            .tracker
            .spawn(connection(stream, client, services, ending));
    }
}

async fn connection(
    stream: TcpStream,
    client: SocketAddr,
    services: Arc<Services>,
    ending: CancellationToken,
) {
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
            Target::Elsewhere if ssm::is_for_parameters(&parts) => Target::Parameters,
            target => target,
        };
        let audience = match &target {
            Target::Socket | Target::Elsewhere => Audience::Pages,
            Target::Gateway(_) => Audience::Console,
            Target::Connection(_) | Target::Invoke(_) | Target::Queues | Target::Parameters => {
                Audience::Programs
            }
        };
        if let Err(refusal) = self.allowed.check(&parts.headers, audience) {
            warn!(
                "refused    {} {}: {refusal}",
                parts.method,
                parts.uri.path()
            );
            return refusal.response();
        }
        let answered = match target {
            Target::Socket => return self.open(parts, client, heads).await,
            Target::Elsewhere => return self.serve_site(parts).await,
            Target::Connection(id) => self.manage(&parts, &id, body).await,
            Target::Invoke(function) => self.invoke(&parts, &function, body).await,
            Target::Queues => self.serve_queues(&parts, body).await,
            Target::Parameters => self.serve_parameters(&parts, body).await,
            Target::Gateway(steps) => self.control(&parts, steps, body).await,
        };
        answered.unwrap_or_else(|cut_off| cut_off)
    }

    async fn open(&self, parts: Parts, client: SocketAddr, heads: &Heads) -> Response {
        if self.api.closing.is_cancelled() {
            let message = "The gateway is shutting down";
            return respond::message(StatusCode::SERVICE_UNAVAILABLE, None, message);
        }
        match Upgrade::read(&parts) {
            Ok(upgrade) => {
                let request = client::Request {
                    upgrade,
                    parts,
                    client,
                    spelling: heads.last(),
                };
                client::handle(Arc::clone(&self.api), request).await
            }
            Err(no_upgrade) => no_upgrade.response(),
        }
    }

    async fn serve_site(&self, parts: Parts) -> Response {
        match &self.site {
            Some(site)
                if [Method::GET, Method::HEAD].contains(&parts.method)
                    && !asks_for_upgrade(&parts) =>
            {
                site.answer(Request::from_parts(parts, ())).await
            }
            _ => respond::forbidden(),
        }
    }

    async fn manage(&self, parts: &Parts, id: &str, body: Incoming) -> Result<Response, Response> {
        let call = management::Call {
            method: &parts.method,
            id,
            body: read(body, MAX_MESSAGE).await?,
            throttled: !self.api.gate.admits(),
            time: self.api.clock.now(),
        };
        let (connections, ids) = (&self.api.connections, &self.api.ids);
        Ok(management::answer(connections, ids, call))
    }

    async fn invoke(
        &self,
        parts: &Parts,
        function: &str,
        body: Incoming,
    ) -> Result<Response, Response> {
        let call = invoke::Call {
            method: &parts.method,
            headers: &parts.headers,
            function,
            body: read(body, invoke::MAX_EVENT).await?,
        };
        Ok(invoke::answer(&self.api.functions, call).await)
    }

    async fn serve_queues(&self, parts: &Parts, body: Incoming) -> Result<Response, Response> {
        let body = read(body, sqs::MAX_REQUEST).await?;
        if let Some(form) = &body
            && sns::is_for_topics(form)
        {
            let (status, xml) = self.api.topics.answer(form, &self.api.functions);
            return Ok(respond::typed(status, "text/xml", xml));
        }
        let call = sqs::Call {
            path: parts.uri.path(),
            headers: &parts.headers,
            body,
        };
        Ok(sqs::answer(&self.tables_and_queues.queues, call).await)
    }

    async fn serve_parameters(&self, parts: &Parts, body: Incoming) -> Result<Response, Response> {
        let body = read(body, ssm::MAX_REQUEST).await?;
        Ok(self.parameters.answer(&parts.headers, body))
    }

    async fn control(
        &self,
        parts: &Parts,
        steps: Vec<Cow<'_, str>>,
        body: Incoming,
    ) -> Result<Response, Response> {
        let body = read(body, MAX_MESSAGE).await?.unwrap_or_default();
        let call = control::Call {
            method: &parts.method,
            steps,
            is_form: control::is_form(&parts.headers, &body),
            body: &body,
        };
        Ok(control::answer(self, call).await)
    }
}

fn asks_for_upgrade(parts: &Parts) -> bool {
    parts.headers.contains_key(http::header::UPGRADE)
}

/// The body of a request; `None` when it is larger than `max` bytes.
async fn read(body: Incoming, max: usize) -> Result<Option<Bytes>, Response> {
    match tokio::time::timeout(BODY_TIMEOUT, Limited::new(body, max).collect()).await {
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
