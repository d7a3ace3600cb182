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

    /// `class` and the class of the colour, which is the same for the same person everywhere.
    pub fn coloured(self, class: &str) -> AttrValue {
        match &self.0.person_id {
            Some(person) => coloured(class, person),
            None => with_hue(class, self.0.connection_id.hue()),
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

/// `class` and the class of a person's colour.
pub fn coloured(class: &str, person: &PersonId) -> AttrValue {
    with_hue(class, person.hue())
}

fn with_hue(class: &str, degrees: u16) -> AttrValue {
    format!("{class} hue-{}", degrees / 30).into()
}
