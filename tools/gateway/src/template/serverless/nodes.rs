//! Builds nodes of a template, at the line of `serverless.yml` that they come from.

use super::names::API;
use crate::template::yaml::{Entry, Node, Value};

pub(super) fn scalar(line: usize, text: &str) -> Node {
    let (text, plain) = (text.to_owned(), true);
    let value = Value::Scalar { text, plain };
    Node { line, value }
}

pub(super) fn quoted(line: usize, text: &str) -> Node {
    let (text, plain) = (text.to_owned(), false);
    let value = Value::Scalar { text, plain };
    Node { line, value }
}

pub(super) fn mapping(line: usize, entries: Vec<Entry>) -> Node {
    let value = Value::Mapping(entries);
    Node { line, value }
}

pub(super) fn entry(line: usize, key: &str, node: Node) -> Entry {
    let key = key.to_owned();
    Entry { key, line, node }
}

pub(super) fn reference(line: usize, name: &str) -> Node {
    mapping(line, vec![entry(line, "Ref", scalar(line, name))])
}

pub(super) fn sub(line: usize, text: &str) -> Node {
    mapping(line, vec![entry(line, "Fn::Sub", scalar(line, text))])
}

pub(super) fn sequence(line: usize, items: Vec<Node>) -> Node {
    let value = Value::Sequence(items);
    Node { line, value }
}

/// The JSON that a node holds.
pub(super) fn to_json(node: &Node) -> serde_json::Value {
    match &node.value {
        Value::Scalar { text, plain } => plain
            .then(|| serde_json::from_str(text).ok())
            .flatten()
            .unwrap_or_else(|| serde_json::Value::from(text.as_str())),
        Value::Sequence(items) => items.iter().map(to_json).collect(),
        Value::Mapping(entries) => entries
            .iter()
            .map(|entry| (entry.key.clone(), to_json(&entry.node)))
            .collect(),
    }
}

/// The property `ApiId` with the API of the document.
pub(super) fn api_id(line: usize) -> Entry {
    entry(line, "ApiId", reference(line, API))
}
