//! Records of the messages table's stream.
//!
//! Format: "Using AWS Lambda with Amazon DynamoDB" in the Lambda Developer Guide. The attributes of an item have the JSON
//! form of DynamoDB's API.

use aws_sdk_dynamodb::types::AttributeValue;
use papo_protocol::{LogEntry, RoomName};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::item::{self, Item};

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

impl StreamRecord {
    /// Identifies the record in the stream, and in the response to Lambda.
    pub fn sequence_number(&self) -> &str {
        &self.dynamodb.sequence_number
    }

    /// The entry that was appended, and its room. `None` for every other item, and for one that is malformed.
    pub fn entry(&self) -> Option<(RoomName, LogEntry)> {
        let image = &self.dynamodb.new_image;
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
