//! What a client does, told as happenings and what follows from them.

mod connecting;
mod following;
#[cfg(not(target_arch = "wasm32"))]
mod model;
mod sending;

use super::*;
use crate::{Epoch, Event, History, Message, MessageId, Position, Range, Seq};

/// A session with a clock that the test moves, and the socket that it uses.
struct Story {
    session: Session,
    now: Millis,
    socket: SocketId,
}

impl Story {
    fn begin() -> Self {
        let mut story = Self {
            session: Session::default(),
            now: 1_000,
            socket: SocketId::default(),
        };
        story.step(Input::Start);
        story
    }

    /// A client whose copy of the log `e` ends at `head`.
    fn online(head: Seq) -> Self {
        let mut story = Self::begin();
        story.come_online("alice", "e", head);
        if head > 0 {
            story.hear_history(Range::Before(head + 1), head, [], true);
        }
        story
    }

    #[track_caller]
    fn come_online(&mut self, id: &str, epoch: &str, head: Seq) -> Vec<Effect> {
        let socket = self.socket;
        let greeting = self.step(Input::Opened(socket));
        assert!(
            matches!(&greeting[..], [Effect::Send(_, frame)] if frame.starts_with(r#"{"action":"connected""#)),
            "{greeting:?}"
        );
        let effects = self.hear(&Event::Connected {
            connection_id: ConnectionId::new(id),
            head: Some(position(epoch, head)),
        });
        assert!(self.session.phase().is_online());
        effects
    }

    /// Hands `input` in, and follows the session to the socket that it asks for.
    fn step(&mut self, input: Input) -> Vec<Effect> {
        let effects = self.session.step(input, self.now, 0.0);
        for effect in &effects {
            if let Effect::Connect(socket) = effect {
                self.socket = *socket;
            }
        }
        effects
    }

    fn closed(&mut self) -> Vec<Effect> {
        self.step(Input::Closed(self.socket))
    }

    fn hear(&mut self, event: &Event) -> Vec<Effect> {
        self.hear_frame(&event.to_json())
    }

    fn hear_frame(&mut self, frame: &str) -> Vec<Effect> {
        self.step(Input::Received(self.socket, frame.to_owned()))
    }

    /// Hears the message `seq` of a broadcast. Its text is its number.
    fn hear_said(&mut self, seq: Seq) -> Vec<Effect> {
        self.hear(&Event::Message(said(seq)))
    }

    fn hear_history(
        &mut self,
        range: Range,
        head: Seq,
        messages: impl IntoIterator<Item = Seq>,
        complete: bool,
    ) -> Vec<Effect> {
        self.hear(&Event::History(History {
            range,
            head: position("e", head),
            messages: messages.into_iter().map(said).collect(),
            complete,
        }))
    }

    fn say(&mut self, name: &str) -> Vec<Effect> {
        self.step(Input::Say {
            id: id(name),
            text: MessageText::parse(name).unwrap(),
            said_at: 7,
        })
    }

    /// Our message comes back as number `seq`.
    fn hear_own(&mut self, name: &str, seq: Seq) -> Vec<Effect> {
        self.hear(&Event::Message(Message {
            connection_id: ConnectionId::new("alice"),
            client_message_id: Some(id(name)),
            ..said(seq)
        }))
    }

    /// Lets time pass until the session wants to be woken, and wakes it.
    #[track_caller]
    fn sleep(&mut self) -> Vec<Effect> {
        self.now = self.session.wake_at().expect("nothing to wait for");
        self.step(Input::Woke)
    }

    /// Sleeps until what is sent contains `frame`, for a day at most.
    #[track_caller]
    fn sleep_until_sent(&mut self, frame: &str) {
        let limit = self.now + 86_400_000;
        while !sent(&self.sleep()).iter().any(|it| it.contains(frame)) {
            assert!(self.now < limit, "{frame} was not sent");
        }
    }

    /// The numbers of the messages on the page, `|` where something is missing.
    fn page(&self) -> String {
        let segments = self.session.timeline().segments().iter();
        let segments = segments.map(|segment| {
            let cut = if segment.cut.is_some() { "| " } else { "" };
            let texts = segment
                .entries
                .iter()
                .map(|entry| entry.message.message.clone());
            format!("{cut}{}", texts.collect::<Vec<_>>().join(" "))
        });
        segments.collect::<Vec<_>>().join(" ").trim().to_owned()
    }

    #[track_caller]
    fn state_of(&self, name: &str) -> &SendState {
        let entries = self.session.outbox().entries();
        let found = entries.iter().find(|pending| pending.id == id(name));
        &found.expect("not in the outbox").state
    }
}

fn id(name: &str) -> ClientMessageId {
    ClientMessageId::parse(name).unwrap()
}

fn position(epoch: &str, seq: Seq) -> Position {
    let epoch = Epoch::new(epoch);
    Position { epoch, seq }
}

fn said(seq: Seq) -> Message {
    Message {
        connection_id: ConnectionId::new("bob"),
        message: seq.to_string(),
        message_id: MessageId::new(format!("m{seq}")),
        request_time_epoch: i64::try_from(seq).unwrap(),
        seq: Some(seq),
        client_message_id: None,
    }
}

/// The frames among the effects.
fn sent(effects: &[Effect]) -> Vec<&str> {
    let frames = effects.iter().filter_map(|effect| match effect {
        Effect::Send(_, frame) => Some(frame.as_str()),
        _ => None,
    });
    frames.collect()
}

const PING: &str = r#"{"action":"ping"}"#;
