//! Drives a session with inputs and checks its effects.

mod changing;
mod connecting;
#[cfg(not(target_arch = "wasm32"))]
mod fold_order;
mod folding;
mod following;
#[cfg(not(target_arch = "wasm32"))]
mod model;
mod original;
mod people;
mod presence;
mod restoring;
mod sending;

use super::*;
use crate::{
    ClientMessageId, Connected, Entries, Epoch, Event, History, LogEntry, Message, MessageId,
    MessageText, Pong, Position, Range, Seq,
};

/// A session with a manual clock, and the socket that it uses.
struct Story {
    session: Session,
    now: Millis,
    socket: SocketId,
}

impl Story {
    fn new() -> Self {
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
        let mut story = Self::new();
        story.connect("alice", "e", head);
        if head > 0 {
            story.receive_history(Range::Before(head + 1), head, [], true);
        }
        story
    }

    #[track_caller]
    fn connect(&mut self, id: &str, epoch: &str, head: Seq) -> Vec<Effect> {
        let socket = self.socket;
        let hello = self.step(Input::Opened(socket));
        assert!(
            matches!(&hello[..], [Effect::Send(_, frame)] if frame.starts_with(r#"{"action":"connected""#)),
            "{hello:?}"
        );
        let effects = self.greet(id, position(epoch, head), None);
        assert!(self.session.phase().is_online());
        effects
    }

    /// The back end replies to `connected`.
    fn greet(&mut self, id: &str, head: Position, person: Option<&str>) -> Vec<Effect> {
        self.receive(&Event::Connected(Connected {
            connection_id: ConnectionId::new(id),
            head: Some(head),
            person_id: person.map(PersonId::new),
            room: None,
        }))
    }

    /// Passes `input`, and switches to the socket that the session asks for, if any.
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

    fn receive(&mut self, event: &Event) -> Vec<Effect> {
        self.receive_frame(&event.to_json())
    }

    fn receive_frame(&mut self, frame: &str) -> Vec<Effect> {
        self.step(Input::Received(self.socket, frame.to_owned()))
    }

    /// A broadcast brings the message `seq`, whose text is its number.
    fn receive_message(&mut self, seq: Seq) -> Vec<Effect> {
        self.receive(&Event::Message(message(seq)))
    }

    fn receive_history(
        &mut self,
        range: Range,
        head: Seq,
        messages: impl IntoIterator<Item = Seq>,
        complete: bool,
    ) -> Vec<Effect> {
        let messages = messages.into_iter().map(|seq| message(seq).into());
        self.receive(&Event::History(History {
            range,
            head: position("e", head),
            messages: messages.collect(),
            complete,
        }))
    }

    fn receive_pong(&mut self, epoch: &str, head: Seq) -> Vec<Effect> {
        self.receive_frame(&pong(position(epoch, head)))
    }

    fn send(&mut self, name: &str) -> Vec<Effect> {
        self.step(Input::Send {
            id: id(name),
            content: MessageText::parse(name).unwrap().into(),
            sent_at: 7,
        })
    }

    /// A broadcast brings our message as number `seq`.
    fn receive_own(&mut self, name: &str, seq: Seq) -> Vec<Effect> {
        self.receive(&Event::Message(Message {
            connection_id: ConnectionId::new("alice"),
            client_message_id: Some(id(name)),
            ..message(seq)
        }))
    }

    /// Advances the clock to the time of the timer, and fires it.
    #[track_caller]
    fn fire_timer(&mut self) -> Vec<Effect> {
        self.now = self.session.wake_at().expect("nothing to wait for");
        self.step(Input::Timer)
    }

    /// Fires the timer until a frame that contains `frame` is sent, for at most a day.
    #[track_caller]
    fn run_until_sent(&mut self, frame: &str) {
        let limit = self.now + 86_400_000;
        while !sent(&self.fire_timer()).iter().any(|it| it.contains(frame)) {
            assert!(self.now < limit, "{frame} was not sent");
        }
    }

    /// The numbers of the visible messages, `|` at each gap.
    fn view(&self) -> String {
        let segments = self.session.timeline().segments().iter();
        let segments = segments.map(|segment| {
            let gap = if segment.gap.is_some() { "| " } else { "" };
            let texts = segment
                .entries
                .iter()
                .map(|entry| entry.message.message.clone());
            format!("{gap}{}", texts.collect::<Vec<_>>().join(" "))
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

fn message(seq: Seq) -> Message {
    let time = i64::try_from(seq).unwrap();
    Message {
        seq: Some(seq),
        ..Message::new(
            ConnectionId::new("bob"),
            MessageId::new(format!("m{seq}")),
            time,
            seq.to_string(),
        )
    }
}

/// The last page of the log in the direction of `range`.
fn page(range: Range, head: Position, messages: impl IntoIterator<Item = LogEntry>) -> Event {
    Event::History(History {
        range,
        head,
        messages: messages.into_iter().collect(),
        complete: true,
    })
}

fn pong(head: Position) -> String {
    Event::Pong(Pong {
        head,
        people_count: None,
    })
    .to_json()
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
