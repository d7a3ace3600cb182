//! Messages as clients and functions see them, with the digests that SDKs verify.

use serde_json::{Map, Value as Json, json};

use crate::template::resolve::{ACCOUNT, REGION, queue_arn};

/// A message on its way to a receiver.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Received {
    pub(crate) id: String,
    pub(crate) receipt: String,
    pub(crate) body: String,
    pub(crate) attributes: Map<String, Json>,
    pub(crate) sent_at: i64,
    pub(crate) first_received_at: i64,
    pub(crate) receive_count: u32,
    pub(crate) group: Option<String>,
    pub(crate) deduplication: Option<String>,
    pub(crate) sequence: Option<String>,
}

pub(crate) fn md5(bytes: &[u8]) -> String {
    format!("{:x}", md5::compute(bytes))
}

/// The digest of message attributes
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html>): each part after
/// its length, in the order of names.
pub(super) fn md5_of_attributes(attributes: &Map<String, Json>) -> Option<String> {
    if attributes.is_empty() {
        return None;
    }
    let mut names: Vec<_> = attributes.keys().collect();
    names.sort();
    let mut bytes = Vec::new();
    let mut part = |kind: Option<u8>, part: &[u8]| {
        bytes.extend(kind);
        let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
        bytes.extend(length.to_be_bytes());
        bytes.extend_from_slice(part);
    };
    for name in names {
        let attribute = &attributes[name];
        let data_type = attribute["DataType"].as_str().unwrap_or_default();
        part(None, name.as_bytes());
        part(None, data_type.as_bytes());
        // A byte tells texts from binaries.
        if let Some(text) = attribute["StringValue"].as_str() {
            part(Some(1), text.as_bytes());
        } else {
            let binary = attribute["BinaryValue"].as_str().unwrap_or_default();
            let binary = data_encoding::BASE64.decode(binary.as_bytes());
            part(Some(2), &binary.unwrap_or_default());
        }
    }
    Some(md5(&bytes))
}

/// The attributes that SQS gives a message.
fn system_attributes(message: &Received) -> Map<String, Json> {
    let mut attributes = Map::new();
    let first_received = message.first_received_at.to_string();
    for (name, value) in [
        ("ApproximateFirstReceiveTimestamp", Some(first_received)),
        (
            "ApproximateReceiveCount",
            Some(message.receive_count.to_string()),
        ),
        ("SenderId", Some(ACCOUNT.to_owned())),
        ("SentTimestamp", Some(message.sent_at.to_string())),
        ("MessageDeduplicationId", message.deduplication.clone()),
        ("MessageGroupId", message.group.clone()),
        ("SequenceNumber", message.sequence.clone()),
    ] {
        attributes.extend(value.map(|value| (name.to_owned(), Json::from(value))));
    }
    attributes
}

/// A message in the response to `ReceiveMessage`, with the requested attributes.
pub(super) fn for_client(message: &Received, system: &[String], own: &[String]) -> Json {
    let asked = |asked: &[String], name: &str| {
        asked.iter().any(|wanted| {
            let prefix = wanted
                .strip_suffix(".*")
                .or_else(|| wanted.strip_suffix('*'));
            wanted == name
                || wanted == "All"
                || prefix.is_some_and(|prefix| name.starts_with(prefix))
        })
    };
    let mut result = json!({
        "MessageId": message.id,
        "ReceiptHandle": message.receipt,
        "MD5OfBody": md5(message.body.as_bytes()),
        "Body": message.body,
    });
    let mut attributes = system_attributes(message);
    attributes.retain(|name, _| asked(system, name));
    if !attributes.is_empty() {
        result["Attributes"] = attributes.into();
    }
    let mut attributes = message.attributes.clone();
    attributes.retain(|name, _| asked(own, name));
    if let Some(digest) = md5_of_attributes(&attributes) {
        result["MD5OfMessageAttributes"] = digest.into();
        result["MessageAttributes"] = attributes.into();
    }
    result
}

/// A message in the event of a function (<https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html>).
pub(crate) fn for_function(message: &Received, queue: &str) -> Json {
    let attributes: Map<String, Json> = message
        .attributes
        .iter()
        .map(|(name, attribute)| {
            let mut value = json!({
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": attribute["DataType"],
            });
            for (from, to) in [
                ("StringValue", "stringValue"),
                ("BinaryValue", "binaryValue"),
            ] {
                if !attribute[from].is_null() {
                    value[to] = attribute[from].clone();
                }
            }
            (name.clone(), value)
        })
        .collect();
    json!({
        "messageId": message.id,
        "receiptHandle": message.receipt,
        "body": message.body,
        "attributes": system_attributes(message),
        "messageAttributes": attributes,
        "md5OfBody": md5(message.body.as_bytes()),
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn(queue),
        "awsRegion": REGION,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_follow_the_documented_rules() {
        assert_eq!(md5(b"hello"), "5d41402abc4b2a76b9719d911017c592");
        let attributes = json!({"a": {"DataType": "String", "StringValue": "b"}});
        let bytes = b"\0\0\0\x01a\0\0\0\x06String\x01\0\0\0\x01b";
        let digest = md5_of_attributes(attributes.as_object().unwrap());
        assert_eq!(digest, Some(md5(bytes)));
        assert_eq!(md5_of_attributes(&Map::new()), None);
    }
}
