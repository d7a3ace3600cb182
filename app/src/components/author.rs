//! How the author of a message appears: name, colour and initials.
//!
//! A sender that has not introduced itself appears as its connection.

use papo_protocol::{Message, PersonId};
use yew::AttrValue;

/// The author of a message.
#[derive(Clone, Copy, Debug)]
pub struct Author<'a>(&'a Message);

impl<'a> Author<'a> {
    /// The author of `message`.
    pub fn of(message: &'a Message) -> Self {
        Self(message)
    }

    /// The name at the time of the message, or four digits of the connection.
    pub fn name(self) -> String {
        match &self.0.name {
            Some(name) => name.as_str().to_owned(),
            None => self.0.connection_id.short(),
        }
    }

    /// One or two characters for the avatar.
    pub fn initials(self) -> String {
        match &self.0.name {
            Some(name) => name.initials(),
            None => self.name().chars().take(2).collect(),
        }
    }

    /// The number of the colour in `theme.css`, which is the same for the same person everywhere.
    pub fn hue(self) -> AttrValue {
        match &self.0.person_id {
            Some(person) => hue(person),
            None => number(self.0.connection_id.hue()),
        }
    }

    /// Whether `other` has the same author, under the same name.
    pub fn is_same(self, other: Self) -> bool {
        let (ours, theirs) = (self.0, other.0);
        let same = match (&ours.person_id, &theirs.person_id) {
            (Some(a), Some(b)) => a == b,
            (None, None) => ours.connection_id == theirs.connection_id,
            _ => false,
        };
        same && ours.name == theirs.name
    }
}

/// The number of a person's colour in `theme.css`.
pub fn hue(person: &PersonId) -> AttrValue {
    number(person.hue())
}

fn number(degrees: u16) -> AttrValue {
    (degrees / 30).to_string().into()
}
