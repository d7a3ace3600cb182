//! The log on a DynamoDB table.
//!
//! The SDK's own retries stay on: reads and *begin* may be repeated without harm, and the SDK gives each transaction a
//! `ClientRequestToken` that all its tries share, so that a try whose answer was lost is not carried out twice.

mod item;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::DisplayErrorContext;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, Put, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update,
};
use papo_protocol::{Epoch, Position, Range, Seq};

use super::{BeginLog, Commit, Committed, Entry, Freshness, Page, ReadEntries, ReadHead, RoomId};
use crate::store::StoreError;
use item::{EPOCH, HEAD, ROOM, SEQ};

const FREE: &str = "attribute_not_exists(room)";

/// A table of logs.
#[derive(Clone, Debug)]
pub struct DynamoDbLog {
    client: Client,
    table: String,
}

impl DynamoDbLog {
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

    /// An item that is not as we write it.
    fn unreadable(&self, operation: &'static str, what: &str) -> StoreError {
        StoreError::new(
            operation,
            &self.table,
            format_args!("{what} cannot be read"),
        )
    }
}

impl ReadHead for DynamoDbLog {
    async fn head(
        &self,
        room: &RoomId,
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
            .ok_or_else(|| self.unreadable("GetItem", "the head"))
    }
}

impl BeginLog for DynamoDbLog {
    async fn begin(&self, room: &RoomId, epoch: &Epoch) -> Result<Position, StoreError> {
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
                // Somebody has begun it, and may be moving the head just now. Asked for anew, because DynamoDB Local does
                // not say what is there.
                Some(
                    PutItemError::ConditionalCheckFailedException(_)
                    | PutItemError::TransactionConflictException(_),
                ) => {
                    let there = self.head(room, Freshness::Latest).await?;
                    there.ok_or_else(|| self.unreadable("PutItem", "the head"))
                }
                _ => Err(self.failed("PutItem", error)),
            },
        }
    }
}

impl Commit for DynamoDbLog {
    async fn commit(
        &self,
        room: &RoomId,
        epoch: &Epoch,
        entry: &Entry,
    ) -> Result<Committed, StoreError> {
        let place = self.put(item::of_entry(room, entry));
        let head = self.move_head(room, epoch, entry.seq());
        let name = item::of_name(room, entry).map(|name| self.put(name));
        let writes = [Some(place), Some(head), name].into_iter().flatten();
        let writes: Vec<_> = writes.collect::<Result<_, _>>()?;
        let answer = self
            .client
            .transact_write_items()
            .set_transact_items(Some(writes))
            .send()
            .await;
        let Err(error) = answer else {
            return Ok(Committed::Done);
        };
        if let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
            error.as_service_error()
            && let Some(why) = why_cancelled(cancelled.cancellation_reasons())
        {
            return Ok(why);
        }
        Err(self.failed("TransactWriteItems", error))
    }
}

impl DynamoDbLog {
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
        room: &RoomId,
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

/// Reads the reasons of a cancelled transaction, one for each write in its order: place, head, name.
///
/// `None` for what trying again does not mend. A place that is taken above the head is such a case: somebody else has
/// written into the table or removed from it.
fn why_cancelled(reasons: &[CancellationReason]) -> Option<Committed> {
    let failed = |reason: &&CancellationReason| reason.code() == Some("ConditionalCheckFailed");
    if let Some(name) = reasons.get(2).filter(failed) {
        return Some(Committed::NameTaken(item::named(name.item()?)?));
    }
    if let Some(head) = reasons.get(1).filter(failed) {
        // Without an item, the head was removed since it was read: reading it again begins another log.
        let Some(there) = head.item().filter(|item| !item.is_empty()) else {
            return Some(Committed::Conflict);
        };
        return Some(Committed::Moved(item::head(there)?));
    }
    let passing = [
        "TransactionConflict",
        "ThrottlingError",
        "ProvisionedThroughputExceeded",
    ];
    let mut codes = reasons.iter().filter_map(CancellationReason::code);
    let passes =
        !reasons.iter().any(|reason| failed(&reason)) && codes.any(|code| passing.contains(&code));
    passes.then_some(Committed::Conflict)
}

impl ReadEntries for DynamoDbLog {
    /// Reads consistently: a page that lacks its end because a replica lags behind would look like a log that has none.
    async fn entries(&self, room: &RoomId, range: Range, limit: u16) -> Result<Page, StoreError> {
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
            // Number 0 is the head.
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
                .ok_or_else(|| self.unreadable("Query", "a message"))?,
            more: output.last_evaluated_key().is_some(),
        })
    }
}
