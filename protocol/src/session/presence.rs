//! Who is in the room, and who is typing.
//!
//! Follows `people`, `joined`, `left` and `typing`. A person who leaves stays in the list for [`LEFT_GRACE_MS`], so that a
//! reconnection is not seen. In a large room the back end only counts.
//! Nothing here is in the log: if two counts in a row differ from the list, the client introduces itself again and receives
//! `people`.

use super::Millis;
use super::driver::earliest;
use crate::event::{People, Person};
use crate::limits::{LEFT_GRACE_MS, TYPING_EXPIRY_MS, TYPING_INTERVAL_MS};
use crate::person::PersonId;

/// The people in the room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Presence {
    /// `None` if the room is too large for a list, or the back end has not sent one.
    people: Option<Vec<Present>>,
    count: Option<usize>,
    /// Whether the last count differed from the list.
    differed: bool,
    typing: Vec<Typist>,
    /// When this client may send `typing` again.
    send_at: Millis,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Present {
    person: Person,
    /// When a person who left is removed.
    until: Option<Millis>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Typist {
    person: Person,
    until: Millis,
}

impl Presence {
    /// The people in the room, each once, including this client. `None` if the back end does not list them.
    pub fn people(&self) -> Option<impl ExactSizeIterator<Item = &Person>> {
        let people = self.people.as_ref()?;
        Some(people.iter().map(|present| &present.person))
    }

    /// How many people are in the room. `None` until the back end has sent it.
    pub fn count(&self) -> Option<usize> {
        self.people.as_ref().map(Vec::len).or(self.count)
    }

    /// The people who are typing, except this client, in the order in which they began.
    pub fn typing(&self) -> impl ExactSizeIterator<Item = &Person> {
        self.typing.iter().map(|typist| &typist.person)
    }

    /// The back end sent who is in the room. People who are missing have left.
    pub(super) fn listed(&mut self, listed: People, now: Millis) {
        self.count = usize::try_from(listed.people_count).ok();
        self.differed = false;
        let Some(listed) = listed.people else {
            (self.people, self.typing) = (None, Vec::new());
            return;
        };
        let known = self.people.get_or_insert_default();
        for present in known.iter_mut() {
            let leaves_at = now.saturating_add(LEFT_GRACE_MS);
            present.until.get_or_insert(leaves_at);
        }
        for person in listed {
            self.joined(person);
        }
    }

    /// A person joined the room, or changed their name.
    pub(super) fn joined(&mut self, person: Person) {
        for typist in &mut self.typing {
            if typist.person.person_id == person.person_id {
                typist.person = person.clone();
            }
        }
        let Some(people) = &mut self.people else {
            return;
        };
        let present = Present {
            person,
            until: None,
        };
        let is_same = |known: &&mut Present| known.person.person_id == present.person.person_id;
        match people.iter_mut().find(is_same) {
            Some(known) => *known = present,
            None => people.push(present),
        }
    }

    /// A person left the room.
    pub(super) fn left(&mut self, person: &PersonId, now: Millis) {
        self.stopped_typing(person);
        for present in self.people.iter_mut().flatten() {
            if present.person.person_id == *person {
                present.until = Some(now.saturating_add(LEFT_GRACE_MS));
            }
        }
    }

    /// The back end counted the people. Returns whether to ask who they are: the list has differed twice in a row, because a
    /// `joined` or `left` was lost, or the room has become too large for them. Once may be a person who is just joining.
    pub(super) fn counted(&mut self, count: u32) -> bool {
        self.count = usize::try_from(count).ok();
        let Some(people) = &self.people else {
            return false;
        };
        let listed = people.iter().filter(|it| it.until.is_none()).count();
        let differs = Some(listed) != self.count;
        std::mem::replace(&mut self.differed, differs) && differs
    }

    /// A person is typing.
    pub(super) fn types(&mut self, person: Person, now: Millis) {
        let until = now.saturating_add(TYPING_EXPIRY_MS);
        let is_same = |known: &&mut Typist| known.person.person_id == person.person_id;
        match self.typing.iter_mut().find(is_same) {
            Some(known) => *known = Typist { person, until },
            None => self.typing.push(Typist { person, until }),
        }
    }

    /// A person sent a message or left.
    pub(super) fn stopped_typing(&mut self, person: &PersonId) {
        self.typing
            .retain(|typist| typist.person.person_id != *person);
    }

    /// The connection has ended; who is typing is unknown.
    pub(super) fn disconnected(&mut self) {
        self.typing.clear();
    }

    /// This client's user, `me`, is typing. Returns whether to tell the others: there are any, and they were not told within
    /// the interval.
    pub(super) fn announces_typing(&mut self, me: &PersonId, now: Millis) -> bool {
        let mut people = self.listed_people().iter();
        let has_others = people.any(|it| it.until.is_none() && it.person.person_id != *me);
        let is_due = has_others && self.send_at <= now;
        if is_due {
            self.send_at = now.saturating_add(TYPING_INTERVAL_MS);
        }
        is_due
    }

    fn listed_people(&self) -> &[Present] {
        self.people.as_deref().unwrap_or_default()
    }

    /// Removes expired people and typing indicators.
    pub(super) fn expire(&mut self, now: Millis) {
        self.typing.retain(|typist| typist.until > now);
        if let Some(people) = &mut self.people {
            people.retain(|present| present.until.is_none_or(|until| until > now));
        }
    }

    /// When to call [`expire`](Self::expire).
    pub(super) fn wake_at(&self) -> Option<Millis> {
        let typing = self.typing.iter().map(|typist| typist.until).min();
        let left = self.listed_people().iter().filter_map(|it| it.until).min();
        earliest(typing, left)
    }
}
