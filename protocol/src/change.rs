//! Changes of messages that are in the log. A client requests one with an [`Action`]; the back end appends it as a
//! [`ChangeEntry`](crate::ChangeEntry).

use crate::action::{Action, Target};
use crate::emoji::Emoji;
use crate::entry::ChangeKind;
use crate::id::ClientMessageId;
use crate::text::MessageText;

/// A requested change of a message. The back end decides whether the person may make it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Its author gives it another text.
    Edit(MessageText),
    /// Its author deletes it.
    Delete,
    /// A person puts a reaction on it, or takes it off.
    React {
        /// The emoji.
        emoji: Emoji,
        /// Whether it is put on, or taken off.
        on: bool,
    },
}

impl Change {
    /// The action that requests it.
    pub fn into_action(self, target: Target, client_message_id: Option<ClientMessageId>) -> Action {
        match self {
            Self::Edit(message) => Action::Edit {
                target,
                message,
                client_message_id,
            },
            Self::Delete => Action::Delete {
                target,
                client_message_id,
            },
            Self::React { emoji, on } => Action::Reaction {
                target,
                emoji,
                on,
                client_message_id,
            },
        }
    }
}

impl From<Change> for ChangeKind {
    /// The record of a change in the log.
    fn from(change: Change) -> Self {
        match change {
            Change::Edit(text) => Self::Edit {
                message: text.into(),
                deleted: false,
            },
            Change::Delete => Self::Delete,
            Change::React { emoji, on } => Self::Reaction { emoji, on },
        }
    }
}
