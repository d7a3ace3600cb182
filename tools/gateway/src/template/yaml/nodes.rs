//! Builds nodes that are not in the document, at the line of what they come from.

use super::{Entry, Node, Value};

/// Text that may be a number where one is expected.
pub(crate) fn scalar(line: usize, text: &str) -> Node {
    let (text, plain) = (text.to_owned(), true);
    let value = Value::Scalar { text, plain };
    Node { line, value }
}

pub(crate) fn quoted(line: usize, text: &str) -> Node {
    let (text, plain) = (text.to_owned(), false);
    let value = Value::Scalar { text, plain };
    Node { line, value }
}

pub(crate) fn sequence(line: usize, items: Vec<Node>) -> Node {
    let value = Value::Sequence(items);
    Node { line, value }
}

pub(crate) fn mapping(line: usize, entries: Vec<Entry>) -> Node {
    let value = Value::Mapping(entries);
    Node { line, value }
}

pub(crate) fn entry(line: usize, key: &str, node: Node) -> Entry {
    let key = key.to_owned();
    Entry { key, line, node }
}

/// Entries whose values another node has under other keys: pairs of the key there and the key here.
pub(crate) fn renamed(node: &Node, keys: &[(&str, &str)]) -> impl Iterator<Item = Entry> {
    keys.iter().filter_map(|(there, here)| {
        let value = node.get(there)?;
        Some(entry(value.line, here, value.clone()))
    })
}

pub(crate) fn reference(line: usize, name: &str) -> Node {
    intrinsic(line, "Ref", scalar(line, name))
}

pub(crate) fn sub(line: usize, text: &str) -> Node {
    intrinsic(line, "Fn::Sub", scalar(line, text))
}

/// The long form of an intrinsic function.
pub(crate) fn intrinsic(line: usize, name: &str, argument: Node) -> Node {
    mapping(line, vec![entry(line, name, argument)])
}
