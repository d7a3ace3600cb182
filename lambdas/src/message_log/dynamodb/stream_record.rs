//! Records of the messages table's stream.
//!
//! Format: "Using AWS Lambda with Amazon DynamoDB" in the Lambda Developer Guide. The attributes of an item have the JSON
//! form of DynamoDB's API.

use aws_sdk_dynamodb::types::AttributeValue;
use papo_protocol::{LogEntry, RoomName, Seq};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::item;
use crate::aws::attributes::Item;
use crate::message_log::Entry;

/// The attribute that marks an entry as restored from a backup. It was said long ago, so it is not broadcast.
pub const RESTORED: &str = "restored";

/// What Lambda invokes a reader of the stream with.
#[derive(Clone, Debug, Deserialize)]
pub struct StreamEvent {
    /// The changes, in order for each room.
    #[serde(rename = "Records")]
    pub records: Vec<StreamRecord>,
}

/// A change of an item.
#[derive(Clone, Debug, Deserialize)]
pub struct StreamRecord {
    dynamodb: Change,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Change {
    sequence_number: String,
    #[serde(default)]
    new_image: Map<String, Value>,
}

impl StreamEvent {
    /// An event with these records.
    pub fn new(records: impl IntoIterator<Item = StreamRecord>) -> Self {
        Self {
            records: records.into_iter().collect(),
        }
    }
}

impl StreamRecord {
    /// The record of an entry that was appended as `seq`, for simulations.
    pub fn new(sequence_number: String, room: &RoomName, seq: Seq, entry: LogEntry) -> Self {
        let item = item::of_entry(room, &Entry::new(seq, entry, i64::MAX));
        let image = item.iter().map(|(name, value)| (name.clone(), json(value)));
        Self {
            dynamodb: Change {
                sequence_number,
                new_image: image.collect(),
            },
        }
    }

    /// Identifies the record in the stream, and in the response to Lambda.
    pub fn sequence_number(&self) -> &str {
        &self.dynamodb.sequence_number
    }

    /// The entry that was appended, and its room. `None` for every other item, for an entry that was [`RESTORED`], and for one that
    /// is malformed.
    pub fn entry(&self) -> Option<(RoomName, LogEntry)> {
        let image = &self.dynamodb.new_image;
        if image.contains_key(RESTORED) {
            return None;
        }
        let image: Item = image
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), attribute(value)?)))
            .collect();
        let entry = item::entry(&image)?;
        Some((item::room(&image)?, entry.into_content()))
    }
}

/// An attribute of one of the types that entries have.
fn attribute(value: &Value) -> Option<AttributeValue> {
    let (kind, value) = value.as_object()?.iter().next()?;
    Some(match kind.as_str() {
        "S" => AttributeValue::S(value.as_str()?.to_owned()),
        "N" => AttributeValue::N(value.as_str()?.to_owned()),
        "BOOL" => AttributeValue::Bool(value.as_bool()?),
        "L" => AttributeValue::L(value.as_array()?.iter().filter_map(attribute).collect()),
        _ => return None,
    })
}

/// The reverse of [`attribute`].
fn json(attribute: &AttributeValue) -> Value {
    match attribute {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::Bool(value) => json!({ "BOOL": value }),
        AttributeValue::L(list) => json!({ "L": list.iter().map(json).collect::<Vec<_>>() }),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use papo_protocol::{ChangeEntry, ChangeKind, ConnectionId, Message, MessageId, PersonId};

    use super::*;

    #[test]
    fn an_entry_is_readable_although_its_name_is_no_longer_valid() {
        let message = Message::new(ConnectionId::new("a="), MessageId::new("m="), 7, "oi");
        let room = RoomName::default();
        let mut record = StreamRecord::new("s-1".to_owned(), &room, 3, message.clone().into());
        let image = &mut record.dynamodb.new_image;
        image.insert("name".to_owned(), json!({ "S": "A\u{202e}na" }));
        let (_, entry) = record.entry().unwrap();
        assert_eq!(entry.name(), None);
        let LogEntry::Message(read) = entry else {
            panic!("not a message: {entry:?}");
        };
        assert_eq!(read.message, message.message);
    }

    #[test]
    fn a_restored_entry_is_not_broadcast() {
        let message = Message::new(ConnectionId::new("a="), MessageId::new("m="), 7, "oi");
        let room = RoomName::default();
        let mut record = StreamRecord::new("s-1".to_owned(), &room, 3, message.into());
        assert!(record.entry().is_some());
        let image = &mut record.dynamodb.new_image;
        image.insert(RESTORED.to_owned(), json!({ "BOOL": true }));
        assert_eq!(record.entry(), None);
    }

    #[test]
    fn a_record_has_the_entry_that_it_was_made_of() {
        let mut message = Message::new(
            ConnectionId::new("a="),
            MessageId::new("m="),
            7,
            "ol\u{e1} \"x\"",
        );
        message.seq = Some(3);
        let mut deletion = ChangeEntry::new(ChangeKind::Delete, 3, 8, PersonId::new("p"));
        deletion.seq = 4;
        let room = RoomName::default();
        for entry in [LogEntry::from(message), LogEntry::from(deletion)] {
            let seq = entry.seq().unwrap();
            let record = StreamRecord::new("s-1".to_owned(), &room, seq, entry.clone());
            assert_eq!(record.sequence_number(), "s-1");
            assert_eq!(record.entry(), Some((room.clone(), entry)));
        }
    }
}
