//! The frames of the back end.

use papo_protocol::{
    ChangeEntry, ChangeKind, Connected, ConnectionId, Emoji, Entries, Epoch, ErrorCode, ErrorEvent,
    Event, Heads, History, Left, LogEntry, Message, MessageId, People, Person, PersonId, Pong,
    Range, RoomHead, RoomName, Typing,
};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::{ana, id, is_received_as, position};

const TIME: i64 = 1_733_702_400_000;

fn message() -> Message {
    Message::new(
        ConnectionId::new("L0SM9cOFvHcCIhw="),
        MessageId::new("L0SNBdKdvHcCIhw="),
        TIME,
        "Olá do \"terminal\"!\n\tAté já 👋",
    )
}

fn stored() -> Message {
    Message {
        seq: Some(42),
        client_message_id: id("c-1"),
        ..message()
    }
}

fn of_a_person() -> Message {
    Message {
        person_id: Some(ana().person_id),
        name: ana().name,
        reply_to: Some(41),
        ..stored()
    }
}

fn edit() -> ChangeEntry {
    let kind = ChangeKind::Edit {
        message: "Olá a todos!".to_owned(),
        deleted: false,
    };
    change(43, kind)
}

fn delete() -> ChangeEntry {
    change(44, ChangeKind::Delete)
}

fn reaction() -> ChangeEntry {
    let kind = ChangeKind::Reaction {
        emoji: Emoji::parse("👍").unwrap(),
        on: true,
    };
    ChangeEntry {
        seq: 45,
        ..ChangeEntry::new(kind, 42, TIME, PersonId::new("p-9Qx7"))
    }
}

/// A change by Ana.
fn change(seq: u64, kind: ChangeKind) -> ChangeEntry {
    let Person { person_id, name } = ana();
    ChangeEntry {
        seq,
        name,
        client_message_id: id(&format!("c-{}", seq - 41)),
        ..ChangeEntry::new(kind, 42, TIME, person_id)
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn the_event_connected() {
    let connected = |head, person_id, room| {
        Event::Connected(Connected {
            connection_id: ConnectionId::new("L0SM9cOFvHcCIhw="),
            head,
            person_id,
            room,
        })
    };
    is_received_as(&connected(None, None, None), golden!("event-connected"));
    let head = Some(position(41));
    is_received_as(
        &connected(head.clone(), None, None),
        golden!("event-connected-head"),
    );
    is_received_as(
        &connected(head, Some(ana().person_id), Some(RoomName::default())),
        golden!("event-connected-introduced"),
    );
}

#[wasm_bindgen_test(unsupported = test)]
fn the_event_message() {
    is_received_as(&Event::Message(message()), golden!("event-message"));
    let with_id = Message {
        client_message_id: id("c-1"),
        ..message()
    };
    is_received_as(&Event::Message(with_id), golden!("event-message-with-id"));
    is_received_as(&Event::Message(stored()), golden!("event-message-with-seq"));
    is_received_as(
        &Event::Message(of_a_person()),
        golden!("event-message-of-a-person"),
    );
    let deleted = Message {
        message: String::new(),
        deleted: true,
        ..of_a_person()
    };
    is_received_as(&Event::Message(deleted), golden!("event-message-deleted"));
}

#[wasm_bindgen_test(unsupported = test)]
fn the_events_about_a_message() {
    is_received_as(&Event::Change(edit()), golden!("event-edit"));
    is_received_as(&Event::Change(delete()), golden!("event-delete"));
    is_received_as(&Event::Change(reaction()), golden!("event-reaction"));
}

#[wasm_bindgen_test(unsupported = test)]
fn the_event_history() {
    is_received_as(
        &Event::History(History {
            range: Range::After(41),
            head: position(45),
            messages: vec![
                stored().into(),
                LogEntry::Change(edit()),
                LogEntry::Change(delete()),
                LogEntry::Change(reaction()),
            ],
            complete: true,
        }),
        golden!("event-history"),
    );
}

#[wasm_bindgen_test(unsupported = test)]
fn the_events_about_people() {
    let people = |people_count, people| {
        Event::People(People {
            people_count,
            people,
        })
    };
    let bia = Person {
        person_id: PersonId::new("p-9Qx7"),
        name: None,
    };
    is_received_as(&people(2, Some(vec![ana(), bia])), golden!("event-people"));
    is_received_as(&people(51, None), golden!("event-people-count"));
    is_received_as(&Event::Joined(ana()), golden!("event-joined"));
    let Person { person_id, name } = ana();
    is_received_as(
        &Event::Left(Left {
            person_id: person_id.clone(),
        }),
        golden!("event-left"),
    );
    is_received_as(
        &Event::Typing(Typing {
            connection_id: ConnectionId::new("L0SM9cOFvHcCIhw="),
            person_id,
            name,
        }),
        golden!("event-typing"),
    );
}

#[wasm_bindgen_test(unsupported = test)]
fn the_event_entries() {
    let entries = vec![LogEntry::Message(stored()), LogEntry::Change(edit())];
    let event = Event::Entries(Entries { entries });
    is_received_as(&event, golden!("event-entries"));
    assert_eq!(event.for_original_client(), None);
}

#[wasm_bindgen_test(unsupported = test)]
fn the_events_pong_and_heads() {
    let pong = |people_count| {
        Event::Pong(Pong {
            head: position(42),
            people_count,
        })
    };
    is_received_as(&pong(None), golden!("event-pong"));
    is_received_as(&pong(Some(57)), golden!("event-pong-introduced"));
    let main = RoomHead {
        room: RoomName::default(),
        epoch: Some(Epoch::new("m3k2x1")),
        head: 42,
    };
    let new = RoomHead {
        room: RoomName::parse("equipe").unwrap(),
        epoch: None,
        head: 0,
    };
    let rooms = vec![main, new];
    is_received_as(&Event::Heads(Heads { rooms }), golden!("event-heads"));
}

#[wasm_bindgen_test(unsupported = test)]
fn the_event_error() {
    let error = ErrorEvent::new(ErrorCode::EmptyMessage, "The message is empty.");
    is_received_as(&Event::Error(error.clone()), golden!("event-error"));
    let with_id = ErrorEvent {
        retry_after_ms: Some(500),
        ..error.about(id("c-1"))
    };
    is_received_as(&Event::Error(with_id), golden!("event-error-with-id"));
}

#[wasm_bindgen_test(unsupported = test)]
fn clients_of_the_original_protocol_receive_plain_messages_only() {
    let plain = Event::Message(of_a_person()).for_original_client();
    assert_eq!(plain.unwrap().to_json(), golden!("event-message-with-seq"));
    for event in [
        Event::Change(edit()),
        Event::Change(delete()),
        Event::Change(reaction()),
        Event::Joined(ana()),
    ] {
        assert_eq!(event.for_original_client(), None, "{event:?}");
    }
}
