//! From an event to its handler.
//!
//! Sets up the log span and logs failures. All frames are handled alike, whatever their route, because API Gateway reads
//! frames more leniently than JSON allows and routes `{action: "sendMessage"}` to `sendMessage`.

use std::time::Duration;

use lambda_runtime::LambdaEvent;
use papo_protocol::{Action, Change, ClientMessageId, ConnectionId, Event};
use tracing::Instrument;

use crate::clock::Clock;
use crate::connections::{
    DeleteConnection, FindConnection, Introduce, ListRoom, Member, PutConnection,
};
use crate::deliverer::Deliverer;
use crate::error::Error;
use crate::event::{Response, WebSocketEvent};
use crate::handlers::connect::{self, Handshake};
use crate::handlers::{change, connected, disconnect, heads, history, ping, send_message, typing};
use crate::management::{Close, Post, PostError};
use crate::message_log::{MessageLog, Room};
use crate::rate_limit::{Admission, Budget, Charge, CountCharges, RateLimiter};
use crate::reply::{reply, unavailable};
use crate::request::{Request, Services};

/// Handles `$connect` and `$disconnect`. `counter` counts the handshakes of each person.
///
/// # Errors
///
/// [`Error`] if the table could not be written, or the event belongs to another route. The error has been logged.
pub async fn connection(
    connections: &(impl PutConnection + DeleteConnection + ListRoom),
    counter: &impl CountCharges,
    rate_limiter: &RateLimiter,
    gateway: &(impl Post + Close),
    clock: &impl Clock,
    event: LambdaEvent<WebSocketEvent>,
) -> Result<Response, Error> {
    let WebSocketEvent {
        request_context: context,
        room,
        offers_protocol,
        ..
    } = event.payload;
    let handled = async {
        match context.route_key.as_str() {
            "$connect" => {
                let handshake = Handshake {
                    context: &context,
                    room,
                    offers_protocol,
                };
                connect::handle(connections, counter, rate_limiter, handshake).await
            }
            "$disconnect" => {
                let deliverer = Deliverer::new(gateway, clock);
                disconnect::handle(connections, &deliverer, &context).await
            }
            other => Err(Error::UnexpectedRoute {
                route: other.to_owned(),
            }),
        }
        .map_err(Error::logged)
    };
    handled.instrument(context.span(&event.context)).await
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
    S: FindConnection + Introduce + ListRoom + DeleteConnection,
    L: MessageLog,
    G: Post + Close,
    C: Clock,
{
    let context = event.payload.request_context;
    let body = event.payload.body.unwrap_or_default();
    let handled = async {
        let deliverer = Deliverer::new(services.gateway, services.clock);
        let id = &context.connection_id;
        if context.token_has_expired() {
            tracing::info!("closing a connection whose token has expired");
            return close(&deliverer, id).await;
        }
        let Some(Member { room, person }) = services.connections.find(id).await? else {
            // Without a row it would never receive a broadcast. It gets a new row when it connects again.
            tracing::warn!("closing a connection without a row");
            let refusal = unavailable("This connection is not registered. Connect again.");
            reply(&deliverer, id, &Event::Error(refusal)).await?;
            return close(&deliverer, id).await;
        };
        let request = Request {
            connections: services.connections,
            room: Room {
                log: services.log,
                id: room,
                retention: services.retention,
            },
            person,
            fanout: services.fanout,
            deliverer,
            room_sizes: &services.rate_limiter.room_sizes,
            people_counts: services.people_counts,
            context: &context,
            lambda: &event.context,
        };
        // Boxed, because the future of a broadcast is large.
        Box::pin(handle(&request, &body, &services.rate_limiter)).await
    };
    let handled = async { handled.await.map_err(Error::logged) };
    handled.instrument(context.span(&event.context)).await?;
    Ok(Response::OK)
}

async fn close<G: Close, C>(
    deliverer: &Deliverer<'_, G, C>,
    id: &ConnectionId,
) -> Result<(), Error> {
    match deliverer.close(id).await {
        Ok(()) | Err(PostError::Gone) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

async fn handle<S, L, G, C>(
    request: &Request<'_, S, L, G, C>,
    body: &str,
    rate_limiter: &RateLimiter,
) -> Result<(), Error>
where
    S: Introduce + ListRoom + DeleteConnection,
    L: MessageLog,
    G: Post + Close,
    C: Clock,
{
    let action = Action::parse(body);
    let costs = action.as_ref().ok().and_then(|it| charge(request, it));
    let admission = rate_limiter.admit(request.room.log, request.context, costs);
    match admission.await {
        Admission::After(Duration::ZERO) => {}
        Admission::After(wait) => request.deliverer.clock().sleep(wait).await,
        Admission::Refused(error) => {
            let id = action.ok().and_then(client_message_id);
            return request.refuse(error.about(id)).await;
        }
        Admission::Flood => {
            return close(&request.deliverer, &request.context.connection_id).await;
        }
    }
    let action = match action {
        Ok(action) => action,
        Err(error) => return request.refuse(error).await,
    };
    match action {
        Action::Connected { name, key, resume } => {
            connected::handle(request, name, key, resume).await
        }
        Action::SendMessage {
            message,
            client_message_id,
            reply_to,
        } => send_message::handle(request, message, client_message_id, reply_to).await,
        Action::Edit {
            target,
            message,
            client_message_id,
        } => change::handle(request, target, Change::Edit(message), client_message_id).await,
        Action::Delete {
            target,
            client_message_id,
        } => change::handle(request, target, Change::Delete, client_message_id).await,
        Action::Reaction {
            target,
            emoji,
            on,
            client_message_id,
        } => {
            let change = Change::React { emoji, on };
            change::handle(request, target, change, client_message_id).await
        }
        Action::Typing => typing::handle(request).await,
        Action::Heads { rooms } => heads::handle(request, rooms).await,
        Action::History { range, limit } => history::handle(request, range, limit).await,
        Action::Ping => ping::handle(request).await,
    }
}

/// What an action is charged, with an estimate of its recipients. `None`: nothing.
fn charge<S, L, G, C>(request: &Request<'_, S, L, G, C>, action: &Action) -> Option<Charge> {
    let (budget, recipients) = match action {
        Action::SendMessage { .. }
        | Action::Edit { .. }
        | Action::Delete { .. }
        | Action::Reaction { .. } => (
            Budget::Writing,
            request.room_sizes.estimate(&request.room.id),
        ),
        Action::Typing => (Budget::Writing, 1),
        Action::Heads { rooms } => {
            let rooms = u32::try_from(rooms.len()).unwrap_or(u32::MAX);
            (Budget::Reading, rooms)
        }
        Action::History { .. } => (Budget::Reading, 1),
        Action::Connected { .. } => (Budget::Joining, 1),
        Action::Ping => return None,
    };
    Some(Charge { budget, recipients })
}

/// The id of what an action appends to the log, if it appends anything and the client sent one.
fn client_message_id(action: Action) -> Option<ClientMessageId> {
    match action {
        Action::SendMessage {
            client_message_id, ..
        }
        | Action::Edit {
            client_message_id, ..
        }
        | Action::Delete {
            client_message_id, ..
        }
        | Action::Reaction {
            client_message_id, ..
        } => client_message_id,
        Action::Typing
        | Action::Heads { .. }
        | Action::History { .. }
        | Action::Connected { .. }
        | Action::Ping => None,
    }
}
