//! Properties that hold for every input.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "strategies only generate valid values")]

use papo_protocol::limits::{BACK_OFF_CEILING_MS, FRAME_BYTES, TEXT_BYTES, TIMELINE_MESSAGES};
use papo_protocol::session::{Content, Effect, Input, Phase, SendState, SocketId};
use papo_protocol::{
    Action, Change, ClientMessageId, Connected, ConnectionId, Emoji, Epoch, Event, Message,
    MessageId, MessageText, RoomName, ServerFrame, Session, Target,
};
use proptest::prelude::*;

/// Valid, almost valid and random frames.
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
        r#"\{"type":"(edit|delete|reaction)","of":[0-9],"seq":[0-9]{1,2},"message":"a","emoji":"👍","on":(true|false),"requestTimeEpoch":1,"personId":"[ab]"(,"clientMessageId":"a")?\}"#,
        r#"\{"type":"(people|joined|left|typing)","connectionId":"a","personId":"[ab]","peopleCount":[0-9]{1,3}(,"people":\[(\{"personId":"[ab]"\})?\])?\}"#,
        "[a-d]".prop_map(|id| Event::Connected(Connected {
            connection_id: ConnectionId::new(id),
            head: None,
            person_id: None,
            room: None
        })
        .to_json()),
    ]
}

fn message(who: &str, text: String, epoch: i64) -> Event {
    let message_id = MessageId::new(format!("{epoch}-{who}"));
    Event::Message(Message::new(
        ConnectionId::new(who),
        message_id,
        epoch,
        text,
    ))
}

/// The message `seq` of the log, sometimes with an id of ours.
fn numbered(seq: u64) -> String {
    let client_message_id = ClientMessageId::parse("a").ok();
    let (bob, message_id) = (ConnectionId::new("bob"), MessageId::new(seq.to_string()));
    Event::Message(Message {
        seq: Some(seq),
        client_message_id: client_message_id.filter(|_| seq.is_multiple_of(3)),
        ..Message::new(bob, message_id, 0, seq.to_string())
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

/// Something that happens to the `n`th last socket, or another input.
#[derive(Clone, Debug)]
enum Step {
    Socket(usize, SocketStep),
    Other(Input),
}

#[derive(Clone, Debug)]
enum SocketStep {
    Opened,
    Received(String),
    Closed,
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        "[a-z]".prop_map(|text| Change::Edit(MessageText::parse(text).unwrap())),
        Just(Change::Delete),
        any::<bool>().prop_map(|on| Change::React {
            emoji: Emoji::parse("👍").unwrap(),
            on
        }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let socket = prop_oneof![
        2 => Just(SocketStep::Opened),
        6 => frame().prop_map(SocketStep::Received),
        1 => Just(SocketStep::Closed),
    ];
    let other = prop_oneof![
        Just(Input::Start),
        Just(Input::Timer),
        Just(Input::TryNow),
        Just(Input::Dismiss),
        Just(Input::LoadEarlier),
        any::<bool>().prop_map(Input::Composing),
        Just(Input::Typing),
        proptest::collection::vec(
            "[a-c]".prop_map(|room| RoomName::parse(room).unwrap()),
            0..3
        )
        .prop_map(Input::WatchRooms),
        (client_message_id(), 0_u64..12, change()).prop_map(|(id, of, change)| Input::Send {
            id,
            content: Content::Change {
                target: Target {
                    of,
                    epoch: Some(Epoch::new("e"))
                },
                change
            },
            sent_at: 0
        }),
        client_message_id().prop_map(Input::Discard),
        client_message_id().prop_map(Input::Retry),
        (client_message_id(), "[ -~]{0,20}[a-z]").prop_map(|(id, text)| Input::Send {
            id,
            content: MessageText::parse(text).unwrap().into(),
            sent_at: 0
        }),
    ];
    prop_oneof![
        (0_usize..3, socket).prop_map(|(back, it)| Step::Socket(back, it)),
        other.prop_map(Step::Other),
    ]
}

proptest! {
    #[test]
    fn parsing_never_panics(frame in frame()) {
        let _ = Action::parse(&frame);
        let _ = ServerFrame::parse(&frame);
    }

    #[test]
    fn an_action_round_trips_and_fits_a_frame(text in any::<String>(), id in "[A-Za-z0-9_-]{1,64}") {
        if let Ok(message) = MessageText::parse(text) {
            let action = Action::SendMessage { message, client_message_id: ClientMessageId::parse(id).ok(), reply_to: None };
            let frame = action.to_json();
            prop_assert!(frame.len() <= FRAME_BYTES);
            prop_assert_eq!(Action::parse(&frame), Ok(action));
        }
    }

    #[test]
    fn a_message_round_trips(who in any::<String>(), text in any::<String>(), epoch in any::<i64>()) {
        let event = message(&who, text, epoch);
        prop_assert_eq!(ServerFrame::parse(&event.to_json()).unwrap(), ServerFrame::Event(event));
    }

    #[test]
    fn the_session_keeps_its_invariants_for_any_input(
        story in proptest::collection::vec((step(), 0_u64..400_000, 0.0..1.0), 0..80)
    ) {
        let mut session = Session::default();
        let mut now = 0;
        let mut sockets: Vec<SocketId> = Vec::new();
        let mut open: Vec<SocketId> = Vec::new();
        for (step, pause, random) in story {
            now += pause;
            let before = session.phase();
            let input = match step {
                Step::Other(input) => input,
                Step::Socket(back, it) => match sockets.iter().rev().nth(back) {
                    None => continue,
                    Some(&socket) => match it {
                        SocketStep::Opened => Input::Opened(socket),
                        SocketStep::Received(frame) => Input::Received(socket, frame),
                        SocketStep::Closed => {
                            open.retain(|it| *it != socket);
                            Input::Closed(socket)
                        }
                    },
                },
            };
            let mut effects = session.step(input, now, random);
            if session.wake_at().is_some_and(|at| at <= now) {
                effects.extend(session.step(Input::Timer, now, random));
            }
            for effect in effects {
                match effect {
                    // At most two sockets at a time, and ids are not reused.
                    Effect::Connect(socket) => {
                        prop_assert!(!sockets.contains(&socket));
                        sockets.push(socket);
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
            // What is due was done: the timer is never set to the past.
            prop_assert!(session.wake_at().is_none_or(|at| at > now), "{session:?}");
            // At most one message is in flight, and only while online.
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
}

#[test]
fn the_longest_text_that_json_must_escape_fits_a_frame() {
    let message = MessageText::parse("\"".repeat(TEXT_BYTES)).unwrap();
    let action = Action::SendMessage {
        message,
        client_message_id: ClientMessageId::parse("c".repeat(64)).ok(),
        reply_to: Some(u64::MAX),
    };
    assert!(action.to_json().len() <= FRAME_BYTES);
}
