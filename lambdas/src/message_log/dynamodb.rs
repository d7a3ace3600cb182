//! The message log in a DynamoDB table.
//!
//! The SDK's own retries stay on: reads and *begin* are idempotent, and the SDK gives each transaction a
//! `ClientRequestToken` that all its attempts share, so that an attempt whose response was lost is not applied twice.

mod commit;

mod item;

pub mod stream_record;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::DisplayErrorContext;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValue;
use papo_protocol::{ClientMessageId, Epoch, Position, Range, RoomName, Seq};

use super::{BeginLog, FindEntry, Freshness, Page, ReadEntries, ReadHead};
use crate::aws::attributes::{number, text};
use crate::error::StoreError;
use crate::rate_limit::{ChargeTime, Charged, CountCharges};
use item::{ROOM, SEQ};

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
            .expression_attribute_values(":room", text(room.as_str()));
        let query = match range {
            Range::After(seq) => query
                .key_condition_expression(format!("{ROOM} = :room AND {SEQ} > :after"))
                .expression_attribute_values(":after", number(seq)),
            // Seq 0 is the head.
            Range::Before(0..=1) => return Ok(Page::default()),
            Range::Before(seq) => query
                .key_condition_expression(format!(
                    "{ROOM} = :room AND {SEQ} BETWEEN :first AND :last"
                ))
                .expression_attribute_values(":first", number(1))
                .expression_attribute_values(":last", number(seq - 1))
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
    async fn charge(
        &self,
        subject: &str,
        at: ChargeTime,
        charge: u32,
    ) -> Result<Charged, StoreError> {
        let ChargeTime { minute, window } = at;
        let key = item::key(&format!("rate#{subject}"), minute.unsigned_abs());
        let window = format!("window{window}");
        let output = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key))
            .update_expression(format!(
                "ADD charged :charge, {window} :charge SET expiresAt = :expiry"
            ))
            .expression_attribute_values(":charge", number(charge))
            .expression_attribute_values(":expiry", number((minute + 10) * 60))
            .return_values(ReturnValue::UpdatedNew)
            .send()
            .await
            .map_err(|error| self.failed("UpdateItem", error))?;
        let charged = output.attributes();
        let charged = charged.and_then(|counters| item::charged(counters, &window));
        charged.ok_or_else(|| self.unreadable("UpdateItem", "the counter"))
    }
}
