//! What holds for every input, tried with thousands.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    reason = "what a strategy makes is valid by its pattern"
)]

use std::collections::VecDeque;

use papo_protocol::limits::{BACK_OFF_CEILING_MS, FRAME_BYTES, TEXT_BYTES, TIMELINE_MESSAGES};
use papo_protocol::session::{Effect, Input, Phase, SendState, SocketId};
use papo_protocol::{
    Action, ClientMessageId, ConnectionId, Epoch, Event, Heard, History, Message, MessageId,
    MessageText, Position, Range, Session,
};
use proptest::prelude::*;

/// JSON-like text, more often nearly right than plain noise.
fn frame() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        r#"\{("(type|action|message|messageId|connectionId|requestTimeEpoch|code)":("(message|connected|error|sendMessage|a)"|[0-9]{1,20}|null|\{\}|\[\]),?){0,6}\}?"#,
        (any::<String>(), any::<String>(), any::<i64>())
            .prop_map(|(who, text, epoch)| message(&who, text, epoch).to_json()),
        r#"\{"type":"(connected|pong)","connectionId":"a","epoch":"[ef]","head":[0-9]{1,20}\}"#,
        (0_u64..9, 0_u64..9, any::<bool>())
            .prop_map(|(after, head, complete)| history(after, head, complete)),
        (0_u64..12).prop_map(numbered),
        "[a-d]".prop_map(|id| Event::Connected {
            connection_id: ConnectionId::new(id),
            head: None,
        }
        .to_json()),
    ]
}

fn message(who: &str, text: String, epoch: i64) -> Event {
    Event::Message(Message {
        connection_id: ConnectionId::new(who),
        message_id: MessageId::new(format!("{epoch}-{who}")),
        message: text,
        request_time_epoch: epoch,
        seq: None,
        client_message_id: None,
    })
}

/// The message `seq` of the log, sometimes under a name that we know.
fn numbered(seq: u64) -> String {
    let Event::Message(message) = message("bob", seq.to_string(), 0) else {
        unreachable!("it is a message");
    };
    let client_message_id = ClientMessageId::parse("a")
        .ok()
        .filter(|_| seq.is_multiple_of(3));
    Event::Message(Message {
        seq: Some(seq),
        client_message_id,
        ..message
    })
    .to_json()
}

fn history(after: u64, head: u64, complete: bool) -> String {
    let messages = (after + 1..=head)
        .map(numbered)
        .collect::<Vec<_>>()
        .join(",");
    format!(
        r#"{{"type":"history","after":{after},"epoch":"e","head":{head},"messages":[{messages}],"complete":{complete}}}"#
    )
}

fn client_message_id() -> impl Strategy<Value = ClientMessageId> {
    "[a-c]".prop_map(|id| ClientMessageId::parse(id).unwrap())
}

/// Something that happens to the socket with the `n`th name that the session gave, or to the person.
#[derive(Clone, Debug)]
enum Happening {
    Socket(usize, SocketHappening),
    Other(Input),
}

#[derive(Clone, Debug)]
enum SocketHappening {
    Opened,
    Received(String),
    Closed,
}

fn happening() -> impl Strategy<Value = Happening> {
    let socket = prop_oneof![
        2 => Just(SocketHappening::Opened),
        6 => frame().prop_map(SocketHappening::Received),
        1 => Just(SocketHappening::Closed),
    ];
    let other = prop_oneof![
        Just(Input::Start),
        Just(Input::Woke),
        Just(Input::TryNow),
        Just(Input::Dismiss),
        Just(Input::Earlier),
        any::<bool>().prop_map(Input::Composing),
        client_message_id().prop_map(Input::Discard),
        client_message_id().prop_map(Input::SayAgain),
        (client_message_id(), "[ -~]{0,20}[a-z]").prop_map(|(id, text)| Input::Say {
            id,
            text: MessageText::parse(text).unwrap(),
            said_at: 0
        }),
    ];
    prop_oneof![
        (0_usize..3, socket).prop_map(|(back, it)| Happening::Socket(back, it)),
        other.prop_map(Happening::Other),
    ]
}

