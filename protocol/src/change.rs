//! What can happen to a message that is in the log: the client asks for it with an [`Action`], the back end appends it as a
//! [`LogEntry`].

use crate::action::{Action, Target};
use crate::emoji::Emoji;
use crate::entry::{Delete, Edit, LogEntry, Reaction};
use crate::event::Person;
use crate::id::ClientMessageId;
use crate::position::Seq;
use crate::text::MessageText;

/// What happens to a message.
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
        /// On or off.
        on: bool,
    },
}

impl Change {
    /// The action that asks for it.
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

    /// The entry that records it: the change of the message `of`, made by `person` at `request_time_epoch` (milliseconds since
    /// 1970), at the position `seq`.
    pub fn into_entry(
        self,
        of: Seq,
        seq: Seq,
        request_time_epoch: i64,
        person: Person,
        client_message_id: Option<ClientMessageId>,
    ) -> LogEntry {
        let Person { person_id, name } = person;
        match self {
            Self::Edit(text) => LogEntry::Edit(Edit {
                of,
                message: text.into(),
                seq,
                request_time_epoch,
                person_id,
                name,
                client_message_id,
                deleted: false,
            }),
            Self::Delete => LogEntry::Delete(Delete {
                of,
                seq,
                request_time_epoch,
                person_id,
                name,
                client_message_id,
            }),
            Self::React { emoji, on } => LogEntry::Reaction(Reaction {
                of,
                emoji,
                on,
                seq,
                request_time_epoch,
                person_id,
                name,
                client_message_id,
            }),
        }
    }
}
