//! The frames of clients.

use papo_protocol::{
    Action, Emoji, Epoch, MessageText, PersonKey, PersonName, Range, Resume, RoomName, Target,
};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::{ana, id, is_sent_as, position};

fn target() -> Target {
    Target {
        of: 42,
        epoch: Some(Epoch::new("m3k2x1")),
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn the_action_connected() {
    let connected = |name: Option<PersonName>, key: Option<PersonKey>, resume| Action::Connected {
        name,
        key,
        resume,
    };
    is_sent_as(&connected(None, None, None), golden!("action-connected"));
    let resume = Some(Resume::from(position(41)));
    is_sent_as(
        &connected(None, None, resume),
        golden!("action-connected-resuming"),
    );
    let key = PersonKey::parse("qJ8m2xVbT0aRk5uYwZ3c1g").ok();
    is_sent_as(
        &connected(ana().name, key, None),
        golden!("action-connected-introduced"),
    );
}

#[wasm_bindgen_test(unsupported = test)]
fn the_action_send_message() {
    let send = |client_message_id, reply_to| Action::SendMessage {
        message: MessageText::parse("Olá!").unwrap(),
        client_message_id,
        reply_to,
    };
    is_sent_as(&send(None, None), golden!("action-send-message"));
    is_sent_as(
        &send(id("c-1"), None),
        golden!("action-send-message-with-id"),
    );
    is_sent_as(
        &send(id("c-1"), Some(41)),
        golden!("action-send-message-reply"),
    );
}

#[wasm_bindgen_test(unsupported = test)]
fn the_actions_about_a_message() {
    is_sent_as(
        &Action::Edit {
            target: target(),
            message: MessageText::parse("Olá a todos!").unwrap(),
            client_message_id: id("c-2"),
        },
        golden!("action-edit"),
    );
    is_sent_as(
        &Action::Delete {
            target: target(),
            client_message_id: id("c-3"),
        },
        golden!("action-delete"),
    );
    is_sent_as(
        &Action::Reaction {
            target: target(),
            emoji: Emoji::parse("👍").unwrap(),
            on: true,
            client_message_id: id("c-4"),
        },
        golden!("action-reaction"),
    );
}

#[wasm_bindgen_test(unsupported = test)]
fn the_actions_that_ask_for_something() {
    let (range, limit) = (Range::After(41), None);
    is_sent_as(
        &Action::History { range, limit },
        golden!("action-history-after"),
    );
    let (range, limit) = (Range::Before(42), Some(50));
    is_sent_as(
        &Action::History { range, limit },
        golden!("action-history-before"),
    );
    let rooms = vec![RoomName::default(), RoomName::parse("equipe").unwrap()];
    is_sent_as(&Action::Heads { rooms }, golden!("action-heads"));
    is_sent_as(&Action::Ping, golden!("action-ping"));
    is_sent_as(&Action::Typing, golden!("action-typing"));
}
