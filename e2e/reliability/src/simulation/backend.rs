//! The handlers in progress: the real ones, polled one step at a time.

use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use fastrand::Rng;
use lambda_runtime::LambdaEvent;
use papo_lambdas::connections::memory::{ConnectionsFault, MemoryConnections};
use papo_lambdas::dispatch;
use papo_lambdas::event::{Response, WebSocketEvent};
use papo_lambdas::fanout::Fanout;
use papo_lambdas::handlers::broadcaster::{self, BatchResponse};
use papo_lambdas::message_log::Retention;
use papo_lambdas::message_log::dynamodb::stream_record::{StreamEvent, StreamRecord};
use papo_lambdas::parts::Parts;
use papo_lambdas::presence::PeopleCounts;
use papo_lambdas::rate_limit::RateLimiter;
use papo_lambdas::request::Services;
use papo_protocol::{ConnectionId, PersonId, RoomName};
use serde_json::{Value, json};

use super::deliverers::Deliverers;
use super::fault_plan::FaultPlan;
use super::network::Network;
use super::safeguard::Safeguard;
use super::step_executor::StepClock;
use super::step_log::StepLog;
use super::stream::Record;

/// The start of a run on the back end's clock, in milliseconds since 1970.
const EPOCH_MS: i64 = 1_731_312_000_000;

/// How many connections a part of a room has, so that the few clients of a run make several parts.
const PART: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);

/// Maximum number of parts that are delivered at the same time.
const PARTS_AT_ONCE: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);

type Work<T> = Pin<Box<dyn Future<Output = T>>>;

/// A handler in progress.
enum Invocation {
    /// For a frame; resolves to whether it succeeded.
    Frame(Sender, Work<bool>),
    /// For a batch of the stream.
    Batch(Work<BatchResponse>),
}

/// Whose frame an invocation handles.
#[derive(Clone)]
struct Sender {
    connection: ConnectionId,
    person: Option<PersonId>,
}

/// The functions and their tables.
pub(crate) struct Backend {
    pub(crate) log: Arc<StepLog>,
    pub(crate) network: Arc<Network>,
    connections: Arc<MemoryConnections>,
    retention: Retention,
    fanout: Fanout,
    has_deliverers: bool,
    /// Finished invocations leave an empty slot, so that numbers stay valid.
    invocations: Vec<Option<Invocation>>,
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
    /// The broadcaster has ended. `None`: it crashed.
    Broadcast(Option<BatchResponse>),
    /// The invocation ended before.
    Ended,
}

impl Backend {
    pub(crate) fn new(retention: Retention, plan: &FaultPlan, without: Option<Safeguard>) -> Self {
        Self {
            log: Arc::new(StepLog::without(without)),
            network: Arc::default(),
            connections: Arc::default(),
            retention,
            fanout: plan.fanout,
            has_deliverers: plan.has_deliverers,
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
        let (log, rate_limiter) = (Arc::clone(&self.log), RateLimiter::default());
        let work = dispatch::connection(
            &*connections,
            &*log,
            &rate_limiter,
            &*network,
            &StepClock,
            event,
        );
        let mut work = std::pin::pin!(work);
        let mut context = Context::from_waker(Waker::noop());
        // The in-memory store is always ready.
        let accepted = matches!(
            work.as_mut().poll(&mut context),
            Poll::Ready(Ok(Response::OK))
        );
        if accepted {
            self.network.open(id, room);
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
        let (retention, fanout) = (self.retention, self.fanout);
        let work = Box::pin(async move {
            let services = Services {
                connections: &*connections,
                log: &*log,
                gateway: &*network,
                clock: &StepClock,
                retention,
                rate_limiter: RateLimiter::default(),
                fanout,
                people_counts: &PeopleCounts::default(),
            };
            dispatch::frame(&services, event).await.is_ok()
        });
        let sender = Sender {
            connection: from,
            person,
        };
        Some(self.start(Invocation::Frame(sender, work)))
    }

    /// Invokes the broadcaster with a batch of the stream. `crashes` draws the crashes of its deliverers.
    pub(crate) fn broadcast(&mut self, batch: Vec<Record>, crashes: Option<Rng>) -> usize {
        let records = batch.into_iter().filter_map(|record| {
            let seq = record.entry.seq()?;
            let number = record.number.to_string();
            Some(StreamRecord::new(number, &record.room, seq, record.entry))
        });
        let event = StreamEvent::new(records);
        let event = LambdaEvent::new(event, lambda_runtime::Context::default());
        let (connections, network) = (Arc::clone(&self.connections), Arc::clone(&self.network));
        let parts = self.has_deliverers.then(|| {
            let deliverers = Deliverers {
                connections: Arc::clone(&connections),
                network: Arc::clone(&network),
                crashes: crashes.map(Mutex::new),
            };
            Parts::new(deliverers, PARTS_AT_ONCE).of_size(PART)
        });
        let work = Box::pin(async move {
            let parts = parts.as_ref();
            broadcaster::handle(&*connections, &*network, &StepClock, parts, event).await
        });
        self.start(Invocation::Batch(work))
    }

    /// Makes the next page of rows unreadable.
    pub(crate) fn fail_next_page(&self) {
        self.connections.fail(ConnectionsFault::NextPage);
    }

    fn start(&mut self, invocation: Invocation) -> usize {
        self.invocations.push(Some(invocation));
        self.invocations.len() - 1
    }

    /// Polls an invocation once; for the last time if it `crashes`.
    pub(crate) fn step(&mut self, number: usize, crashes: bool) -> Progress {
        let mut context = Context::from_waker(Waker::noop());
        let (sender, mut work) = match self.invocations[number].take() {
            None => return Progress::Ended,
            Some(Invocation::Frame(sender, work)) => (sender, work),
            Some(Invocation::Batch(mut work)) => {
                return match work.as_mut().poll(&mut context) {
                    Poll::Pending if !crashes => {
                        self.invocations[number] = Some(Invocation::Batch(work));
                        Progress::Pending
                    }
                    Poll::Pending => Progress::Broadcast(None),
                    Poll::Ready(response) => Progress::Broadcast(Some(response)),
                };
            }
        };
        self.log.enter(number, sender.person.clone());
        match work.as_mut().poll(&mut context) {
            Poll::Pending if !crashes => {
                self.invocations[number] = Some(Invocation::Frame(sender, work));
                Progress::Pending
            }
            Poll::Ready(true) => {
                self.log.leave(number, true);
                Progress::Done
            }
            Poll::Pending | Poll::Ready(false) => {
                self.log.leave(number, false);
                Progress::Failed(sender.connection)
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
