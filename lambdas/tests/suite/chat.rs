//! A chat with tables and connections in memory, driven by recorded events.

use jiff::Timestamp;
use lambda_runtime::{Context, LambdaEvent};
use papo_lambdas::Error;
use papo_lambdas::clock::SystemClock;
use papo_lambdas::connections::memory::MemoryConnections;
use papo_lambdas::connections::{PutConnection, Row};
use papo_lambdas::dispatch;
use papo_lambdas::event::{Response, WebSocketEvent};
use papo_lambdas::fanout::Fanout;
use papo_lambdas::management::memory::MemoryGateway;
use papo_lambdas::management::{PostError, TransientCause};
use papo_lambdas::message_log::memory::MemoryMessageLog;
use papo_lambdas::message_log::{Freshness, ReadHead, Retention, Room};
use papo_lambdas::presence::PeopleCounts;
use papo_lambdas::rate_limit::{RateLimit, RateLimiter};
use papo_lambdas::request::Services;
use papo_protocol::{ConnectionId, Message, RoomName};
use serde_json::{Value, json};

/// When all clients connect, in milliseconds since 1970.
pub(crate) const MORNING: i64 = 1_731_312_000_000;

/// When frames are sent: five minutes later, when no connection is still opening.
pub(crate) const LATER: i64 = MORNING + 5 * 60 * 1_000;

#[derive(Default)]
pub(crate) struct Chat {
    pub(crate) connections: MemoryConnections,
    pub(crate) log: MemoryMessageLog,
    pub(crate) gateway: MemoryGateway,
    pub(crate) fanout: Fanout,
    /// No limit by default.
    pub(crate) rate_limit: RateLimit,
    people_counts: PeopleCounts,
}

/// Messages are kept for 30 days.
fn retention() -> Retention {
    "30".parse().unwrap()
}

/// A process of the function that handles frames, on these tables and connections, without a rate limit.
pub(crate) fn services<'a, S, L, G>(
    connections: &'a S,
    log: &'a L,
    gateway: &'a G,
    people_counts: &'a PeopleCounts,
) -> Services<'a, S, L, G, SystemClock> {
    Services {
        connections,
        log,
        gateway,
        clock: &SystemClock,
        retention: retention(),
        fanout: Fanout::Direct,
        rate_limiter: RateLimiter::default(),
        people_counts,
    }
}

/// The main room of this log.
pub(crate) fn room<L>(log: &L) -> Room<'_, L> {
    Room {
        log,
        id: RoomName::default(),
        retention: retention(),
    }
}

impl Chat {
    /// A chat with these connections.
    pub(crate) async fn with(ids: &[&str]) -> Self {
        let chat = Self::default();
        for id in ids {
            chat.connect(id).await.unwrap();
        }
        chat
    }

    /// A chat with `count` connections, `p0000=` and so on, written directly into the table.
    pub(crate) async fn with_many(count: usize) -> Self {
        let chat = Self::default();
        for n in 0..count {
            let id = nth_id(n);
            chat.connections
                .put(&Row::new(id.clone(), RoomName::default(), at(MORNING)))
                .await
                .unwrap();
            chat.gateway.open(&id);
        }
        chat
    }