proptest! {
    #[test]
    fn reading_a_frame_never_panics(frame in frame()) {
        let _ = Action::parse(&frame);
        let _ = Heard::parse(&frame);
    }

    #[test]
    fn an_action_survives_the_wire_and_fits_a_frame(text in any::<String>(), id in "[A-Za-z0-9_-]{1,64}") {
        if let Ok(message) = MessageText::parse(text) {
            let action = Action::SendMessage { message, client_message_id: ClientMessageId::parse(id).ok() };
            let frame = action.to_json();
            prop_assert!(frame.len() <= FRAME_BYTES);
            prop_assert_eq!(Action::parse(&frame), Ok(action));
        }
    }

    #[test]
    fn a_message_survives_the_wire(who in any::<String>(), text in any::<String>(), epoch in any::<i64>()) {
        let event = message(&who, text, epoch);
        prop_assert_eq!(Heard::parse(&event.to_json()), Ok(Heard::Event(event)));
    }

    #[test]
    fn a_session_stays_sane_whatever_happens(
        story in proptest::collection::vec((happening(), 0_u64..400_000, 0.0..1.0), 0..80)
    ) {
        let mut session = Session::default();
        let mut now = 0;
        let mut named: Vec<SocketId> = Vec::new();
        let mut open: Vec<SocketId> = Vec::new();
        for (happening, pause, random) in story {
            now += pause;
            let before = session.phase();
            let input = match happening {
                Happening::Other(input) => input,
                Happening::Socket(back, it) => match named.iter().rev().nth(back) {
                    None => continue,
                    Some(&socket) => match it {
                        SocketHappening::Opened => Input::Opened(socket),
                        SocketHappening::Received(frame) => Input::Received(socket, frame),
                        SocketHappening::Closed => {
                            open.retain(|it| *it != socket);
                            Input::Closed(socket)
                        }
                    },
                },
            };
            let mut effects = session.step(input, now, random);
            if session.wake_at().is_some_and(|at| at <= now) {
                effects.extend(session.step(Input::Woke, now, random));
            }
            for effect in effects {
                match effect {
                    // There are never more than two, and a name is given once.
                    Effect::Connect(socket) => {
                        prop_assert!(!named.contains(&socket));
                        named.push(socket);
                        open.push(socket);
                        prop_assert!(open.len() <= 2);
                    }
                    Effect::Close(socket) => open.retain(|it| *it != socket),
                    Effect::Send(_, frame) => {
                        prop_assert!(Action::parse(&frame).is_ok());
                    }
                    Effect::Save => {}
                }
            }
            if let Phase::Waiting { until } = session.phase() {
                prop_assert!(until <= now + BACK_OFF_CEILING_MS || before == session.phase());
            }
            // Whatever is due is done at once: a driver is never told to wake us in the past for ever.
            prop_assert!(session.wake_at().is_none_or(|at| at > now), "{session:?}");
            // One message at a time is on its way, and only while there is a connection.
            let sending = session.outbox().entries().iter()
                .filter(|pending| matches!(pending.state, SendState::Sending { .. })).count();
            prop_assert!(sending <= usize::from(session.phase().is_online()));
            for segment in session.timeline().segments() {
                let seqs: Vec<_> = segment.entries.iter().filter_map(|entry| entry.message.seq).collect();
                prop_assert!(seqs.is_sorted_by(|a, b| a < b), "{seqs:?}");
            }
            prop_assert!(session.timeline().len() <= TIMELINE_MESSAGES);
        }
    }

    /// Frames overtake one another, come twice, or not at all; whoever asks gets the rest.
    #[test]
    fn whatever_the_order_of_arrival_everybody_sees_the_log(
        arrivals in proptest::collection::vec(1_u64..30, 0..80)
    ) {
        let head = |seq| Position { epoch: Epoch::new("e"), seq };
        let mut session = Session::default();
        let mut socket = None;
        let mut inbox: VecDeque<Event> = VecDeque::new();
        let said = |seq: u64| match message("bob", seq.to_string(), i64::try_from(seq).unwrap()) {
            Event::Message(message) => Message { seq: Some(seq), ..message },
            _ => unreachable!("it is a message"),
        };
        inbox.push_back(Event::Connected { connection_id: ConnectionId::new("me"), head: Some(head(0)) });
        inbox.extend(arrivals.into_iter().map(|seq| Event::Message(said(seq))));
        inbox.push_back(Event::Pong { head: head(30) });
        let mut now = 0;
        let mut effects = session.step(Input::Start, now, 0.0);
        for _ in 0..400 {
            for effect in std::mem::take(&mut effects) {
                match effect {
                    Effect::Connect(name) => {
                        socket = Some(name);
                        let greeting = session.step(Input::Opened(name), now, 0.0);
                        prop_assert_eq!(greeting.len(), 1);
                    }
                    Effect::Send(_, frame) => match Action::parse(&frame) {
                        Ok(Action::History { range: range @ Range::After(after), .. }) => {
                            let messages: Vec<_> = (after + 1..=30).take(4).map(said).collect();
                            let complete = after + 4 >= 30;
                            inbox.push_back(Event::History(History { range, head: head(30), messages, complete }));
                        }
                        Ok(Action::Ping) => inbox.push_back(Event::Pong { head: head(30) }),
                        _ => {}
                    },
                    _ => {}
                }
            }
            if let Some(event) = inbox.pop_front() {
                effects = session.step(Input::Received(socket.unwrap(), event.to_json()), now, 0.0);
            } else if let Some(at) = session.wake_at() && session.timeline().len() < 30 {
                now = at;
                effects = session.step(Input::Woke, now, 0.0);
            }
        }
        let seen: Vec<_> = session.timeline().entries().filter_map(|entry| entry.message.seq).collect();
        prop_assert_eq!(seen, (1..=30).collect::<Vec<_>>());
        prop_assert_eq!(session.timeline().segments().len(), 1);
    }
}

#[test]
fn the_longest_text_that_json_must_escape_fits_a_frame() {
    let message = MessageText::parse("\"".repeat(TEXT_BYTES)).unwrap();
    let action = Action::SendMessage {
        message,
        client_message_id: ClientMessageId::parse("c".repeat(64)).ok(),
    };
    assert!(action.to_json().len() <= FRAME_BYTES);
}
