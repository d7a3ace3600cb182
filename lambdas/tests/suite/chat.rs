//! A chat whose table and connections are in memory, driven through the handlers by recorded events.

use jiff::Timestamp;
use lambda_runtime::{Context, LambdaEvent};
use papo_lambdas::event::{Done, WebSocketEvent};
use papo_lambdas::pace::RealPace;
use papo_lambdas::push::memory::MemoryPush;
use papo_lambdas::room::memory::MemoryLog;
use papo_lambdas::room::{Freshness, ReadHead, Room, RoomId};
use papo_lambdas::store::memory::MemoryStore;
use papo_lambdas::store::{PutConnection, Row};
use papo_lambdas::{Error, connection, send_message};
use papo_protocol::{ConnectionId, Message};
use serde_json::{Value, json};

/// When everybody connects, in milliseconds since 1970.
pub(crate) const MORNING: i64 = 1_731_312_000_000;

/// When everybody speaks: five minutes later, when nobody can still be connecting.
pub(crate) const LATER: i64 = MORNING + 5 * 60 * 1_000;

pub(crate) struct Chat {
    pub(crate) store: MemoryStore,
    pub(crate) room: Room<MemoryLog>,
    pub(crate) push: MemoryPush,
}

impl Default for Chat {
    fn default() -> Self {
        Self {
            store: MemoryStore::new(),
            room: room(MemoryLog::new()),
            push: MemoryPush::new(),
        }
    }
}

/// The room that everybody is in, with this log. Messages are kept for 30 days.
pub(crate) fn room<L>(log: L) -> Room<L> {
    Room {
        log,
        id: RoomId::main(),
        retention: "30".parse().unwrap(),
    }
}

impl Chat {
    /// A chat with these people in it.
    pub(crate) async fn with(people: &[&str]) -> Self {
        let chat = Self::default();
        for id in people {
            chat.connect(id).await.unwrap();
        }
        chat
    }

    /// A chat with `count` people, `p0000` and so on, written straight into the table.
    pub(crate) async fn with_many(count: usize) -> Self {
        let chat = Self::default();
        for n in 0..count {
            let id = person(n);
            chat.store
                .put(&Row::new(id.clone(), at(MORNING)))
                .await
                .unwrap();
            chat.push.open(&id);
        }
        chat
    }

    pub(crate) async fn connect(&self, id: &str) -> Result<Done, Error> {
        let done = connection::handle(&self.store, event("connect", id, MORNING, None)).await?;
        self.push.open(&ConnectionId::new(id));
        Ok(done)
    }

    pub(crate) async fn disconnect(&self, id: &str) -> Result<Done, Error> {
        self.push.close(&ConnectionId::new(id));
        connection::handle(&self.store, event("disconnect", id, LATER, None)).await
    }

    /// Sends `frame` as API Gateway would pass it on.
    pub(crate) async fn send(&self, id: &str, frame: &str) -> Result<Done, Error> {
        self.send_at(LATER, id, frame).await
    }

    /// The same at another time.
    pub(crate) async fn send_at(&self, time: i64, id: &str, frame: &str) -> Result<Done, Error> {
        let fixture = match serde_json::from_str::<Value>(frame) {
            Ok(frame) if frame["action"] == "connected" => "connected",
            Ok(frame) if frame["action"] == "sendMessage" => "send-message",
            _ => "default",
        };
        let event = event(fixture, id, time, Some(frame));
        send_message::handle(&self.store, &self.room, &self.push, &RealPace, event).await
    }

    pub(crate) async fn say(&self, id: &str, message: &str) -> Result<Done, Error> {
        let frame = json!({ "action": "sendMessage", "message": message });
        self.send(id, &frame.to_string()).await
    }

    /// The frames that `id` got.
    pub(crate) fn heard(&self, id: &str) -> Vec<Value> {
        let frames = self.push.heard_by(&ConnectionId::new(id));
        frames
            .iter()
            .map(|frame| serde_json::from_str(frame).unwrap())
            .collect()
    }

    /// What is in the log: the number of each message, and its text.
    pub(crate) fn log(&self) -> Vec<(u64, String)> {
        let messages = self.room.log.messages(&self.room.id);
        let entry = |said: Message| (said.seq.unwrap(), said.message);
        messages.into_iter().map(entry).collect()
    }

    /// The name of the log.
    pub(crate) async fn epoch(&self) -> String {
        let head = self.room.log.head(&self.room.id, Freshness::Latest).await;
        head.unwrap().unwrap().epoch.as_str().to_owned()
    }

    pub(crate) fn in_table(&self, id: &str) -> bool {
        self.store.contains(&ConnectionId::new(id))
    }
}

/// The id of the person number `n`: in the order of their numbers.
pub(crate) fn person(n: usize) -> ConnectionId {
    ConnectionId::new(format!("p{n:04}="))
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
