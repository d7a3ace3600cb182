//! Who is in the room, who is typing, and the heads of other rooms.

use super::*;
use crate::limits::{
    HEADS_INTERVAL_MS, HEADS_ROOMS, LEFT_GRACE_MS, TYPING_EXPIRY_MS, TYPING_INTERVAL_MS,
};
use crate::{Heads, Left, People, Person, RoomHead, RoomName, Typing};

const TYPING: &str = r#"{"action":"typing"}"#;

fn person(id: &str) -> Person {
    Person {
        person_id: PersonId::new(id),
        name: PersonName::parse(id).ok(),
    }
}

/// Ana, connected to a room with these people.
fn ana_with(people: &[&str]) -> Story {
    let mut story = Story::new();
    story.connect_as("alice", "e", "ana");
    story.receive_people(people);
    story
}

fn room(name: &str) -> RoomName {
    RoomName::parse(name).unwrap()
}

impl Story {
    fn receive_people(&mut self, people: &[&str]) {
        self.receive(&Event::People(People {
            people_count: u32::try_from(people.len()).unwrap(),
            people: Some(people.iter().map(|id| person(id)).collect()),
        }));
    }

    /// A pong brings the number of people.
    fn receive_count(&mut self, count: u32) -> Vec<Effect> {
        self.receive(&Event::Pong(Pong {
            head: position("e", 0),
            people_count: Some(count),
        }))
    }

    fn receive_left(&mut self, id: &str) {
        let person_id = PersonId::new(id);
        self.receive(&Event::Left(Left { person_id }));
    }

    fn receive_typing(&mut self, id: &str) {
        let Person { person_id, name } = person(id);
        self.receive(&Event::Typing(Typing {
            connection_id: ConnectionId::new("c"),
            person_id,
            name,
        }));
    }

    /// The people in the room.
    fn people(&self) -> Vec<&str> {
        let people = self.session.presence().people().into_iter().flatten();
        people.map(|person| person.person_id.as_str()).collect()
    }

    /// The people who are typing.
    fn typing(&self) -> Vec<&str> {
        let typing = self.session.presence().typing();
        typing.map(|person| person.person_id.as_str()).collect()
    }

    fn passes(&mut self, milliseconds: Millis) -> Vec<Effect> {
        self.now += milliseconds;
        self.step(Input::Timer)
    }
}

#[test]
fn lists_each_person_once_and_follows_those_who_join() {
    let mut story = ana_with(&["ana", "rui"]);
    story.receive(&Event::Joined(person("eva")));
    let renamed = Person {
        name: PersonName::parse("Rui P.").ok(),
        ..person("rui")
    };
    story.receive(&Event::Joined(renamed.clone()));
    assert_eq!(story.people(), ["ana", "rui", "eva"]);
    assert_eq!(story.session.presence().count(), Some(3));
    let mut people = story.session.presence().people().unwrap();
    assert_eq!(people.nth(1), Some(&renamed));
}

#[test]
fn a_reconnection_within_the_grace_is_not_seen() {
    let mut story = ana_with(&["ana", "rui"]);
    story.receive_left("rui");
    story.passes(LEFT_GRACE_MS - 1);
    story.receive(&Event::Joined(person("rui")));
    story.passes(LEFT_GRACE_MS);
    assert_eq!(story.people(), ["ana", "rui"]);
    story.receive_left("rui");
    assert_eq!(story.session.wake_at(), Some(story.now + LEFT_GRACE_MS));
    story.fire_timer();
    assert_eq!(story.people(), ["ana"]);
}

#[test]
fn those_who_are_missing_after_a_reconnection_have_left() {
    let mut story = ana_with(&["ana", "rui"]);
    story.closed();
    assert_eq!(story.people(), ["ana", "rui"]);
    story.fire_timer();
    story.connect_as("alice-2", "e", "ana");
    story.receive_people(&["ana", "eva"]);
    assert_eq!(story.people(), ["ana", "rui", "eva"]);
    story.passes(LEFT_GRACE_MS);
    assert_eq!(story.people(), ["ana", "eva"]);
}

#[test]
fn a_large_room_has_only_a_count() {
    let mut story = ana_with(&["ana", "rui"]);
    story.receive_typing("rui");
    story.receive(&Event::People(People {
        people_count: 60,
        people: None,
    }));
    assert!(story.session.presence().people().is_none());
    assert!(story.typing().is_empty());
    story.receive(&Event::Joined(person("eva")));
    assert_eq!(story.session.presence().count(), Some(60));
    assert_eq!(story.receive_count(70), []);
    assert_eq!(story.session.presence().count(), Some(70));
    assert_eq!(
        story.step(Input::Typing),
        [],
        "the back end would not pass it on"
    );
}

