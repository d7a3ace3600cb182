//! The room of the page, which is in its address (`#/equipe`), and the rooms that were visited in this browser, with how far each
//! was read.

use papo_protocol::limits::HEADS_ROOMS;
use papo_protocol::room::InvalidRoomName;
use papo_protocol::{Epoch, Position, RoomName};

use crate::browser;

/// The `localStorage` key of the visited rooms: their names, separated by spaces, in the order of the first visits.
const VISITED: &str = "papo.rooms";

/// The prefix of the `localStorage` keys of the last entry that was read in a room: its epoch and `seq`.
const READ: &str = "papo.read.";

/// The prefix of a room's name in the fragment of an address.
const PREFIX: &str = "#/";

/// The fragment of the address of a room.
pub fn fragment(room: &RoomName) -> String {
    [PREFIX, room.as_str()].concat()
}

/// The room that a fragment names; the default one if it names none. `folded` makes a text lower case, without accents.
fn from_fragment(fragment: &str, folded: fn(&str) -> String) -> RoomName {
    let name = fragment.strip_prefix(PREFIX).unwrap_or_default();
    from_text(&folded(name)).unwrap_or_default()
}

/// The room that a person means by a text: spaces are not allowed in names, and neither are capitals and accents, but people type
/// them. Expects a text without the latter.
///
/// # Errors
///
/// [`InvalidRoomName`] if no valid name can be made of it.
pub fn from_text(text: &str) -> Result<RoomName, InvalidRoomName> {
    let text = text.trim().trim_matches(['#', '/']);
    let words: Vec<_> = text.split_whitespace().collect();
    RoomName::parse(words.join("-"))
}

/// The room of the page. A link that is typed in capitals leads to the same room.
pub fn of_this_page() -> RoomName {
    from_fragment(&browser::fragment(), browser::folded)
}

/// The rooms that were visited in this browser.
pub fn visited() -> Vec<RoomName> {
    let names = browser::remembered(VISITED).unwrap_or_default();
    names
        .split(' ')
        .filter_map(|name| RoomName::parse(name).ok())
        .collect()
}

/// Adds `room` to the visited ones. The oldest is dropped where there are too many.
pub fn visit(room: &RoomName) {
    let mut rooms = visited();
    if !rooms.contains(room) {
        rooms.push(room.clone());
        let excess = rooms.len().saturating_sub(HEADS_ROOMS);
        let names: Vec<_> = rooms[excess..].iter().map(RoomName::as_str).collect();
        browser::remember(VISITED, &names.join(" "));
    }
}

/// How far `room` was read in this browser.
pub fn read(room: &RoomName) -> Option<Position> {
    let read = browser::remembered(&[READ, room.as_str()].concat())?;
    let (epoch, seq) = read.split_once(' ')?;
    Some(Position {
        epoch: Epoch::new(epoch),
        seq: seq.parse().ok()?,
    })
}

/// Notes that `room` was read up to `end`, unless more of it was read already, perhaps in another tab.
pub fn note_read(room: &RoomName, end: &Position) {
    if read(room).is_some_and(|read| read.epoch == end.epoch && read.seq >= end.seq) {
        return;
    }
    let key = [READ, room.as_str()].concat();
    browser::remember(&key, &format!("{} {}", end.epoch.as_str(), end.seq));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn means(text: &str, name: &str) {
        assert_eq!(from_text(text).as_ref().map(RoomName::as_str), Ok(name));
    }

    #[test]
    fn an_address_without_a_valid_room_leads_to_the_default_room() {
        let from = |text: &str| from_fragment(text, str::to_lowercase);
        for fragment in ["", "#", "#/", "#equipe", "#/a/b", "#/-"] {
            assert_eq!(from(fragment), RoomName::default(), "{fragment}");
        }
        let equipe = from("#/equipe");
        assert_eq!(equipe.as_str(), "equipe");
        assert_eq!(from(&super::fragment(&equipe)), equipe);
        for fragment in ["#/Equipe", "#/equipe/"] {
            assert_eq!(from(fragment), equipe, "{fragment}");
        }
    }

    #[test]
    fn a_typed_name_is_made_valid_where_it_can_be() {
        means(" #equipe ", "equipe");
        means("sao  paulo 2026", "sao-paulo-2026");
        for text in ["", "#", "李", "a/b", &"x".repeat(100)] {
            assert!(from_text(text).is_err(), "{text}");
        }
    }
}
