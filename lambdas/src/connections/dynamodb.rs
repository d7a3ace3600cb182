//! Connections in a DynamoDB table.
//!
//! The SDK's own retries stay on: every operation is idempotent. A row is
//! `{"connectionId": {"S": "L0SM9cOFvHcCIhw="}, "room": {"S": "main"}, "connectedAt": {"S": "2024-11-11T11:35:24.553Z"},
//! "expiresAt": {"N": "1731335724"}}`, with `tokenExpiresAt` if the client has a token, and `personId` and `name` once it has
//! introduced itself.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::DisplayErrorContext;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use papo_protocol::{ConnectionId, Person, PersonId, PersonName, RoomName};

use super::{
    DeleteConnection, FindConnection, Introduce, ListConnections, ListRoom, Listed, Member, Page,
    PutConnection, Row,
};
use crate::aws::attributes::{Item, item, number, parsed, string, text};
use crate::error::StoreError;

const CONNECTION_ID: &str = "connectionId";
const ROOM: &str = "room";
const CONNECTED_AT: &str = "connectedAt";
const EXPIRES_AT: &str = "expiresAt";
const PERSON_ID: &str = "personId";
const NAME: &str = "name";
const TOKEN_EXPIRES_AT: &str = "tokenExpiresAt";

/// The index with the hash key `room`, as the template defines it.
const ROOM_INDEX: &str = "room-index";

/// A table of connections.
#[derive(Clone, Debug)]
pub struct DynamoDbConnections {
    client: Client,
    table: String,
}

impl DynamoDbConnections {
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
}

impl PutConnection for DynamoDbConnections {
    async fn put(&self, row: &Row) -> Result<(), StoreError> {
        let mut put = self
            .client
            .put_item()
            .table_name(&self.table)
            .item(CONNECTION_ID, key(&row.connection_id))
            .item(ROOM, text(row.room.as_str()))
            .item(CONNECTED_AT, text(&format!("{:.3}", row.connected_at)))
            .item(EXPIRES_AT, number(row.expires_at));
        if let Some(at) = row.token_expires_at {
            put = put.item(TOKEN_EXPIRES_AT, number(at));
        }
        put.send()
            .await
            .map_err(|error| self.failed("PutItem", error))?;
        Ok(())
    }
}

impl DeleteConnection for DynamoDbConnections {
    async fn delete(&self, id: &ConnectionId) -> Result<Option<Member>, StoreError> {
        let output = self
            .client
            .delete_item()
            .table_name(&self.table)
            .key(CONNECTION_ID, key(id))
            .return_values(ReturnValue::AllOld)
            .send()
            .await
            .map_err(|error| self.failed("DeleteItem", error))?;
        Ok(output.attributes().map(member))
    }
}

impl FindConnection for DynamoDbConnections {
    async fn find(&self, id: &ConnectionId) -> Result<Option<Member>, StoreError> {
        let output = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(CONNECTION_ID, key(id))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| self.failed("GetItem", error))?;
        Ok(output.item().map(member))
    }
}

impl Introduce for DynamoDbConnections {
    async fn introduce(&self, id: &ConnectionId, person: &Person) -> Result<(), StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(CONNECTION_ID, key(id))
            .condition_expression(format!("attribute_exists({CONNECTION_ID})"))
            .expression_attribute_values(":person", text(person.person_id.as_str()))
            // `name` is a reserved word.
            .expression_attribute_names("#name", NAME);
        let update = match &person.name {
            Some(name) => update
                .update_expression(format!("SET {PERSON_ID} = :person, #name = :name"))
                .expression_attribute_values(":name", text(name.as_str())),
            None => update.update_expression(format!("SET {PERSON_ID} = :person REMOVE #name")),
        };
        match update.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(self.failed("UpdateItem", error)),
            },
        }
    }
}

impl ListRoom for DynamoDbConnections {
    async fn room_page(
        &self,
        room: &RoomName,
        limit: u16,
        after: Option<ConnectionId>,
    ) -> Result<Page, StoreError> {
        let room = text(room.as_str());
        let start = after.map(|id| item([(CONNECTION_ID, key(&id)), (ROOM, room.clone())]));
        let output = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(ROOM_INDEX)
            .key_condition_expression(format!("{ROOM} = :room"))
            .expression_attribute_values(":room", room)
            .limit(i32::from(limit))
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(|error| self.failed("Query", error))?;
        Ok(page(output.items(), output.last_evaluated_key()))
    }
}

impl ListConnections for DynamoDbConnections {
    /// Reads consistently, at twice the price: from a replica that lags behind, a new connection could be missing.
    async fn page(&self, limit: u16, after: Option<ConnectionId>) -> Result<Page, StoreError> {
        let output = self
            .client
            .scan()
            .table_name(&self.table)
            .consistent_read(true)
            .projection_expression(format!(
                "{CONNECTION_ID}, {CONNECTED_AT}, {TOKEN_EXPIRES_AT}"
            ))
            .limit(i32::from(limit))
            .set_exclusive_start_key(after.map(|id| item([(CONNECTION_ID, key(&id))])))
            .send()
            .await
            .map_err(|error| self.failed("Scan", error))?;
        Ok(page(output.items(), output.last_evaluated_key()))
    }
}

/// Rows of connections that were opened before rooms existed have no room: they are in the main room.
fn member(item: &Item) -> Member {
    let room = string(item, ROOM).and_then(|room| RoomName::parse(room).ok());
    Member {
        room: room.unwrap_or_default(),
        person: person(item),
    }
}

fn person(item: &Item) -> Option<Person> {
    Some(Person {
        person_id: PersonId::new(string(item, PERSON_ID)?),
        name: string(item, NAME).and_then(|name| PersonName::parse(name).ok()),
    })
}

fn key(id: &ConnectionId) -> AttributeValue {
    text(id.as_str())
}

fn connection_id(item: &Item) -> Option<ConnectionId> {
    string(item, CONNECTION_ID).map(ConnectionId::new)
}

fn page(items: &[Item], last_key: Option<&Item>) -> Page {
    Page {
        rows: items.iter().filter_map(listed).collect(),
        next: last_key.and_then(connection_id),
    }
}

/// `None` only for an item without the table's key, which DynamoDB does not allow.
fn listed(item: &Item) -> Option<Listed> {
    Some(Listed {
        connection_id: connection_id(item)?,
        connected_at: string(item, CONNECTED_AT).and_then(|at| at.parse().ok()),
        token_expires_at: parsed(item, TOKEN_EXPIRES_AT),
        person: person(item),
    })
}
