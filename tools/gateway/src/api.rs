//! The running API: handles messages and `$disconnect`. Decides which function to invoke with which event and what to
//! send back; `service` does so for other integrations, and `http_endpoint` sends requests for them. Frames and HTTP are
//! handled elsewhere, and `admission` decides which clients may connect.

mod http_endpoint;
mod service;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use bytes::Bytes;
use jiff::Timestamp;
use tokio::time::timeout;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{info, warn};

use crate::{
    clock::Clock,
    connections::{Connection, Connections},
    event::{self, Origin, Request},
    frames::Fault,
    functions::Function,
    ids::{self, Ids},
    limits::{Limits, MAX_MESSAGE},
    memory::Incoming,
    proxy::{Answer, excerpt},
    route,
    sns::Topics,
    socket::{Ending, InFlight},
    sqs::Queues,
    template::{self, Integration, Route},
    throttle::Gate,
};

/// Everything needed to serve clients.
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) spec: template::Api,
    /// By logical id.
    pub(crate) functions: BTreeMap<String, Arc<Function>>,
    /// For integrations with SQS.
    pub(crate) queues: Queues,
    pub(crate) topics: Topics,
    /// For integrations with DynamoDB.
    pub(crate) dynamodb: SocketAddr,
    /// For HTTP integrations; made when there is one.
    http: OnceLock<Result<http_endpoint::Sender, String>>,
    pub(crate) connections: Connections,
    pub(crate) ids: Ids,
    pub(crate) limits: Limits,
    pub(crate) clock: Clock,
    /// Bounds the messages that are being processed.
    pub(crate) memory: Incoming,
    pub(crate) gate: Gate,
    /// The stage's variables, in every event.
    pub(crate) variables: Arc<BTreeMap<String, String>>,
    /// The port that clients use, for `X-Forwarded-Port`.
    pub(crate) port: u16,
    /// The tasks of clients and of their messages.
    pub(crate) clients: TaskTracker,
    /// Cancelled to disconnect all clients.
    pub(crate) closing: CancellationToken,
}

/// The services that integrations call.
pub(crate) struct Backends {
    /// By logical id.
    pub(crate) functions: BTreeMap<String, Arc<Function>>,
    pub(crate) queues: Queues,
    pub(crate) topics: Topics,
    pub(crate) dynamodb: SocketAddr,
}

impl Api {
    /// An API without clients. `port` is the one that clients use.
    pub(crate) fn new(
        spec: template::Api,
        backends: Backends,
        limits: Limits,
        clock: Clock,
        port: u16,
    ) -> Self {
        let Backends {
            functions,
            queues,
            topics,
            dynamodb,
        } = backends;
        let keys = spec.routes.keys().map(String::as_str);
        Self {
            gate: Gate::new(&spec.throttles, keys.chain([route::CONNECT])),
            variables: Arc::new(spec.variables.clone()),
            spec,
            functions,
            queues,
            topics,
            dynamodb,
            http: OnceLock::new(),
            connections: Connections::new(clock.clone()),
            clock,
            memory: Incoming::default(),
            ids: Ids::new(fastrand::u64(..)),
            limits,
            port,
            clients: TaskTracker::new(),
            closing: CancellationToken::new(),
        }
    }

    /// A new request that arrived at `time`.
    pub(crate) fn request(&self, time: Timestamp) -> Request {
        Request {
            id: self.ids.request(time),
            time,
        }
    }

    /// Runs the route of a message and sends the sender what the route returns to it: a body, an error, or nothing.
    pub(crate) async fn message(
        &self,
        connection: &Connection,
        request: &Request,
        body: &str,
        in_flight: InFlight,
    ) {
        let arrived = Instant::now();
        let origin = &connection.origin;
        let id = &origin.connection_id;
        let key = self.spec.selection.evaluate(body);
        let chosen = route::choose(&self.spec.routes, key.as_deref());
        let admitted = match chosen {
            Some((key, _)) => self.gate.admits_to(key),
            None => self.gate.admits(),
        };
        if !admitted {
            info!("message    {id} is throttled");
            return reply(connection, Fault::TooManyRequests.frame(id, &request.id));
        }
        let Some((key, route)) = chosen else {
            let why = match &key {
                Some(key) => format!("its route key is {:?}", excerpt(key)),
                None => "it is not a JSON object".to_owned(),
            };
            info!("message    {id} has no route: {why}");
            return reply(connection, Fault::Forbidden.frame(id, &request.id));
        };
        let message_id = self.ids.message(request.time);
        let event = event::message(origin, request, key, &message_id, body);
        let outcome = self
            .invoke(
                route,
                event,
                ids::trace(request.time),
                Some((id.as_str(), in_flight)),
            )
            .await
            .and_then(|result| read_answer(route, &result));
        let what = format!(
            "{id} {key} -> {} in {}",
            route.integration,
            Elapsed(arrived.elapsed())
        );
        match &outcome {
            Ok(answer) if answer.is_success() => info!("message    {what}"),
            // The client is not told, so the log is the only place to find it.
            Ok(answer) => warn!("message    {what}: {}", Returned(answer)),
            Err(fault) => info!("message    {what}: {}", fault.message()),
        }
        match outcome {
            Ok(Answer {
                body: Some(body), ..
            }) if route.responds => reply(connection, body),
            Ok(_) => {}
            Err(fault) => reply(connection, fault.frame(id, &request.id)),
        }
    }

