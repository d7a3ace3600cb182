//! The handlers that are under way: the real ones, a step at a time.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use lambda_runtime::LambdaEvent;
use papo_lambdas::connections::memory::MemoryConnections;
use papo_lambdas::dispatch::{self, Services};
use papo_lambdas::event::{Response, WebSocketEvent};
use papo_lambdas::message_log::Retention;
use papo_lambdas::rate_limit::{RateLimit, RoomSizes};
use papo_protocol::ConnectionId;
use serde_json::json;

use crate::net::Net;
use crate::safeguard::Safeguard;
use crate::stepwise::{Steps, StepwiseLog};

/// When everything begins on the back end's clock, in milliseconds since 1970.
const BEGINNING: i64 = 1_731_312_000_000;

/// An invocation: whether the handler was content.
type Invocation = Pin<Box<dyn Future<Output = bool>>>;

/// The functions and their tables.
pub(crate) struct Backend {
    pub(crate) log: Arc<StepwiseLog>,
    pub(crate) net: Arc<Net>,
    connections: Arc<MemoryConnections>,
    retention: Retention,
    /// Those that are over leave their place empty, so that numbers stay.
    invocations: Vec<Option<(ConnectionId, Invocation)>>,
    requests: u64,
}

/// What a step has led to.
pub(crate) enum Progress {
    /// There are more.
    GoesOn,
    /// The handler has done its work.
    Done,
    /// It has died or given up: API Gateway tells whoever sent the frame.
    Failed(ConnectionId),
    /// There is no such invocation any more.
    Over,
}

impl Backend {
    pub(crate) fn new(retention: Retention, without: Option<Safeguard>) -> Self {
        Self {
            log: Arc::new(StepwiseLog::without(without)),
            net: Arc::default(),
            connections: Arc::default(),
            retention,
            invocations: Vec::new(),
            requests: 0,
        }
    }

    /// `$connect`, at once. Whether the connection is open now.
    pub(crate) fn connect(&mut self, id: &ConnectionId, at: u64) -> bool {
        let Some(event) = self.event("$connect", id, None, at) else {
            return false;
        };
        let connections = Arc::clone(&self.connections);
        let mut work = std::pin::pin!(dispatch::connection(&*connections, event));
        let mut context = Context::from_waker(Waker::noop());
        // The store in memory answers at once.
        let accepted = matches!(
            work.as_mut().poll(&mut context),
            Poll::Ready(Ok(Response::OK))
        );
        if accepted {
            self.net.open(id);
        }
        accepted
    }

    /// A frame has come from `from`: the number of its invocation, if the connection is open.
    pub(crate) fn invoke(&mut self, from: ConnectionId, frame: String, at: u64) -> Option<usize> {
        if !self.net.is_open(&from) {
            return None;
        }
        let event = self.event("sendMessage", &from, Some(frame), at)?;
        let (connections, log, net) = (
            Arc::clone(&self.connections),
            Arc::clone(&self.log),
            Arc::clone(&self.net),
        );
        let retention = self.retention;
        let work: Invocation = Box::pin(async move {
            let services = Services {
                connections: &*connections,
                log: &*log,
                gateway: &*net,
                clock: &Steps,
                retention,
                rate_limit: RateLimit::default(),
                room_sizes: RoomSizes::default(),
            };
            dispatch::frame(&services, event).await.is_ok()
        });
        self.invocations.push(Some((from, work)));
        Some(self.invocations.len() - 1)
    }

    /// Lets an invocation take one step; the last one if it `dies`.
    pub(crate) fn step(&mut self, number: usize, dies: bool) -> Progress {
        let Some((from, mut work)) = self.invocations[number].take() else {
            return Progress::Over;
        };
        self.log.serve(number);
        let mut context = Context::from_waker(Waker::noop());
        match work.as_mut().poll(&mut context) {
            Poll::Pending if !dies => {
                self.invocations[number] = Some((from, work));
                Progress::GoesOn
            }
            Poll::Ready(true) => {
                self.log.is_over(number, true);
                Progress::Done
            }
            Poll::Pending | Poll::Ready(false) => {
                self.log.is_over(number, false);
                Progress::Failed(from)
            }
        }
    }

    /// Whatever is under way ends, and nobody is told.
    pub(crate) fn stop(&mut self) {
        self.invocations.fill_with(|| None);
    }

    /// `at` is in milliseconds since the beginning, on the back end's clock.
    fn event(
        &mut self,
        route: &str,
        id: &ConnectionId,
        body: Option<String>,
        at: u64,
    ) -> Option<LambdaEvent<WebSocketEvent>> {
        let time = BEGINNING.saturating_add_unsigned(at);
        self.requests += 1;
        let event = json!({
            "requestContext": {
                "routeKey": route,
                "connectionId": id.as_str(),
                "messageId": format!("m{}", self.requests),
                "connectedAt": time,
                "requestTimeEpoch": time,
            },
            "body": body,
        });
        let event = serde_json::from_value(event).ok()?;
        Some(LambdaEvent::new(event, lambda_runtime::Context::default()))
    }

    /// Removes what has expired.
    pub(crate) fn sweep(&self, at: u64) {
        let log = self.log.now();
        log.sweep(BEGINNING.saturating_add_unsigned(at));
    }
}
