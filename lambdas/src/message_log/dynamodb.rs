//! The message log in a DynamoDB table.
//!
//! The SDK's own retries stay on: reads and *begin* are idempotent, and the SDK gives each transaction a
//! `ClientRequestToken` that all its attempts share, so that an attempt whose response was lost is not applied twice.

mod item;

pub mod stream_record;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::DisplayErrorContext;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, Put, ReturnValue, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update,
};
use papo_protocol::{ChangeKind, ClientMessageId, Epoch, Position, Range, RoomName, Seq};

use super::{
    BeginLog, Commit, CommitOutcome, Entry, FindEntry, Freshness, Page, ReadEntries, ReadHead,
};
use crate::error::StoreError;
use crate::rate_limit::CountCharges;
use item::{EPOCH, HEAD, ROOM, SEQ};

const FREE: &str = "attribute_not_exists(room)";

/// A table of logs.
#[derive(Clone, Debug)]
pub struct DynamoDbMessageLog {
    client: Client,
    table: String,
}

impl DynamoDbMessageLog {
    /// The table named `table`.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self {
            client,
            table: table.into(),
        }
    }

    fn failed(&self, operation: &'static str, error: impl std::error::Error) -> StoreError {
        StoreError::new(operation, &self.table, DisplayErrorContext(error))
    }

    /// An item of another shape than this module writes.
    fn unreadable(&self, operation: &'static str, what: &str) -> StoreError {
        StoreError::new(operation, &self.table, format_args!("{what} is malformed"))
    }
}

impl ReadHead for DynamoDbMessageLog {
    async fn head(
        &self,
        room: &RoomName,
        freshness: Freshness,
    ) -> Result<Option<Position>, StoreError> {
        let output = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(item::key(room.as_str(), 0)))
            .consistent_read(freshness == Freshness::Latest)
            .send()
            .await
            .map_err(|error| self.failed("GetItem", error))?;
        let Some(item) = output.item() else {
            return Ok(None);
        };
        let head = item::head(item);
        head.map(Some)
            .ok_or_else(|| self.unreadable("GetItem", "the head item"))
    }
}

impl BeginLog for DynamoDbMessageLog {
    async fn begin(&self, room: &RoomName, epoch: &Epoch) -> Result<Position, StoreError> {
        let head = Position {
            epoch: epoch.clone(),
            seq: 0,
        };
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item::of_head(room, &head)))
            .condition_expression(FREE);
        match put.send().await {
            Ok(_) => Ok(head),
            Err(error) => match error.as_service_error() {
                // The log has begun, and its head may be moving. Read it, because DynamoDB Local does not return the item.
                Some(
                    PutItemError::ConditionalCheckFailedException(_)
                    | PutItemError::TransactionConflictException(_),
                ) => {
                    let current = self.head(room, Freshness::Latest).await?;
                    current.ok_or_else(|| self.unreadable("PutItem", "the head item"))
                }
                _ => Err(self.failed("PutItem", error)),
            },
        }
    }
}

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
    fn put(&self, item: item::Item) -> Result<TransactWriteItem, StoreError> {
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
            .expression_attribute_values(":next", item::number(to))
            .expression_attribute_values(":before", item::number(to.saturating_sub(1)))
            .expression_attribute_values(":epoch", AttributeValue::S(epoch.as_str().to_owned()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|error| self.failed("TransactWriteItems", error))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }
}

/// What a write of a commit is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Write {
    Entry,
    Head,
    Id,
    Target,
}

/// Interprets the reasons of a cancelled transaction, one for each write in order.
///
/// `None` if a retry cannot succeed, such as when the seq above the head is in use: the table was modified by hand.
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
    let is_transient = !reasons.iter().any(failed) && codes.any(|code| transient.contains(&code));
    is_transient.then_some(CommitOutcome::Conflict)
}

