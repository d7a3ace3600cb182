//! Erases everything that a person wrote, as privacy laws require on request.
//!
//! Every message of the person is deleted as if its author had deleted it: the text and its edits are gone from the table, and
//! clients that have a copy learn of the deletion. Then the person's name is removed from everything that the person did. What
//! remains are entries with the `personId`, which is a hash.

use std::collections::{BTreeSet, HashMap};
use std::num::NonZeroU16;
use std::time::Duration;

use anyhow::{Result, bail};
use aws_sdk_dynamodb::types::AttributeValue;
use papo_lambdas::append::{Appended, append};
use papo_lambdas::clock::SystemClock;
use papo_lambdas::message_log::{Retention, Room};
use papo_protocol::{ChangeEntry, ChangeKind, PersonId, RoomName, Seq};

use crate::table::{Item, MessagesTable, parsed, room, text};

/// Time limit of one deletion.
const LIMIT: Duration = Duration::from_secs(8);

/// Everything that a person has written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Messages that still have a text.
    pub messages: BTreeSet<(RoomName, Seq)>,
    /// Entries with a name, messages included.
    pub named: BTreeSet<(RoomName, Seq)>,
}

/// Finds everything that `person` has written, in all rooms.
///
/// # Errors
///
/// If the table cannot be read.
pub async fn find(table: &MessagesTable, person: &PersonId) -> Result<Findings> {
    let mut findings = Findings::default();
    let id = AttributeValue::S(person.as_str().to_owned());
    let values = HashMap::from([(":person".to_owned(), id)]);
    table
        .scan(Some(("personId = :person", values)), |item| {
            findings.add(&item);
        })
        .await?;
    Ok(findings)
}

impl Findings {
    fn add(&mut self, item: &Item) {
        let Some(key) = room(item).zip(parsed(item, "seq")) else {
            return;
        };
        if item.contains_key("name") {
            self.named.insert(key.clone());
        }
        let is_message = text(item, "messageId").is_some();
        if is_message && !item.contains_key("deleted") {
            self.messages.insert(key);
        }
    }

    /// Whether there is nothing to erase.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty() && self.named.is_empty()
    }
}

/// Erases `findings` of `person`. `each` is called after each step. Safe to repeat after an error.
///
/// `retention` is how long the deletions are kept, `now_ms` their time in milliseconds since 1970.
///
/// # Errors
///
/// If the table cannot be written.
pub async fn erase(
    table: &MessagesTable,
    person: &PersonId,
    findings: &Findings,
    retention: NonZeroU16,
    now_ms: i64,
    each: impl Fn(),
) -> Result<()> {
    let log = &table.log();
    for (id, of) in &findings.messages {
        let room = Room {
            log,
            id: id.clone(),
            retention: Retention::of_days(retention),
        };
        let deletion = ChangeEntry::new(ChangeKind::Delete, *of, now_ms, person.clone()).into();
        // Boxed, because the future is large.
        let append = Box::pin(append(&room, &SystemClock, &deletion, None, now_ms, LIMIT));
        match append.await? {
            Appended::New(_) => {}
            // Expired or deleted in the meantime.
            Appended::Refused(reason) => eprintln!("{} {of}: {reason:?}, skipped", id.as_str()),
            other => bail!(
                "message {of} of room {} was not deleted: {other:?}",
                id.as_str()
            ),
        }
        each();
    }
    for (room, seq) in &findings.named {
        table.remove_attribute(room.as_str(), *seq, "name").await?;
        each();
    }
    Ok(())
}
