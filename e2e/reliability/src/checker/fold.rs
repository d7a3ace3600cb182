//! Computes the state of one message from the log: a second implementation of the rules that the session follows.
//!
//! The last edit by the author gives the text, one deletion by the author ends everything, and the last entry of a person and an
//! emoji says whether that reaction is on. Entries by other people change only reactions.

use std::collections::{BTreeMap, BTreeSet};

use papo_protocol::session::Entry;
use papo_protocol::{ChangeKind, LogEntry, Message};

use crate::verdict::{Violation, ViolationKind};

/// A message as it must be displayed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Folded {
    text: String,
    deleted: bool,
    /// Emoji and person.
    reactions: BTreeSet<(String, String)>,
}

/// Whether `change` edits or deletes a message of `log` that another person wrote.
pub(super) fn is_forged(change: &LogEntry, log: &[LogEntry]) -> bool {
    if matches!(change.change(), Some(ChangeKind::Reaction { .. }) | None) {
        return false;
    }
    let target = log.iter().find(|it| it.seq() == change.of());
    // One that has expired is not judged.
    target.is_some_and(|target| !is_by_author(change, target))
}

/// Compares a message that an introduced client displays with what `log` says about it.
pub(super) fn check(entry: &Entry, log: &[LogEntry]) -> Option<Violation> {
    let written = log.iter().find(|it| it.seq() == entry.message.seq)?;
    let (author, shown_author) = (written.person_id(), entry.message.person_id.as_ref());
    if author != shown_author {
        let seq = entry.message.seq.unwrap_or_default();
        let detail = format!("shows seq {seq} as by {shown_author:?}, but the log says {author:?}");
        return Some(Violation::new(ViolationKind::Misfolded, detail));
    }
    let shown = displayed(entry);
    let wanted = fold(&entry.message, log);
    if shown == wanted {
        return None;
    }
    let seq = entry.message.seq.unwrap_or_default();
    let forged = log
        .iter()
        .filter(|it| it.of() == entry.message.seq)
        .filter(|it| is_forged(it, log))
        .any(|it| match it.change() {
            Some(ChangeKind::Edit { message, .. }) => *message == shown.text,
            Some(ChangeKind::Delete) => shown.deleted && !wanted.deleted,
            Some(ChangeKind::Reaction { .. }) | None => false,
        });
    let kind = if forged {
        ViolationKind::Forged
    } else {
        ViolationKind::Misfolded
    };
    let detail = format!("shows seq {seq} as {shown:?}, but the log says {wanted:?}");
    Some(Violation::new(kind, detail))
}

fn displayed(entry: &Entry) -> Folded {
    let reactions = entry.reactions().iter().flat_map(|reaction| {
        let emoji = reaction.emoji.as_str();
        let people = reaction.people.iter();
        people.map(move |person| (emoji.to_owned(), person.person_id.as_str().to_owned()))
    });
    Folded {
        text: entry.text().to_owned(),
        deleted: entry.is_deleted(),
        reactions: reactions.collect(),
    }
}

fn fold(message: &Message, log: &[LogEntry]) -> Folded {
    let original = log.iter().find(|it| it.seq() == message.seq);
    let Some(original @ LogEntry::Message(written)) = original else {
        return Folded::default();
    };
    let mut folded = Folded {
        text: written.message.clone(),
        deleted: written.deleted,
        reactions: BTreeSet::new(),
    };
    let mut reactions = BTreeMap::new();
    // The log is in the order of its numbers.
    for entry in log.iter().filter(|it| it.of() == message.seq) {
        let LogEntry::Change(change) = entry else {
            continue;
        };
        match &change.kind {
            ChangeKind::Edit { message, .. } if is_by_author(entry, original) => {
                folded.text.clone_from(message);
            }
            ChangeKind::Delete if is_by_author(entry, original) => folded.deleted = true,
            ChangeKind::Reaction { emoji, on } => {
                reactions.insert((emoji.as_str(), change.person_id.as_str()), *on);
            }
            ChangeKind::Edit { .. } | ChangeKind::Delete => {}
        }
    }
    if folded.deleted {
        folded.text.clear();
    } else {
        let on = reactions.into_iter().filter(|(_, on)| *on);
        folded.reactions = on
            .map(|((emoji, person), _)| (emoji.to_owned(), person.to_owned()))
            .collect();
    }
    folded
}

/// The message of a client that had not introduced itself has no author.
fn is_by_author(change: &LogEntry, message: &LogEntry) -> bool {
    message.person_id().is_some() && message.person_id() == change.person_id()
}