    /// One process of the function, which remembers what it has counted while this value lives.
    pub(crate) fn services(
        &self,
    ) -> Services<'_, MemoryConnections, MemoryMessageLog, MemoryGateway, SystemClock> {
        let (connections, log) = (&self.connections, &self.log);
        Services {
            rate_limiter: RateLimiter::new(self.rate_limit),
            fanout: self.fanout,
            ..services(connections, log, &self.gateway, &self.people_counts)
        }
    }

    pub(crate) async fn connect(&self, id: &str) -> Result<Response, Error> {
        self.connect_to(None, id).await
    }

    /// Connects with `?room=`.
    pub(crate) async fn connect_to(&self, room: Option<&str>, id: &str) -> Result<Response, Error> {
        let mut event = event("connect", id, MORNING, None);
        event.payload.room = room.map(str::to_owned);
        let response = self.handle_connection(event).await?;
        self.gateway.open(&ConnectionId::new(id));
        Ok(response)
    }

    pub(crate) async fn disconnect(&self, id: &str) -> Result<Response, Error> {
        self.gateway.hang_up(&ConnectionId::new(id));
        let event = event("disconnect", id, LATER, None);
        self.handle_connection(event).await
    }

    /// Handles the event of a handshake or of its end.
    pub(crate) async fn handle_connection(
        &self,
        event: LambdaEvent<WebSocketEvent>,
    ) -> Result<Response, Error> {
        let rate_limiter = RateLimiter::new(self.rate_limit);
        let (connections, gateway) = (&self.connections, &self.gateway);
        let (log, clock) = (&self.log, &SystemClock);
        dispatch::connection(connections, log, &rate_limiter, gateway, clock, event).await
    }

    /// Sends `frame` as API Gateway would pass it on.
    pub(crate) async fn send(&self, id: &str, frame: &str) -> Result<Response, Error> {
        self.send_at(LATER, id, frame).await
    }

    /// The same at another time.
    pub(crate) async fn send_at(
        &self,
        time: i64,
        id: &str,
        frame: &str,
    ) -> Result<Response, Error> {
        let fixture = match serde_json::from_str::<Value>(frame) {
            Ok(frame) if frame["action"] == "connected" => "connected",
            Ok(frame) if frame["action"] == "sendMessage" => "send-message",
            _ => "default",
        };
        self.handle(event(fixture, id, time, Some(frame))).await
    }

    /// Handles the event of a frame.
    pub(crate) async fn handle(
        &self,
        event: LambdaEvent<WebSocketEvent>,
    ) -> Result<Response, Error> {
        dispatch::frame(&self.services(), event).await
    }

    pub(crate) async fn send_text(&self, id: &str, message: &str) -> Result<Response, Error> {
        let frame = json!({ "action": "sendMessage", "message": message });
        self.send(id, &frame.to_string()).await
    }

    /// The frames that `id` received.
    pub(crate) fn received(&self, id: &str) -> Vec<Value> {
        let frames = self.gateway.delivered_to(&ConnectionId::new(id));
        frames
            .iter()
            .map(|frame| serde_json::from_str(frame).unwrap())
            .collect()
    }

    /// The log: the seq and text of each message.
    pub(crate) fn messages(&self) -> Vec<(u64, String)> {
        let messages = self.log.messages(&RoomName::default());
        let entry = |message: Message| (message.seq.unwrap(), message.message);
        messages.into_iter().map(entry).collect()
    }

    /// The epoch of the log.
    pub(crate) async fn epoch(&self) -> String {
        let head = self.log.head(&RoomName::default(), Freshness::Latest).await;
        head.unwrap().unwrap().epoch.as_str().to_owned()
    }

    pub(crate) fn in_table(&self, id: &str) -> bool {
        self.connections.contains(&ConnectionId::new(id))
    }
}

/// The id of connection number `n`; ids sort by number.
pub(crate) fn nth_id(n: usize) -> ConnectionId {
    ConnectionId::new(format!("p{n:04}="))
}

/// All errors that do not mean that the connection is closed.
pub(crate) fn errors_other_than_gone() -> impl Iterator<Item = PostError> {
    let passing = [
        TransientCause::Throttled,
        TransientCause::Server,
        TransientCause::TimedOut,
        TransientCause::Connection,
    ];
    let permanent = PostError::Permanent {
        detail: "Forbidden".into(),
    };
    passing
        .map(PostError::transient)
        .into_iter()
        .chain([permanent])
}

pub(crate) fn at(millisecond: i64) -> Timestamp {
    Timestamp::from_millisecond(millisecond).unwrap()
}

/// A recorded event by its name.
pub(crate) fn fixture(name: &str) -> Value {
    let path = format!("{}/tests/fixtures/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(&path).expect(&path)).expect(&path)
}

/// A recorded event with another connection, time and body.
pub(crate) fn event(
    name: &str,
    id: &str,
    time: i64,
    body: Option<&str>,
) -> LambdaEvent<WebSocketEvent> {
    let mut event = fixture(name);
    let about = &mut event["requestContext"];
    about["connectionId"] = id.into();
    about["connectedAt"] = MORNING.into();
    about["requestTimeEpoch"] = time.into();
    if let Some(body) = body {
        event["body"] = body.into();
    }
    LambdaEvent::new(serde_json::from_value(event).unwrap(), Context::default())
}
