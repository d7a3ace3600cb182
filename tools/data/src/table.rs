//! Reads and writes the items of a messages table.

use std::collections::HashMap;

use anyhow::{Context as _, Result, ensure};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{Credentials, Region, SharedCredentialsProvider};
use aws_sdk_dynamodb::types::{AttributeValue, KeySchemaElement, ReturnValue, TableDescription};
use papo_lambdas::message_log::dynamodb::DynamoDbMessageLog;
use papo_protocol::{RoomName, Seq};

/// An item, or the key of one.
pub type Item = HashMap<String, AttributeValue>;

/// A messages table.
#[derive(Clone, Debug)]
pub struct MessagesTable {
    client: Client,
    name: String,
}

/// A DynamoDB client: of AWS with the credentials and Region of the environment, or of the local gateway at `endpoint`, which
/// does not verify credentials.
pub async fn client(endpoint: Option<&str>) -> Client {
    let config = papo_lambdas::aws::config().await;
    let Some(endpoint) = endpoint else {
        return Client::from_conf(papo_lambdas::aws::store_config(&config));
    };
    let local = Credentials::new("local", "local", None, None, "local gateway");
    let config = config
        .into_builder()
        .endpoint_url(endpoint)
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(local))
        .build();
    Client::from_conf(papo_lambdas::aws::store_config(&config))
}

impl MessagesTable {
    /// Opens the table `name`.
    ///
    /// # Errors
    ///
    /// If there is no such table, or its keys are not those of a messages table.
    pub async fn open(client: Client, name: &str) -> Result<Self> {
        let described = client.describe_table().table_name(name).send().await;
        let described = described.with_context(|| {
            format!("cannot read table {name}; check --stage or the table's name, the Region and the credentials")
        })?;
        let schema = described.table().map(TableDescription::key_schema);
        let keys = schema
            .unwrap_or_default()
            .iter()
            .map(KeySchemaElement::attribute_name);
        ensure!(
            keys.eq(["room", "seq"]),
            "table {name} is not a messages table: its keys are not room and seq"
        );
        let name = name.to_owned();
        Ok(Self { client, name })
    }

    /// The table's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The message log that is stored in it.
    pub fn log(&self) -> DynamoDbMessageLog {
        DynamoDbMessageLog::new(self.client.clone(), &self.name)
    }

    /// Calls `each` with every item that `filter` accepts, in no particular order.
    ///
    /// `filter` is a filter expression, and the values that it names.
    ///
    /// # Errors
    ///
    /// If the table cannot be read.
    pub async fn scan(
        &self,
        filter: Option<(&str, Item)>,
        mut each: impl FnMut(Item),
    ) -> Result<()> {
        let (expression, values) = filter.unzip();
        let mut items = self
            .client
            .scan()
            .table_name(&self.name)
            .consistent_read(true)
            .set_filter_expression(expression.map(str::to_owned))
            .set_expression_attribute_values(values)
            .into_paginator()
            .items()
            .send();
        while let Some(item) = items.next().await {
            each(item.with_context(|| format!("cannot read table {}", self.name))?);
        }
        Ok(())
    }

    /// The rooms that have a log, and their heads, by name.
    ///
    /// # Errors
    ///
    /// If the table cannot be read.
    pub async fn rooms(&self) -> Result<Vec<(RoomName, Seq)>> {
        let mut rooms = Vec::new();
        let values = HashMap::from([(":zero".to_owned(), number(0))]);
        let heads = "seq = :zero AND attribute_exists(epoch)";
        self.scan(Some((heads, values)), |item| {
            rooms.extend(room(&item).zip(parsed(&item, "head")));
        })
        .await?;
        rooms.sort();
        Ok(rooms)
    }

    /// Writes an item; replaces the one with the same key.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub async fn put(&self, item: Item) -> Result<()> {
        let put = self.client.put_item().table_name(&self.name);
        let put = put.set_item(Some(item)).send().await;
        put.with_context(|| format!("cannot write to table {}", self.name))?;
        Ok(())
    }

    /// Deletes the item with this key, if there is one.
    ///
    /// # Errors
    ///
    /// If it cannot be deleted.
    pub async fn delete(&self, room: &str, seq: Seq) -> Result<()> {
        let delete = self.client.delete_item().table_name(&self.name);
        let delete = delete.set_key(Some(key(room, seq))).send().await;
        delete.with_context(|| format!("cannot delete from table {}", self.name))?;
        Ok(())
    }

    /// Writes the head of a room's log, and returns the seq of the head that it replaces.
    pub(crate) async fn put_head(&self, room: &RoomName, epoch: &str, head: Seq) -> Result<Seq> {
        let mut item = key(room.as_str(), 0);
        item.insert("epoch".to_owned(), AttributeValue::S(epoch.to_owned()));
        item.insert("head".to_owned(), number(head));
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item))
            .return_values(ReturnValue::AllOld)
            .send()
            .await
            .with_context(|| format!("cannot write to table {}", self.name))?;
        let before = put.attributes.and_then(|before| parsed(&before, "head"));
        Ok(before.unwrap_or(0))
    }

    /// Removes an attribute of an item that exists.
    pub(crate) async fn remove_attribute(
        &self,
        room: &str,
        seq: Seq,
        attribute: &str,
    ) -> Result<()> {
        self.client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key(room, seq)))
            .update_expression("REMOVE #attribute")
            .condition_expression("attribute_exists(room)")
            .expression_attribute_names("#attribute", attribute)
            .send()
            .await
            .with_context(|| format!("cannot write to table {}", self.name))?;
        Ok(())
    }

    /// The items of a room with seqs in `seqs`, in order.
    ///
    /// # Errors
    ///
    /// If the table cannot be read.
    pub async fn items(
        &self,
        room: &RoomName,
        seqs: std::ops::RangeInclusive<Seq>,
    ) -> Result<Vec<Item>> {
        if seqs.is_empty() {
            return Ok(Vec::new());
        }
        let items = self
            .client
            .query()
            .table_name(&self.name)
            .consistent_read(true)
            .key_condition_expression("room = :room AND seq BETWEEN :first AND :last")
            .expression_attribute_values(":room", AttributeValue::S(room.as_str().to_owned()))
            .expression_attribute_values(":first", number(*seqs.start()))
            .expression_attribute_values(":last", number(*seqs.end()))
            .into_paginator()
            .items()
            .send();
        let items = items.try_collect().await;
        items.with_context(|| format!("cannot read table {}", self.name))
    }
}

/// The key of an item.
fn key(room: &str, seq: Seq) -> Item {
    HashMap::from([
        ("room".to_owned(), AttributeValue::S(room.to_owned())),
        ("seq".to_owned(), number(seq)),
    ])
}

/// The room of an item. `None` for items that belong to no room, such as counters.
pub(crate) fn room(item: &Item) -> Option<RoomName> {
    RoomName::parse(text(item, "room")?).ok()
}

/// A text attribute.
pub(crate) fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// A number attribute.
pub(crate) fn parsed<T: std::str::FromStr>(item: &Item, name: &str) -> Option<T> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

fn number(value: Seq) -> AttributeValue {
    AttributeValue::N(value.to_string())
}
