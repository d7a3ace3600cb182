//! *Commit*: one transaction for an entry, its id item, the head, and the message that it is about.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, Put, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update,
};
use papo_protocol::{ChangeKind, Epoch, RoomName, Seq};

use super::item::{self, EPOCH, HEAD};
use super::{DynamoDbMessageLog, FREE};
use crate::aws::attributes::{Item, number, text};
use crate::error::StoreError;
use crate::message_log::{Commit, CommitOutcome, Entry};

impl Commit for DynamoDbMessageLog {
    async fn commit(
        &self,
        room: &RoomName,
        epoch: &Epoch,
        entry: &Entry,
        target: Option<&Entry>,
    ) -> Result<CommitOutcome, StoreError> {
        let mut writes = vec![
            (Write::Entry, self.put(item::of_entry(room, entry))?),
            (Write::Head, self.move_head(room, epoch, entry.seq())?),
        ];
        if let Some(id) = item::of_client_message_id(room, entry) {
            writes.push((Write::Id, self.put(id)?));
        }
        if let Some(target) = target {
            for write in self.change_target(room, entry, target)? {
                writes.push((Write::Target, write));
            }
        }
        let (roles, writes): (Vec<Write>, Vec<_>) = writes.into_iter().unzip();
        let response = self
            .client
            .transact_write_items()
            .set_transact_items(Some(writes))
            .send()
            .await;
        let Err(error) = response else {
            return Ok(CommitOutcome::Committed);
        };
        if let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
            error.as_service_error()
            && let Some(outcome) = outcome_of(&roles, cancelled.cancellation_reasons())
        {
            return Ok(outcome);
        }
        Err(self.failed("TransactWriteItems", error))
    }
}

impl DynamoDbMessageLog {
    fn put(&self, item: Item) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(FREE)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|error| self.failed("TransactWriteItems", error))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    fn move_head(
        &self,
        room: &RoomName,
        epoch: &Epoch,
        to: Seq,
    ) -> Result<TransactWriteItem, StoreError> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(item::key(room.as_str(), 0)))
            .update_expression(format!("SET {HEAD} = :next"))
            .condition_expression(format!("{HEAD} = :before AND {EPOCH} = :epoch"))
            .expression_attribute_values(":next", number(to))
            .expression_attribute_values(":before", number(to.saturating_sub(1)))
            .expression_attribute_values(":epoch", text(epoch.as_str()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|error| self.failed("TransactWriteItems", error))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// What an edit or a deletion does to its message, on condition that the message is as `target` was read.
    fn change_target(
        &self,
        room: &RoomName,
        entry: &Entry,
        target: &Entry,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let update = |seq: Seq| {
            Update::builder()
                .table_name(&self.table)
                .set_key(Some(item::key(room.as_str(), seq)))
        };
        let blank = |seq: Seq| {
            update(seq)
                .update_expression("SET deleted = :true REMOVE message")
                .expression_attribute_values(":true", AttributeValue::Bool(true))
        };
        let updates = match entry.content().change() {
            Some(ChangeKind::Edit { .. }) => {
                let all = [target.edits(), &[entry.seq()]].concat();
                let update = update(target.seq())
                    .update_expression("SET edits = :all")
                    .expression_attribute_values(":all", item::numbers(&all));
                vec![if_unchanged(update, target)]
            }
            Some(ChangeKind::Delete) => {
                let mut updates = vec![if_unchanged(blank(target.seq()), target)];
                let edits = target.edits().iter();
                updates.extend(
                    edits.map(|seq| blank(*seq).condition_expression("attribute_exists(room)")),
                );
                updates
            }
            Some(ChangeKind::Reaction { .. }) | None => Vec::new(),
        };
        let writes = updates.into_iter().map(|update| {
            let update = update.build();
            let update = update.map_err(|error| self.failed("TransactWriteItems", error))?;
            Ok(TransactWriteItem::builder().update(update).build())
        });
        writes.collect()
    }
}

/// Adds the condition that the message was neither edited nor deleted since `target` was read.
fn if_unchanged(update: UpdateBuilder, target: &Entry) -> UpdateBuilder {
    const NOT_DELETED: &str = "attribute_exists(messageId) AND attribute_not_exists(deleted)";
    match target.edits() {
        [] => update.condition_expression(format!("{NOT_DELETED} AND attribute_not_exists(edits)")),
        edits => update
            .condition_expression(format!("{NOT_DELETED} AND edits = :edits"))
            .expression_attribute_values(":edits", item::numbers(edits)),
    }
}

/// The purpose of a write in a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Write {
    Entry,
    Head,
    Id,
    Target,
}

/// Interprets the reasons of a cancelled transaction, one for each write in order.
///
/// `None` if a retry cannot succeed, such as when the seq above the head is in use: the table was modified by hand. With a
/// transient reason as well, another transaction may have written that entry already, and the head not yet.
fn outcome_of(writes: &[Write], reasons: &[CancellationReason]) -> Option<CommitOutcome> {
    let failed = |reason: &CancellationReason| reason.code() == Some("ConditionalCheckFailed");
    let failed_write = |write: Write| {
        let mut reasons = writes.iter().zip(reasons);
        reasons.find_map(|(it, reason)| (*it == write && failed(reason)).then_some(reason))
    };
    if let Some(id) = failed_write(Write::Id) {
        return Some(CommitOutcome::DuplicateClientMessageId(item::message_seq(
            id.item()?,
        )?));
    }
    if let Some(head) = failed_write(Write::Head) {
        // Without an item, the head was deleted since it was read; reading it again begins another log.
        let Some(current) = head.item().filter(|item| !item.is_empty()) else {
            return Some(CommitOutcome::Conflict);
        };
        return Some(CommitOutcome::Moved(item::head(current)?));
    }
    if failed_write(Write::Target).is_some() {
        return Some(CommitOutcome::TargetChanged);
    }
    let transient = [
        "TransactionConflict",
        "ThrottlingError",
        "ProvisionedThroughputExceeded",
    ];
    let mut codes = reasons.iter().filter_map(CancellationReason::code);
    codes
        .any(|code| transient.contains(&code))
        .then_some(CommitOutcome::Conflict)
}
