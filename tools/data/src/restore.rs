//! Replaces the logs of a stage by the logs of a table that was restored from a backup.
//!
//! Safe while the functions are in use: each room is switched with one write of its head, which gives it a new epoch, because
//! the same seqs mean other messages from then on. Clients keep what they show and draw a divider below it. Room by room:
//!
//! 1. Copy the items of the backup, with a mark for the broadcaster, which skips them, and delete entries below the backup's end that
//!    it does not have.
//! 2. Write the head: a new epoch, and the backup's end.
//! 3. Delete the entries above that end, with their id items, the newest first. Until the lowest one is deleted, its seq is in
//!    use and nothing can be appended; senders get `unavailable` and try again.
//!
//! If it is interrupted, it can be run again. A room that the backup does not have stays as it is. Messages that were deleted
//! after the backup come back; erase them again.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, ensure};
use aws_sdk_dynamodb::types::AttributeValue;
use papo_lambdas::message_log::dynamodb::stream_record::RESTORED;
use papo_protocol::{RoomName, Seq};

use crate::table::{Item, MessagesTable, parsed, room, text};

/// The rooms that a backup would replace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The rooms of the backup.
    pub rooms: BTreeMap<RoomName, Ends>,
    /// Rooms that only the stage has, which stay as they are.
    pub untouched: Vec<RoomName>,
}

/// Where the log of a room ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// In the backup.
    pub backup: Seq,
    /// In the stage; 0 if it has no such log.
    pub stage: Seq,
}

/// Compares a backup with the table of the stage.
///
/// # Errors
///
/// If a table cannot be read, both are the same, or the backup has no logs.
pub async fn plan(backup: &MessagesTable, stage: &MessagesTable) -> Result<Plan> {
    ensure!(
        backup.name() != stage.name(),
        "{} is the stage's own table; restore the backup to a table with another name",
        stage.name()
    );
    let mut plan = Plan::default();
    for (room, head) in backup.rooms().await? {
        let ends = Ends {
            backup: head,
            stage: 0,
        };
        plan.rooms.insert(room, ends);
    }
    ensure!(
        !plan.rooms.is_empty(),
        "table {} has no logs; was it restored completely?",
        backup.name()
    );
    for (room, head) in stage.rooms().await? {
        match plan.rooms.get_mut(&room) {
            Some(ends) => ends.stage = head,
            None => plan.untouched.push(room),
        }
    }
    Ok(plan)
}

/// Carries out `plan`. `epoch` names the new logs; it must never have been used before. `each` is called after each item.
///
/// # Errors
///
/// If a table cannot be read or written. Call it again with another epoch.
pub async fn restore(
    backup: &MessagesTable,
    stage: &MessagesTable,
    plan: &Plan,
    epoch: &str,
    each: impl Fn(),
) -> Result<()> {
    let mut ids: BTreeMap<RoomName, Vec<Item>> = BTreeMap::new();
    backup
        .scan(None, |item| {
            if let Some((room, _)) = text(&item, "room").and_then(|key| key.split_once('#'))
                && item.contains_key("messageSeq")
                && let Ok(room) = RoomName::parse(room)
            {
                ids.entry(room).or_default().push(item);
            }
        })
        .await?;
    for (room, &Ends { backup: end, .. }) in &plan.rooms {
        let entries = backup.items(room, 1..=end).await?;
        let kept: BTreeSet<Seq> = entries.iter().filter_map(|it| parsed(it, "seq")).collect();
        for mut item in entries {
            item.insert(RESTORED.to_owned(), AttributeValue::Bool(true));
            stage.put(item).await?;
            each();
        }
        for item in ids.remove(room).unwrap_or_default() {
            stage.put(item).await?;
            each();
        }
        for item in stage.items(room, 1..=end).await? {
            if parsed(&item, "seq").is_some_and(|seq| !kept.contains(&seq)) {
                delete_entry(stage, &item).await?;
            }
        }
        let before = stage.put_head(room, epoch, end).await?;
        for item in stage.items(room, end + 1..=before).await?.iter().rev() {
            delete_entry(stage, item).await?;
        }
        each();
    }
    Ok(())
}

/// Deletes the id item first: otherwise, a client that sends the message again would be told that it is in the log.
async fn delete_entry(table: &MessagesTable, entry: &Item) -> Result<()> {
    let (Some(room), Some(seq)) = (room(entry), parsed(entry, "seq")) else {
        return Ok(());
    };
    if let Some(id) = text(entry, "clientMessageId") {
        table.delete(&format!("{}#{id}", room.as_str()), 0).await?;
    }
    table.delete(room.as_str(), seq).await
}
