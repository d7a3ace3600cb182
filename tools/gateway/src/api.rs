//! The running API: what a message and `$disconnect` set off. Decides which function is invoked with what, and what the
//! client hears of it; knows nothing of frames and HTTP. Who is let in is decided in `admission`.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use jiff::Timestamp;
use tokio::time::timeout;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{info, warn};

use crate::{
    clock,
    connections::{Connection, Connections},
    event::{self, Origin, Request},
    frames::Fault,
    functions::Function,
    ids::{self, Ids},
    proxy::Answer,
    route,
    socket::{Ending, Limits},
    template::{self, Route},
    throttle::Gate,
};

/// Everything that serving clients takes.
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) spec: template::Api,
    /// By logical id.
    pub(crate) functions: BTreeMap<String, Arc<Function>>,
    pub(crate) connections: Connections,
    pub(crate) ids: Ids,
    pub(crate) limits: Limits,
    pub(crate) gate: Gate,
    /// The stage's variables, in every event.
    pub(crate) variables: Arc<BTreeMap<String, String>>,
    /// The port that clients use, for `X-Forwarded-Port`.
    pub(crate) port: u16,
    /// The tasks of clients and of their messages.
    pub(crate) clients: TaskTracker,
    /// Cancelled when every client is to leave.
    pub(crate) closing: CancellationToken,
}

impl Api {
    /// One passage through the gateway, from now on.
    pub(crate) fn request(&self, time: Timestamp) -> Request {
        Request {
            id: self.ids.request(time),
            time,
        }
    }

    /// Finds the route of a message, runs it, and tells the sender what it is due.
    pub(crate) async fn message(&self, connection: &Connection, request: &Request, body: &str) {
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
            info!("message    {id} is one too many");
            return tell(connection, Fault::TooManyRequests.frame(id, &request.id));
        }
        let Some((key, route)) = chosen else {
            info!("message    {id} has no route");
            return tell(connection, Fault::Forbidden.frame(id, &request.id));
        };
        let message_id = self.ids.message(request.time);
        let event = event::message(origin, request, key, &message_id, body);
        let outcome = self
            .invoke(route, event, ids::trace(request.time))
            .await
            .and_then(|result| {
                // Functions that answer nothing are common, and nobody waits for their answer.
                if result.as_ref() == b"null" || result.is_empty() {
                    return Ok(None);
                }
                Answer::parse(&result)
                    .map(|answer| answer.body)
                    .map_err(|malformed| {
                        warn!("{}: {malformed}", route.function);
                        Fault::InternalServerError
                    })
            });
        let told = match &outcome {
            Ok(_) => String::new(),
            Err(fault) => format!(": {}", fault.message()),
        };
        info!(
            "message    {id} {key} -> {} in {}{told}",
            route.function,
            Took(arrived.elapsed())
        );
        match outcome {
            Ok(Some(body)) if route.responds => tell(connection, body),
            Ok(_) => {}
            Err(fault) => tell(connection, fault.frame(id, &request.id)),
        }
    }

    /// Runs `$disconnect`. Nobody hears of its result.
    pub(crate) async fn disconnect(&self, origin: &Origin, ending: &Ending) {
        let Some(route) = self.spec.routes.get(route::DISCONNECT) else {
            return;
        };
        let request = self.request(clock::now());
        let (code, reason) = ending.reported();
        let event = event::disconnect(origin, &request, code, reason);
        // A failure is on the log already.
        let _ = self.invoke(route, event, ids::trace(request.time)).await;
    }

    /// Runs the function behind a route, for as long as the gateway waits.
    pub(crate) async fn invoke(
        &self,
        route: &Route,
        event: String,
        trace_id: String,
    ) -> Result<Bytes, Fault> {
        let Some(function) = self.functions.get(&route.function) else {
            return Err(Fault::InternalServerError);
        };
        match timeout(route.timeout, function.invoke(event, trace_id)).await {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(_)) => Err(Fault::InternalServerError),
            Err(_) => Err(Fault::EndpointRequestTimedOut),
        }
    }
}

fn tell(connection: &Connection, text: String) {
    if text.len() > crate::socket::MAX_MESSAGE {
        return warn!(
            "answer to {} dropped: it is larger than 128 KB",
            connection.origin.connection_id
        );
    }
    if let Err(error) = connection.send(text.into()) {
        warn!(
            "answer to {} dropped: {error:?}",
            connection.origin.connection_id
        );
    }
}

/// A duration as the log shows it.
pub(crate) struct Took(pub(crate) Duration);

impl std::fmt::Display for Took {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let seconds = self.0.as_secs_f64();
        match self.0.as_secs() {
            0 => write!(f, "{:.0} ms", seconds * 1000.0),
            1..120 => write!(f, "{seconds:.1} s"),
            whole => write!(f, "{} min", whole / 60),
        }
    }
}