impl DynamoDbMessageLog {
    /// What an edit or a deletion does to its message, on condition that the message is as it was read.
    fn change_target(
        &self,
        room: &RoomName,
        entry: &Entry,
        target: &Entry,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        const BLANK: &str = "SET deleted = :true REMOVE message";
        let update = |seq: Seq, expression: &str| {
            Update::builder()
                .table_name(&self.table)
                .set_key(Some(item::key(room.as_str(), seq)))
                .update_expression(expression)
        };
        let edits = item::numbers(target.edits());
        let unchanged = if target.edits().is_empty() {
            "attribute_exists(messageId) AND attribute_not_exists(deleted) AND attribute_not_exists(edits)"
        } else {
            "attribute_exists(messageId) AND attribute_not_exists(deleted) AND edits = :edits"
        };
        let with_edits = |update: UpdateBuilder| {
            let update = update.condition_expression(unchanged);
            if target.edits().is_empty() {
                update
            } else {
                update.expression_attribute_values(":edits", edits.clone())
            }
        };
        let mut updates = Vec::new();
        match entry.content().change() {
            Some(ChangeKind::Edit { .. }) => {
                let all = [target.edits(), &[entry.seq()]].concat();
                let update = with_edits(update(target.seq(), "SET edits = :all"));
                updates.push(update.expression_attribute_values(":all", item::numbers(&all)));
            }
            Some(ChangeKind::Delete) => {
                updates.push(
                    with_edits(update(target.seq(), BLANK))
                        .expression_attribute_values(":true", AttributeValue::Bool(true)),
                );
                for seq in target.edits() {
                    updates.push(
                        update(*seq, BLANK)
                            .condition_expression("attribute_exists(room)")
                            .expression_attribute_values(":true", AttributeValue::Bool(true)),
                    );
                }
            }
            Some(ChangeKind::Reaction { .. }) | None => {}
        }
        let writes = updates.into_iter().map(|update| {
            let update = update.build();
            let update = update.map_err(|error| self.failed("TransactWriteItems", error))?;
            Ok(TransactWriteItem::builder().update(update).build())
        });
        writes.collect()
    }
}

impl FindEntry for DynamoDbMessageLog {
    async fn seq_of(
        &self,
        room: &RoomName,
        id: &ClientMessageId,
    ) -> Result<Option<Seq>, StoreError> {
        let output = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(item::id_key(room, id)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| self.failed("GetItem", error))?;
        Ok(output.item().and_then(item::message_seq))
    }
}

impl ReadEntries for DynamoDbMessageLog {
    /// Reads consistently: a page from a replica that lags behind would look like the end of the log.
    async fn entries(&self, room: &RoomName, range: Range, limit: u16) -> Result<Page, StoreError> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .limit(i32::from(limit))
            .expression_attribute_values(":room", AttributeValue::S(room.as_str().to_owned()));
        let query = match range {
            Range::After(seq) => query
                .key_condition_expression(format!("{ROOM} = :room AND {SEQ} > :after"))
                .expression_attribute_values(":after", item::number(seq)),
            // Seq 0 is the head.
            Range::Before(0..=1) => return Ok(Page::default()),
            Range::Before(seq) => query
                .key_condition_expression(format!(
                    "{ROOM} = :room AND {SEQ} BETWEEN :first AND :last"
                ))
                .expression_attribute_values(":first", item::number(1))
                .expression_attribute_values(":last", item::number(seq - 1))
                .scan_index_forward(false),
        };
        let output = query
            .send()
            .await
            .map_err(|error| self.failed("Query", error))?;
        let entries = output.items().iter().map(item::entry);
        Ok(Page {
            entries: entries
                .collect::<Option<_>>()
                .ok_or_else(|| self.unreadable("Query", "a message item"))?,
            more: output.last_evaluated_key().is_some(),
        })
    }
}

impl CountCharges for DynamoDbMessageLog {
    /// One item per subject and minute: `room` is `rate#` and the subject, `seq` the minute. It expires after ten minutes.
    async fn charge(&self, subject: &str, minute: i64, charge: u32) -> Result<u64, StoreError> {
        let key = item::key(&format!("rate#{subject}"), minute.unsigned_abs());
        let output = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key))
            .update_expression("ADD charged :charge SET expiresAt = :expiry")
            .expression_attribute_values(":charge", item::number(charge))
            .expression_attribute_values(":expiry", item::number((minute + 10) * 60))
            .return_values(ReturnValue::UpdatedNew)
            .send()
            .await
            .map_err(|error| self.failed("UpdateItem", error))?;
        let charged = output.attributes().and_then(item::charged);
        charged.ok_or_else(|| self.unreadable("UpdateItem", "the counter"))
    }
}
