//! What holds for every input, tried with thousands.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    reason = "what a strategy makes is valid by its pattern"
)]

use papo_protocol::limits::{BACK_OFF_CEILING_MS, FRAME_BYTES, TEXT_BYTES, TIMELINE_MESSAGES};
use papo_protocol::session::{Effect, Input, Phase};
use papo_protocol::{
    Action, ClientMessageId, ConnectionId, Event, Heard, Message, MessageId, MessageText, Session,
};
use proptest::prelude::*;

/// JSON-like text, more often nearly right than plain noise.
fn frame() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        r#"\{("(type|action|message|messageId|connectionId|requestTimeEpoch|code)":("(message|connected|error|sendMessage|a)"|[0-9]{1,20}|null|\{\}|\[\]),?){0,6}\}?"#,
        (any::<String>(), any::<String>(), any::<i64>())
            .prop_map(|(who, text, epoch)| message(&who, text, epoch).to_json()),
        "[a-d]".prop_map(|id| Event::Connected {
            connection_id: ConnectionId::new(id)
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
        client_message_id: None,
    })
}

fn client_message_id() -> impl Strategy<Value = ClientMessageId> {
    "[a-c]".prop_map(|id| ClientMessageId::parse(id).unwrap())
}

fn input() -> impl Strategy<Value = Input> {
    prop_oneof![
        Just(Input::Start),
        Just(Input::Opened),
        Just(Input::Closed),
        Just(Input::Woke),
        Just(Input::TryNow),
        Just(Input::Dismiss),
        frame().prop_map(Input::Received),
        client_message_id().prop_map(Input::Discard),
        (client_message_id(), client_message_id())
            .prop_map(|(failed, id)| Input::SayAgain { failed, id }),
        (client_message_id(), "[ -~]{0,20}[a-z]").prop_map(|(id, text)| Input::Say {
            id,
            text: MessageText::parse(text).unwrap(),
            said_at: 0
        }),
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
        story in proptest::collection::vec((input(), 0_u64..40_000, 0.0..1.0), 0..60)
    ) {
        let mut session = Session::default();
        let mut now = 0;
        for (input, pause, random) in story {
            now += pause;
            let before = session.phase();
            for effect in session.step(input.clone(), now, random) {
                match effect {
                    // A socket is asked for only when there is none, so there are never two.
                    Effect::Connect => {
                        let idle = matches!(before, Phase::Idle | Phase::Waiting { .. });
                        prop_assert!(idle);
                    }
                    Effect::Hang => {
                        let left = matches!(session.phase(), Phase::Waiting { .. });
                        prop_assert!(left);
                    }
                    Effect::Send(frame) => {
                        prop_assert!(Action::parse(&frame).is_ok());
                        let open = matches!(session.phase(), Phase::Greeting { .. } | Phase::Online { .. });
                        prop_assert!(open);
                    }
                }
            }
            if let Phase::Waiting { until } = session.phase() {
                prop_assert!(until <= now + BACK_OFF_CEILING_MS || before == session.phase());
            }
            // Only while online can anything be on its way, and then there is a time limit for it.
            if !session.phase().is_online() {
                prop_assert!(session.outbox().only_failed());
            }
            let order: Vec<_> = session.timeline().entries().iter()
                .map(|entry| (entry.message.request_time_epoch, entry.message.message_id.clone())).collect();
            prop_assert!(order.is_sorted_by(|a, b| a < b));
            prop_assert!(order.len() <= TIMELINE_MESSAGES);
        }
    }

    #[test]
    fn whatever_the_order_of_arrival_everybody_sees_the_same(
        mut epochs in proptest::collection::hash_set(0_i64..50, 0..20).prop_map(Vec::from_iter),
        seed in any::<u64>(),
    ) {
        let show = |epochs: &[i64]| {
            let mut session = Session::default();
            for epoch in epochs {
                let frame = message("bob", epoch.to_string(), *epoch).to_json();
                let _ = session.step(Input::Received(frame), 0, 0.0);
            }
            session.timeline().clone()
        };
        let first = show(&epochs);
        let turn = usize::try_from(seed % 20).unwrap().min(epochs.len());
        epochs.rotate_left(turn);
        prop_assert_eq!(first, show(&epochs));
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