    /// Runs `$disconnect`. Its result has no effect.
    pub(crate) async fn disconnect(&self, origin: &Origin, ending: &Ending) {
        let Some(route) = self.spec.routes.get(route::DISCONNECT) else {
            return;
        };
        let request = self.request(self.clock.now());
        let (code, reason) = ending.reported();
        let event = event::disconnect(origin, &request, code, reason);
        let trace = ids::trace(request.time);
        // A failure has been logged already.
        let result = self.invoke(route, event, trace, None).await;
        let answer = result.and_then(|result| read_answer(route, &result));
        if let Ok(answer) = answer
            && !answer.is_success()
        {
            warn!(
                "disconnect {} -> {}: {}",
                origin.connection_id,
                route.integration,
                Returned(&answer)
            );
        }
    }

    /// Invokes the function of a route and waits at most for the integration's timeout. Messages name their connection, because
    /// connections take turns, and hand over the memory to hold until the function is done, even beyond the timeout.
    pub(crate) async fn invoke(
        &self,
        route: &Route,
        event: String,
        trace_id: String,
        message: Option<(&str, InFlight)>,
    ) -> Result<Bytes, Fault> {
        let function = match &route.integration {
            Integration::Function(function) => function,
            Integration::Service(service) => {
                return self.ask(service, route, event, trace_id).await;
            }
            Integration::Mock(mock) => return service::mock(mock, &event),
            Integration::Unsupported(what) => {
                warn!("{what} is not emulated");
                return Err(Fault::InternalServerError);
            }
        };
        let function = self.function(function)?;
        let (caller, in_flight) = message.unzip();
        let caller = caller.map(str::to_owned);
        let mut invocation =
            Box::pin(async move { function.invoke_for(caller, event, trace_id).await });
        match timeout(route.timeout, &mut invocation).await {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(_)) => Err(Fault::InternalServerError),
            Err(_) => {
                // As on Lambda, the function keeps running, and its event keeps taking memory.
                tokio::spawn(async move {
                    let _ = invocation.await;
                    drop(in_flight);
                });
                Err(Fault::EndpointRequestTimedOut)
            }
        }
    }

    fn function(&self, logical_id: &str) -> Result<Arc<Function>, Fault> {
        let function = self.functions.get(logical_id);
        function.cloned().ok_or(Fault::InternalServerError)
    }
}

/// Reads what a function returned; anything but a proxy response is logged and counts as a failure.
fn read_answer(route: &Route, result: &[u8]) -> Result<Answer, Fault> {
    Answer::parse(result).map_err(|malformed| {
        warn!("{}: {malformed}", route.integration);
        Fault::InternalServerError
    })
}

fn reply(connection: &Connection, text: String) {
    let id = &connection.origin.connection_id;
    if text.len() > MAX_MESSAGE {
        return warn!("reply to {id} dropped: it is larger than 128 KB");
    }
    if let Err(error) = connection.send(text.into()) {
        warn!("reply to {id} dropped: {error}");
    }
}

/// Formats a proxy response for the log.
struct Returned<'a>(&'a Answer);

impl std::fmt::Display for Returned<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Answer { status, body, .. } = self.0;
        let body = excerpt(body.as_deref().unwrap_or_default());
        write!(f, "statusCode {status}, body {body:?}")
    }
}

/// Formats a duration for the log.
pub(crate) struct Elapsed(pub(crate) Duration);

impl std::fmt::Display for Elapsed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let seconds = self.0.as_secs_f64();
        match self.0.as_secs() {
            0 => write!(f, "{:.0} ms", seconds * 1000.0),
            1..120 => write!(f, "{seconds:.1} s"),
            whole => write!(f, "{} min", whole / 60),
        }
    }
}
