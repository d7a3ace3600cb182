//! The messages of a session's timeline as one list.

use std::sync::Arc;

use papo_protocol::session::Entry;
use papo_protocol::{MessageId, Session};

/// All messages, oldest first.
pub fn all(session: &Session) -> Vec<&Arc<Entry>> {
    session.timeline().entries().collect()
}

/// The messages after `id`, oldest first; all of them if it is not in the timeline any more.
pub fn after<'a>(session: &'a Session, id: Option<&MessageId>) -> Vec<&'a Arc<Entry>> {
    let mut entries = all(session);
    let last = entries
        .iter()
        .rposition(|entry| Some(&entry.message.message_id) == id);
    entries.split_off(last.map_or(0, |last| last + 1))
}

/// The id of the newest message.
pub fn newest(session: &Session) -> Option<MessageId> {
    let entry = session.timeline().entries().next_back()?;
    Some(entry.message.message_id.clone())
}
