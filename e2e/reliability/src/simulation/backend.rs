//! The handlers in progress: the real ones, polled one step at a time.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use lambda_runtime::LambdaEvent;
use papo_lambdas::connections::memory::MemoryConnections;
use papo_lambdas::dispatch::{self, Services};
use papo_lambdas::event::{Response, WebSocketEvent};
use papo_lambdas::fanout::Fanout;
use papo_lambdas::message_log::Retention;
use papo_lambdas::rate_limit::{RateLimit, RoomSizes};
use papo_protocol::{ConnectionId, PersonId, RoomName};
use serde_json::{Value, json};

use super::network::Network;
use super::safeguard::Safeguard;
use super::step_executor::StepClock;
use super::step_log::StepLog;

/// The start of a run on the back end's clock, in milliseconds since 1970.
const EPOCH_MS: i64 = 1_731_312_000_000;

/// A handler in progress; resolves to whether it succeeded.
type Invocation = Pin<Box<dyn Future<Output = bool>>>;

/// Whose frame an invocation handles.
#[derive(Clone)]
struct Asker {
    connection: ConnectionId,
    person: Option<PersonId>,
}

/// The functions and their tables.
pub(crate) struct Backend {
    pub(crate) log: Arc<StepLog>,
    pub(crate) network: Arc<Network>,
    connections: Arc<MemoryConnections>,
    retention: Retention,
    /// Finished invocations leave an empty place, so that numbers stay valid.
    invocations: Vec<Option<(Asker, Invocation)>>,
    requests: u64,
}

/// The result of a step.
pub(crate) enum Progress {
    /// The handler needs more steps.
    Pending,
    /// The handler succeeded.
    Done,
    /// The handler crashed or returned an error: API Gateway sends an error frame to this connection.
    Failed(ConnectionId),
    /// The invocation ended before.
    Ended,
}

impl Backend {
    pub(crate) fn new(retention: Retention, without: Option<Safeguard>) -> Self {
        Self {
            log: Arc::new(StepLog::without(without)),
            network: Arc::default(),
            connections: Arc::default(),
            retention,
            invocations: Vec::new(),
            requests: 0,
        }
    }

    /// Runs `$connect` to completion. Returns whether the connection is open.
    pub(crate) fn connect(&mut self, id: &ConnectionId, room: &RoomName, at: u64) -> bool {
        let query = json!({ "room": room.as_str() });
        let Some(event) = self.event("$connect", id, None, query, at) else {
            return false;
        };
        let connections = Arc::clone(&self.connections);
        let network = Arc::clone(&self.network);
        let work = dispatch::connection(&*connections, &*network, &StepClock, event);
        let mut work = std::pin::pin!(work);
        let mut context = Context::from_waker(Waker::noop());
        // The in-memory store is always ready.
        let accepted = matches!(
            work.as_mut().poll(&mut context),
            Poll::Ready(Ok(Response::OK))
        );
        if accepted {
            self.network.open(id);
        }
        accepted
    }

    /// Invokes the handler for a frame. Returns the number of the invocation, or `None` if the connection is closed.
    pub(crate) fn invoke(
        &mut self,
        from: ConnectionId,
        person: Option<PersonId>,
        frame: String,
        at: u64,
    ) -> Option<usize> {
        if !self.network.is_open(&from) {
            return None;
        }
        let event = self.event("sendMessage", &from, Some(frame), json!(null), at)?;
        let (connections, log, network) = (
            Arc::clone(&self.connections),
            Arc::clone(&self.log),
            Arc::clone(&self.network),
        );
        let retention = self.retention;
        let work: Invocation = Box::pin(async move {
            let services = Services {
                connections: &*connections,
                log: &*log,
                gateway: &*network,
                clock: &StepClock,
                retention,
                rate_limit: RateLimit::default(),
                fanout: Fanout::Direct,
                room_sizes: RoomSizes::default(),
            };
            dispatch::frame(&services, event).await.is_ok()
        });
        let asker = Asker {
            connection: from,
            person,
        };
        self.invocations.push(Some((asker, work)));
        Some(self.invocations.len() - 1)
    }

    /// Polls an invocation once; for the last time if it `crashes`.
    pub(crate) fn step(&mut self, number: usize, crashes: bool) -> Progress {
        let Some((asker, mut work)) = self.invocations[number].take() else {
            return Progress::Ended;
        };
        self.log.enter(number, asker.person.clone());
        let mut context = Context::from_waker(Waker::noop());
        match work.as_mut().poll(&mut context) {
            Poll::Pending if !crashes => {
                self.invocations[number] = Some((asker, work));
                Progress::Pending
            }
            Poll::Ready(true) => {
                self.log.leave(number, true);
                Progress::Done
            }
            Poll::Pending | Poll::Ready(false) => {
                self.log.leave(number, false);
                Progress::Failed(asker.connection)
            }
        }
    }

    /// Drops all invocations without a response.
    pub(crate) fn stop(&mut self) {
        self.invocations.fill_with(|| None);
    }

    /// `at` is in milliseconds since the start, on the back end's clock.
    fn event(
        &mut self,
        route: &str,
        id: &ConnectionId,
        body: Option<String>,
        query: Value,
        at: u64,
    ) -> Option<LambdaEvent<WebSocketEvent>> {
        let time = EPOCH_MS.saturating_add_unsigned(at);
        self.requests += 1;
        let event = json!({
            "requestContext": {
                "routeKey": route,
                "connectionId": id.as_str(),
                "messageId": format!("m{}", self.requests),
                "connectedAt": time,
                "requestTimeEpoch": time,
            },
            "queryStringParameters": query,
            "body": body,
        });
        let event = serde_json::from_value(event).ok()?;
        Some(LambdaEvent::new(event, lambda_runtime::Context::default()))
    }

    /// When an entry that is written at `at` expires, in seconds since 1970.
    pub(crate) fn expires_at(&self, at: u64) -> i64 {
        self.retention
            .expires_at(EPOCH_MS.saturating_add_unsigned(at))
    }

    /// Removes expired messages.
    pub(crate) fn sweep(&self, at: u64) {
        let log = self.log.current();
        log.sweep(EPOCH_MS.saturating_add_unsigned(at));
    }
}
