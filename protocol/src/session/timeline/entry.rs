//! A message of the timeline with everything that happened to it.
//!
//! Decides what a message shows after its edits, deletion and reactions. Only the author's edits and deletions count:
//! those by the person who sent the message. A deletion ends everything, whatever else there is.

use super::changes::Changes;
use crate::emoji::Emoji;
use crate::entry::{ChangeEntry, ChangeKind, Message};
use crate::event::Person;
use crate::person::PersonId;
use crate::session::safeguard::{Safeguard, Safeguards};

/// A message of the timeline.
///
/// The timeline shares entries with its clones and replaces an entry that changes, so two entries that are
/// [`Arc::ptr_eq`](std::sync::Arc::ptr_eq) show the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The message as it was sent. If it was deleted, [`deleted`](Message::deleted) is set and the text is empty.
    pub message: Message,
    /// Whether this client sent it.
    pub own: bool,
    /// What happened to it, according to the log.
    changes: Changes,
    /// Changes that this client has requested, in the order in which they will be sent.
    unconfirmed: Vec<ChangeEntry>,
    shown: Shown,
}

/// The result of all changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Shown {
    /// The text of the last edit, and its time.
    edit: Option<(String, i64)>,
    deleted: bool,
    reactions: Vec<Reactions>,
}

/// The reactions to a message with one emoji.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reactions {
    /// The emoji.
    pub emoji: Emoji,
    /// Who reacted with it, each person once, in the order of the log. Never empty.
    pub people: Vec<Person>,
}

impl Entry {
    /// A message to which nothing has happened since it was sent.
    pub fn new(message: Message, own: bool) -> Self {
        Self::with_changes(message, own, Changes::default(), Safeguards::default())
    }

    pub(super) fn with_changes(
        message: Message,
        own: bool,
        changes: Changes,
        safeguards: Safeguards,
    ) -> Self {
        let mut entry = Self {
            message,
            own,
            changes,
            unconfirmed: Vec::new(),
            shown: Shown::default(),
        };
        entry.fold(safeguards);
        entry
    }

    /// The text to show: the last one that the author gave it. Empty if the message is [deleted](Self::is_deleted).
    pub fn text(&self) -> &str {
        match &self.shown.edit {
            _ if self.shown.deleted => "",
            Some((text, _)) => text,
            None => &self.message.message,
        }
    }

    /// When the text was last edited, in milliseconds since 1970. `None` if it is as it was sent.
    pub fn edited_at(&self) -> Option<i64> {
        self.shown.edit.as_ref().map(|(_, time)| *time)
    }

    /// Whether the message was deleted. A deleted message has no text and no reactions.
    pub fn is_deleted(&self) -> bool {
        self.shown.deleted
    }

    /// The reactions, one item per emoji, in the order in which they were first used.
    pub fn reactions(&self) -> &[Reactions] {
        &self.shown.reactions
    }

    /// Whether what is shown includes a change of this client that is not known to be in the log.
    pub fn is_unconfirmed(&self) -> bool {
        !self.unconfirmed.is_empty()
    }

    pub(super) fn changes(&self) -> &Changes {
        &self.changes
    }

    /// Adds a change from the log.
    pub(super) fn change(&mut self, change: ChangeEntry, safeguards: Safeguards) {
        if self.message.deleted {
            return;
        }
        match self.changes.add(change, safeguards) {
            // Folding everything again for every change would take too long if there are thousands.
            Some(last)
                if self.unconfirmed.is_empty() && !deletes(&self.message, last, safeguards) =>
            {
                self.shown.apply(&self.message, last, safeguards);
            }
            _ => self.fold(safeguards),
        }
    }

    /// Replaces the changes that are not known to be in the log.
    pub(super) fn set_unconfirmed(
        &mut self,
        unconfirmed: Vec<ChangeEntry>,
        safeguards: Safeguards,
    ) {
        self.unconfirmed = unconfirmed;
        self.fold(safeguards);
    }

    pub(super) fn unconfirmed(&self) -> &[ChangeEntry] {
        &self.unconfirmed
    }

    fn fold(&mut self, safeguards: Safeguards) {
        let is_deletion = |change| deletes(&self.message, change, safeguards);
        if self.message.deleted || self.changes.iter().any(is_deletion) {
            self.message.deleted = true;
            self.message.message.clear();
            self.changes.clear();
        }
        self.shown = Shown::default();
        for change in self.changes.iter() {
            self.shown.apply(&self.message, change, safeguards);
        }
        for change in &self.unconfirmed {
            if let ChangeKind::Reaction { emoji, .. } = &change.kind {
                self.shown.take_off(emoji, &change.person_id);
            }
            self.shown.apply(&self.message, change, safeguards);
        }
        let is_deletion = |change| deletes(&self.message, change, safeguards);
        if self.message.deleted || self.unconfirmed.iter().any(is_deletion) {
            self.shown = Shown {
                deleted: true,
                ..Shown::default()
            };
        }
    }
}

impl Shown {
    /// Applies a change other than a deletion. `self` has no reaction of the same person with the same emoji.
    fn apply(&mut self, message: &Message, change: &ChangeEntry, safeguards: Safeguards) {
        match &change.kind {
            ChangeKind::Edit { message: text, .. } if is_by_author(message, change, safeguards) => {
                self.edit = Some((text.clone(), change.request_time_epoch));
            }
            ChangeKind::Reaction { emoji, on: true } => {
                let person = Person {
                    person_id: change.person_id.clone(),
                    name: change.name.clone(),
                };
                self.put_on(emoji, person);
            }
            _ => {}
        }
    }

    fn put_on(&mut self, emoji: &Emoji, person: Person) {
        let mut all = self.reactions.iter_mut();
        match all.find(|known| known.emoji == *emoji) {
            Some(known) => known.people.push(person),
            None => self.reactions.push(Reactions {
                emoji: emoji.clone(),
                people: vec![person],
            }),
        }
    }

    fn take_off(&mut self, emoji: &Emoji, by: &PersonId) {
        for known in &mut self.reactions {
            if known.emoji == *emoji {
                known.people.retain(|person| person.person_id != *by);
            }
        }
        self.reactions.retain(|known| !known.people.is_empty());
    }
}

/// Whether `change` deletes the message. An edit without its text proves a deletion that is yet to come.
fn deletes(message: &Message, change: &ChangeEntry, safeguards: Safeguards) -> bool {
    let deletes = match change.kind {
        ChangeKind::Delete => true,
        ChangeKind::Edit { deleted, .. } => deleted,
        ChangeKind::Reaction { .. } => false,
    };
    deletes && is_by_author(message, change, safeguards)
}

/// Whether `change` is by the person who sent the message. The message of a client that had not introduced itself cannot be
/// changed.
fn is_by_author(message: &Message, change: &ChangeEntry, safeguards: Safeguards) -> bool {
    let author = message.person_id.as_ref();
    author == Some(&change.person_id) || !safeguards.has(Safeguard::Author)
}
