//! What a client sends to the log: messages, replies, edits, deletions and reactions.
//!
//! [`Session::reply`], [`Session::edit`], [`Session::delete`] and [`Session::react`] decide what this client may do with a
//! message; the result goes into [`Input::Send`](super::Input::Send).

use super::{Entry, Session};
use crate::action::Target;
use crate::change::Change;
use crate::emoji::Emoji;
use crate::event::Person;
use crate::text::MessageText;

/// What a client sends to the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A message.
    Message {
        /// The text.
        text: MessageText,
        /// The message that it replies to. Omitted when it is sent to another log.
        reply_to: Option<Target>,
    },
    /// Something that happens to a message.
    Change {
        /// The message.
        target: Target,
        /// What happens.
        change: Change,
    },
}

impl From<MessageText> for Content {
    fn from(text: MessageText) -> Self {
        Self::Message {
            text,
            reply_to: None,
        }
    }
}

impl Content {
    /// The text of a message. `None` for a change.
    pub fn message(&self) -> Option<&MessageText> {
        match self {
            Self::Message { text, .. } => Some(text),
            Self::Change { .. } => None,
        }
    }

    /// The message that it changes. `None` for a message.
    pub fn target(&self) -> Option<&Target> {
        match self {
            Self::Message { .. } => None,
            Self::Change { target, .. } => Some(target),
        }
    }
}

impl Session {
    /// Whether this client can reply and react to a message: it is in the current log and was not deleted, and this client
    /// has introduced itself.
    pub fn can_react(&self, entry: &Entry) -> bool {
        self.target(entry).is_some()
    }

    /// Whether this client can edit and delete a message: it can [react](Self::can_react), and is the author.
    pub fn can_edit(&self, entry: &Entry) -> bool {
        self.can_react(entry) && entry.message.person_id == self.person_id
    }

    /// A reply to a message. `None` unless [`can_react`](Self::can_react).
    pub fn reply(&self, entry: &Entry, text: MessageText) -> Option<Content> {
        let reply_to = Some(self.target(entry)?);
        Some(Content::Message { text, reply_to })
    }

    /// An edit of a message. `None` unless [`can_edit`](Self::can_edit).
    pub fn edit(&self, entry: &Entry, text: MessageText) -> Option<Content> {
        self.change_own(entry, Change::Edit(text))
    }

    /// The deletion of a message. `None` unless [`can_edit`](Self::can_edit).
    pub fn delete(&self, entry: &Entry) -> Option<Content> {
        self.change_own(entry, Change::Delete)
    }

    /// A reaction to a message, put `on` or taken off. `None` unless [`can_react`](Self::can_react).
    pub fn react(&self, entry: &Entry, emoji: Emoji, on: bool) -> Option<Content> {
        let target = self.target(entry)?;
        let change = Change::React { emoji, on };
        Some(Content::Change { target, change })
    }

    fn change_own(&self, entry: &Entry, change: Change) -> Option<Content> {
        let target = self.target(entry).filter(|_| self.can_edit(entry))?;
        Some(Content::Change { target, change })
    }

    fn target(&self, entry: &Entry) -> Option<Target> {
        let known = self.timeline.get(entry.message.seq?)?;
        let is_same = known.message.message_id == entry.message.message_id;
        let can_react = is_same && !known.is_deleted() && self.person_id.is_some();
        let epoch = self.timeline.end()?.epoch.clone();
        can_react.then_some(Target {
            of: entry.message.seq?,
            epoch: Some(epoch),
        })
    }

    /// Applies the changes in the outbox to the messages on display.
    pub(super) fn show_unconfirmed(&mut self) {
        let person_id = self.person_id.clone();
        let expected = person_id.zip(self.timeline.end()).map(|(person_id, end)| {
            let name = self.name.clone();
            let person = Person { person_id, name };
            let changes = self.outbox.entries().iter();
            changes
                .filter_map(|pending| pending.expected(&person, &end.epoch))
                .collect()
        });
        self.timeline.show_unconfirmed(expected.unwrap_or_default());
    }
}
