//! A message of the timeline with everything that happened to it.
//!
//! Decides what a message shows after its edits, deletion and reactions. Only the author's edits and deletions count:
//! those by the person who sent the message. A deletion ends everything, whatever else there is.

use super::changes::Changes;
use crate::emoji::Emoji;
use crate::entry::{LogEntry, Message, Reaction};
use crate::event::Person;
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
    /// What this client wants to happen to it, in the order in which it will be sent.
    unconfirmed: Vec<LogEntry>,
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
    pub(super) fn change(&mut self, change: LogEntry, safeguards: Safeguards) {
        if !self.message.deleted {
            self.changes.add(change, safeguards);
            self.fold(safeguards);
        }
    }

    /// Replaces the changes that are not known to be in the log.
    pub(super) fn set_unconfirmed(&mut self, unconfirmed: Vec<LogEntry>, safeguards: Safeguards) {
        self.unconfirmed = unconfirmed;
        self.fold(safeguards);
    }

    pub(super) fn unconfirmed(&self) -> &[LogEntry] {
        &self.unconfirmed
    }

    fn fold(&mut self, safeguards: Safeguards) {
        if self.message.deleted
            || self
                .changes
                .iter()
                .any(|it| self.is_deletion(it, safeguards))
        {
            self.message.deleted = true;
            self.message.message.clear();
            self.changes.clear();
        }
        let mut shown = Shown {
            deleted: self.message.deleted,
            ..Shown::default()
        };
        for change in self.changes.iter().chain(&self.unconfirmed) {
            match change {
                LogEntry::Reaction(reaction) => react(&mut shown.reactions, reaction),
                LogEntry::Edit(edit) if self.is_by_author(change, safeguards) => {
                    shown.edit = Some((edit.message.clone(), edit.request_time_epoch));
                }
                _ => {}
            }
            shown.deleted |= self.is_deletion(change, safeguards);
        }
        if shown.deleted {
            (shown.edit, shown.reactions) = (None, Vec::new());
        }
        self.shown = shown;
    }

    /// Whether `change` deletes the message. An edit without its text proves a deletion that is yet to come.
    fn is_deletion(&self, change: &LogEntry, safeguards: Safeguards) -> bool {
        let deletes = match change {
            LogEntry::Delete(_) => true,
            LogEntry::Edit(edit) => edit.deleted,
            LogEntry::Message(_) | LogEntry::Reaction(_) => false,
        };
        deletes && self.is_by_author(change, safeguards)
    }

    /// Whether `change` is by the person who sent the message. The message of a client that had not
    /// introduced itself cannot be changed.
    fn is_by_author(&self, change: &LogEntry, safeguards: Safeguards) -> bool {
        let author = self.message.person_id.as_ref();
        (author.is_some() && change.person_id() == author) || !safeguards.has(Safeguard::Author)
    }
}

/// Puts a person's reaction on, or takes it off.
fn react(reactions: &mut Vec<Reactions>, reaction: &Reaction) {
    let emoji = &reaction.emoji;
    let person = Person {
        person_id: reaction.person_id.clone(),
        name: reaction.name.clone(),
    };
    let index = reactions.iter().position(|known| known.emoji == *emoji);
    if let Some(index) = index {
        let people = &mut reactions[index].people;
        people.retain(|known| known.person_id != person.person_id);
        if reaction.on {
            people.push(person);
        } else if people.is_empty() {
            reactions.remove(index);
        }
    } else if reaction.on {
        let (emoji, people) = (emoji.clone(), vec![person]);
        reactions.push(Reactions { emoji, people });
    }
}
