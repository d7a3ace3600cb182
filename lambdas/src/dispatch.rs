//! From an event to its handler.
//!
//! Sets up the log span and logs failures. All frames take the same way, whatever their route, because API Gateway reads
//! frames more leniently than JSON allows and routes `{action: "sendMessage"}` to `sendMessage`.

use lambda_runtime::{Context, LambdaEvent};
use papo_protocol::{Action, Event};
use tracing::Instrument;

use crate::clock::Clock;
use crate::connections::{DeleteConnection, ListConnections, PutConnection};
use crate::deliverer::Deliverer;
use crate::error::Error;
use crate::event::{RequestContext, Response, WebSocketEvent};
use crate::handlers::{connect, connected, disconnect, history, ping, send_message};
use crate::management::{Close, Post};
use crate::message_log::{MessageLog, Retention, Room, RoomId};
use crate::reply::reply;

/// What the handlers of frames share, created once a process.
#[derive(Debug)]
pub struct Services<'a, S, L, G, C> {
    /// The connection rows.
    pub connections: &'a S,
    /// The message log.
    pub log: &'a L,
    /// `@connections`.
    pub gateway: &'a G,
    /// Time and randomness.
    pub clock: &'a C,
    /// How long messages are kept.
    pub retention: Retention,
}

/// One frame of a client, and what its handler works with.
#[derive(Debug)]
pub struct Request<'a, S, L, G, C> {
    /// The connection rows.
    pub connections: &'a S,
    /// The room that the connection is in.
    pub room: Room<'a, L>,
    /// Sends frames.
    pub deliverer: Deliverer<'a, G, C>,
    /// The connection and the time of the frame.
    pub context: &'a RequestContext,
    /// The invocation.
    pub lambda: &'a Context,
}

impl<G: Post + Close, S, L, C: Clock> Request<'_, S, L, G, C> {
    /// Sends `event` to the client that sent the frame; see [`reply`].
    ///
    /// # Errors
    ///
    /// As [`reply`].
    pub async fn reply(&self, event: &Event) -> Result<(), Error> {
        reply(&self.deliverer, &self.context.connection_id, event).await
    }
}

/// Handles `$connect` and `$disconnect`.
///
/// # Errors
///
/// [`Error`] if the table could not be written, or the event belongs to another route. The error has been logged.
pub async fn connection(
    connections: &(impl PutConnection + DeleteConnection),
    event: LambdaEvent<WebSocketEvent>,
) -> Result<Response, Error> {
    let context = event.payload.request_context;
    let handled = async {
        match context.route_key.as_str() {
            "$connect" => connect::handle(connections, &context).await,
            "$disconnect" => disconnect::handle(connections, &context).await,
            other => Err(Error::UnexpectedRoute {
                route: other.to_owned(),
            }),
        }
        .map_err(Error::logged)
    };
    handled.instrument(context.span(&event.context)).await?;
    Ok(Response::OK)
}

/// Handles a frame.
///
/// # Errors
///
/// [`Error`] if the client could not be answered. The error has been logged, and API Gateway informs the client.
pub async fn frame<S, L, G, C>(
    services: &Services<'_, S, L, G, C>,
    event: LambdaEvent<WebSocketEvent>,
) -> Result<Response, Error>
where
    S: ListConnections + DeleteConnection,
    L: MessageLog,
    G: Post + Close,
    C: Clock,
{
    let context = event.payload.request_context;
    let body = event.payload.body.unwrap_or_default();
    let request = Request {
        connections: services.connections,
        room: Room {
            log: services.log,
            id: RoomId::main(),
            retention: services.retention,
        },
        deliverer: Deliverer::new(services.gateway, services.clock),
        context: &context,
        lambda: &event.context,
    };
    let handled = async { handle(&request, &body).await.map_err(Error::logged) };
    handled.instrument(context.span(&event.context)).await?;
    Ok(Response::OK)
}

async fn handle<S, L, G, C>(request: &Request<'_, S, L, G, C>, body: &str) -> Result<(), Error>
where
    S: ListConnections + DeleteConnection,
    L: MessageLog,
    G: Post + Close,
    C: Clock,
{
    match Action::parse(body) {
        Ok(Action::Connected { resume }) => connected::handle(request, resume).await,
        Ok(Action::SendMessage {
            message,
            client_message_id,
        }) => send_message::handle(request, message, client_message_id).await,
        Ok(Action::History { range, limit }) => history::handle(request, range, limit).await,
        Ok(Action::Ping) => ping::handle(request).await,
        Err(refusal) => {
            tracing::info!(code = refusal.code.as_str(), "refused");
            request.reply(&Event::Error(refusal)).await
        }
    }
}