#[test]
fn asks_for_the_list_again_if_its_count_keeps_differing() {
    let mut story = ana_with(&["ana", "rui", "eva"]);
    story.receive_left("eva");
    assert_eq!(story.receive_count(2), []);
    assert_eq!(story.receive_count(1), [], "a `left` may be on its way");
    assert_eq!(sent(&story.receive_count(1)), [r#"{"action":"connected"}"#]);
    story.receive_people(&["ana"]);
    assert_eq!(story.receive_count(1), []);
    story.passes(LEFT_GRACE_MS);
    assert_eq!(story.people(), ["ana"]);
}

#[test]
fn a_person_types_until_a_message_arrives_or_the_time_is_up() {
    let mut story = ana_with(&["ana", "rui", "eva"]);
    for id in ["ana", "rui", "eva", "rui"] {
        story.receive_typing(id);
    }
    assert_eq!(story.typing(), ["rui", "eva"], "without this client's user");
    story.receive(&Event::Message(Message {
        person_id: Some(PersonId::new("rui")),
        ..message(1)
    }));
    assert_eq!(story.typing(), ["eva"]);
    assert_eq!(story.session.wake_at(), Some(story.now + TYPING_EXPIRY_MS));
    story.fire_timer();
    assert!(story.typing().is_empty());
    story.receive_typing("rui");
    story.closed();
    assert!(story.typing().is_empty());
}

#[test]
fn tells_others_that_the_user_types_at_most_once_in_the_interval() {
    let mut story = ana_with(&["ana", "rui"]);
    assert_eq!(sent(&story.step(Input::Typing)), [TYPING]);
    story.now += TYPING_INTERVAL_MS - 1;
    assert_eq!(story.step(Input::Typing), []);
    story.now += 1;
    assert_eq!(sent(&story.step(Input::Typing)), [TYPING]);
}

#[test]
fn sends_no_typing_in_an_empty_room_or_without_a_connection() {
    let mut alone = ana_with(&["ana"]);
    assert_eq!(alone.step(Input::Typing), []);
    let mut anonymous = Story::online(0);
    assert_eq!(anonymous.step(Input::Typing), []);
    let mut offline = ana_with(&["ana", "rui"]);
    offline.closed();
    assert_eq!(offline.step(Input::Typing), []);
}

#[test]
fn asks_for_the_heads_of_watched_rooms_regularly_and_after_a_reconnection() {
    let ask = r#"{"action":"heads","rooms":["equipe"]}"#;
    let mut story = ana_with(&["ana"]);
    let effects = story.step(Input::WatchRooms(vec![room("equipe")]));
    assert_eq!(sent(&effects), [ask]);
    let head = RoomHead {
        room: room("equipe"),
        epoch: Some(Epoch::new("f")),
        head: 7,
    };
    let other = RoomHead {
        room: room("outra"),
        ..head.clone()
    };
    let rooms = vec![head.clone(), other];
    story.receive(&Event::Heads(Heads { rooms }));
    assert_eq!(story.session.room_heads(), [head]);
    assert_eq!(story.passes(HEADS_INTERVAL_MS - 1), []);
    assert_eq!(sent(&story.passes(1)), [ask]);
    story.closed();
    story.fire_timer();
    let effects = story.connect_as("alice-2", "e", "ana");
    assert_eq!(sent(&effects), [ask]);
    story.step(Input::WatchRooms(Vec::new()));
    assert!(story.session.room_heads().is_empty());
    assert!(!sent(&story.passes(HEADS_INTERVAL_MS)).contains(&ask));
}

#[test]
fn asks_for_no_more_rooms_than_the_back_end_accepts_and_only_one_that_knows_rooms() {
    let rooms: Vec<_> = (0..=HEADS_ROOMS).map(|n| room(&n.to_string())).collect();
    let mut story = ana_with(&["ana"]);
    let effects = story.step(Input::WatchRooms(rooms.clone()));
    let Ok(Action::Heads { rooms: asked }) = Action::parse(sent(&effects)[0]) else {
        panic!("{effects:?}");
    };
    assert_eq!(asked, rooms[..HEADS_ROOMS]);
    let mut anonymous = Story::online(0);
    assert_eq!(anonymous.step(Input::WatchRooms(rooms)), []);
}

#[test]
fn entries_after_the_last_one_read_are_unread() {
    let head = RoomHead {
        room: room("equipe"),
        epoch: Some(Epoch::new("f")),
        head: 7,
    };
    assert_eq!(head.unread(Some(&position("f", 5))), 2);
    assert_eq!(head.unread(Some(&position("f", 9))), 0);
    assert_eq!(head.unread(Some(&position("e", 5))), 7);
    assert_eq!(head.unread(None), 7);
}
