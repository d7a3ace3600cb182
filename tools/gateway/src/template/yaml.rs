//! YAML as templates use it: every node knows its line, scalars keep their text, and the short tags (`!Ref X`) are turned
//! into the long form (`{"Ref": X}`), so that the rest of the reader meets one spelling only.
//!
//! Aliases and merge keys (`<<`) are resolved, as `sam` does before it deploys. A duplicate key and a second document are
//! refused (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html>).

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

/// Deepest nesting. Each level costs a stack frame wherever the tree is walked.
const MAX_DEPTH: usize = 64;
/// Most nodes that aliases may add; a few nested aliases would otherwise fill the memory.
const MAX_ALIASED: usize = 100_000;

/// One node of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    /// Line of its first character, counted from 1.
    pub(crate) line: usize,
    pub(crate) value: Value,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// Text as written; `plain` when unquoted, so that `5` may be a number and `"5"` may not.
    Scalar {
        text: String,
        plain: bool,
    },
    Sequence(Vec<Node>),
    Mapping(Vec<Entry>),
}

/// A key and what it maps to, in the order of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) line: usize,
    pub(crate) node: Node,
}

impl Node {
    /// The kind of node, for messages.
    pub(crate) fn kind(&self) -> String {
        match &self.value {
            Value::Scalar { text, .. } => format!("{text:?}"),
            Value::Sequence(_) => "a list".to_owned(),
            Value::Mapping(entries) => match entries.as_slice() {
                [only] if only.key == "Ref" || only.key.starts_with("Fn::") => {
                    format!("the intrinsic {}", only.key)
                }
                _ => "a mapping".to_owned(),
            },
        }
    }

    /// The entry with this key, when the node is a mapping.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        match &self.value {
            Value::Mapping(entries) => entries
                .iter()
                .find(|entry| entry.key == key)
                .map(|entry| &entry.node),
            _ => None,
        }
    }

    /// Whether the node is `!Ref AWS::NoValue`, which stands for an absent value.
    pub(crate) fn is_nothing(&self) -> bool {
        self.get("Ref").and_then(Node::text) == Some("AWS::NoValue")
    }

    /// The text, when the node is a scalar.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    fn depth(&self) -> usize {
        let deepest = match &self.value {
            Value::Scalar { .. } => return 0,
            Value::Sequence(items) => items.iter().map(Node::depth).max(),
            Value::Mapping(entries) => entries.iter().map(|entry| entry.node.depth()).max(),
        };
        1 + deepest.unwrap_or(0)
    }

    fn count(&self) -> usize {
        1 + match &self.value {
            Value::Scalar { .. } => 0,
            Value::Sequence(items) => items.iter().map(Node::count).sum(),
            Value::Mapping(entries) => entries.iter().map(|entry| entry.node.count()).sum(),
        }
    }
}

/// Reads one document.
///
/// # Errors
/// The line and a sentence, for text that is not YAML, or YAML that cannot be a template.
pub(crate) fn read(source: &str) -> Result<Node, (usize, String)> {
    let mut tree = Tree::default();
    for event in Parser::new_from_str(source.trim_start_matches('\u{feff}')) {
        let (event, span) =
            event.map_err(|error| (error.marker().line(), error.info().to_owned()))?;
        tree.take(event, span.start.line())?;
    }
    tree.document.ok_or((1, "the file is empty".to_owned()))
}

/// A collection that is still being read.
struct Open {
    line: usize,
    tag: Option<String>,
    value: Value,
    /// The key whose value comes next; only in mappings.
    key: Option<(String, usize)>,
    anchor: usize,
}

#[derive(Default)]
struct Tree {
    open: Vec<Open>,
    document: Option<Node>,
    /// Nodes with an anchor, by the parser's number for it; 0 means no anchor.
    anchors: HashMap<usize, Node>,
    /// Nodes that aliases have added so far.
    aliased: usize,
}

impl Tree {
    fn take(&mut self, event: Event<'_>, line: usize) -> Result<(), (usize, String)> {
        match event {
            Event::Alias(anchor) => match self.anchors.get(&anchor).cloned() {
                Some(node) => {
                    self.aliased += node.count();
                    if self.aliased > MAX_ALIASED || self.open.len() + node.depth() > MAX_DEPTH {
                        return Err((line, "the aliases make the document too large".to_owned()));
                    }
                    self.add(node, 0)
                }
                None => Err((
                    line,
                    "an alias cannot stand within its own anchor".to_owned(),
                )),
            },
            Event::Scalar(text, style, anchor, tag) => {
                let value = Value::Scalar {
                    text: text.into_owned(),
                    plain: style == ScalarStyle::Plain,
                };
                self.add(tagged(line, tag_name(tag.as_deref()), value), anchor)
            }
            Event::SequenceStart(anchor, tag) => {
                self.begin(line, tag.as_deref(), Value::Sequence(Vec::new()), anchor)
            }
            Event::MappingStart(anchor, tag) => {
                self.begin(line, tag.as_deref(), Value::Mapping(Vec::new()), anchor)
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(done) => {
                    let value = match done.value {
                        Value::Mapping(entries) => Value::Mapping(merged(entries)),
                        other => other,
                    };
                    self.add(tagged(done.line, done.tag, value), done.anchor)
                }
                None => Ok(()),
            },
            Event::DocumentStart(_) if self.document.is_some() => Err((
                line,
                "a file holds one template; found a second document".to_owned(),
            )),
            _ => Ok(()),
        }
    }

    fn begin(
        &mut self,
        line: usize,
        tag: Option<&Tag>,
        value: Value,
        anchor: usize,
    ) -> Result<(), (usize, String)> {
        if self.open.len() >= MAX_DEPTH {
            return Err((line, format!("nested deeper than {MAX_DEPTH} levels")));
        }
        self.open.push(Open {
            line,
            tag: tag_name(tag),
            value,
            key: None,
            anchor,
        });
        Ok(())
    }

    fn add(&mut self, node: Node, anchor: usize) -> Result<(), (usize, String)> {
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(parent) = self.open.last_mut() else {
            self.document = Some(node);
            return Ok(());
        };
        match &mut parent.value {
            Value::Sequence(items) => items.push(node),
            Value::Mapping(entries) => {
                if let Some((key, line)) = parent.key.take() {
                    entries.push(Entry { key, line, node });
                } else {
                    parent.key = Some((key_of(&node, entries)?, node.line));
                }
            }
            Value::Scalar { .. } => {}
        }
        Ok(())
    }
}

/// The text of a key that the mapping does not have yet.
fn key_of(node: &Node, entries: &[Entry]) -> Result<String, (usize, String)> {
    let Value::Scalar { text, .. } = &node.value else {
        return Err((node.line, "a key must be text".to_owned()));
    };
    if *text != MERGE && entries.iter().any(|entry| entry.key == *text) {
        return Err((node.line, format!("duplicate key {text}")));
    }
    Ok(text.clone())
}

/// The key whose mappings are merged into the mapping around it (<https://yaml.org/type/merge.html>).
const MERGE: &str = "<<";

/// The entries, with those of merged mappings behind the mapping's own.
fn merged(entries: Vec<Entry>) -> Vec<Entry> {
    if entries.iter().all(|entry| entry.key != MERGE) {
        return entries;
    }
    let (merges, mut own): (Vec<_>, Vec<_>) =
        entries.into_iter().partition(|entry| entry.key == MERGE);
    for merge in merges {
        let mappings = match merge.node.value {
            Value::Sequence(mappings) => mappings,
            _ => vec![merge.node],
        };
        for mapping in mappings {
            if let Value::Mapping(entries) = mapping.value {
                for entry in entries {
                    if own.iter().all(|present| present.key != entry.key) {
                        own.push(entry);
                    }
                }
            }
        }
    }
    own
}

/// `Ref` for the local tag `!Ref`, `None` for YAML's own types (`!!str`).
fn tag_name(tag: Option<&Tag>) -> Option<String> {
    tag.filter(|tag| !tag.is_yaml_core_schema())
        .map(|tag| tag.suffix.clone())
}

/// The long form of a tagged node. `!GetAtt A.b` and `!GetAtt [A, b]` both stay what follows the tag.
fn tagged(line: usize, tag: Option<String>, value: Value) -> Node {
    let node = Node { line, value };
    let Some(tag) = tag else { return node };
    let key = match tag.as_str() {
        "Ref" | "Condition" => tag,
        _ => format!("Fn::{tag}"),
    };
    Node {
        line,
        value: Value::Mapping(vec![Entry { key, line, node }]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(source: &str, line: usize, words: &str) {
        match read(source) {
            Err((found, message)) => {
                assert!(
                    message.contains(words),
                    "{message:?} does not say {words:?}"
                );
                assert_eq!(found, line, "{message}");
            }
            Ok(node) => panic!("accepted as {node:?}"),
        }
    }

    #[test]
    fn short_tags_become_the_long_form() {
        let short = read("a: !Sub x\nb: !GetAtt F.Arn\nc: !Ref R\n").unwrap();
        let long = read("a:\n Fn::Sub: x\n").unwrap();
        let sub = short.get("a").unwrap();
        assert_eq!(sub.get("Fn::Sub").and_then(Node::text), Some("x"));
        assert_eq!(
            long.get("a").unwrap().get("Fn::Sub").and_then(Node::text),
            Some("x")
        );
        assert_eq!(
            short
                .get("b")
                .unwrap()
                .get("Fn::GetAtt")
                .and_then(Node::text),
            Some("F.Arn")
        );
        assert_eq!(
            short.get("c").unwrap().get("Ref").and_then(Node::text),
            Some("R")
        );
    }

    #[test]
    fn nodes_know_their_line_and_whether_they_are_quoted() {
        let node = read("a: 5\nb:\n  c: \"5\"\n").unwrap();
        assert_eq!(
            node.get("a").unwrap().value,
            Value::Scalar {
                text: "5".into(),
                plain: true
            }
        );
        let c = node.get("b").unwrap().get("c").unwrap();
        assert_eq!(
            (c.line, &c.value),
            (
                3,
                &Value::Scalar {
                    text: "5".into(),
                    plain: false
                }
            )
        );
    }

    #[test]
    fn json_is_a_template_too() {
        let node = read(r#"{"Resources": {"A": {"Type": "T"}}}"#).unwrap();
        assert_eq!(
            node.get("Resources")
                .unwrap()
                .get("A")
                .unwrap()
                .get("Type")
                .and_then(Node::text),
            Some("T")
        );
    }

    #[test]
    fn aliases_and_merge_keys_are_resolved() {
        let source = "a: &x { n: 1, m: 2 }\nb: *x\nc:\n  <<: *x\n  n: 3\n";
        let node = read(source).unwrap();
        let text = |path: [&str; 2]| node.get(path[0])?.get(path[1])?.text();
        assert_eq!(text(["b", "n"]), Some("1"));
        assert_eq!((text(["c", "n"]), text(["c", "m"])), (Some("3"), Some("2")));
    }

    #[test]
    fn aliases_that_multiply_are_refused() {
        let nested = (1..10).map(|n| {
            format!(
                "a{n}: &a{n} [{}]\n",
                vec![format!("*a{}", n - 1); 10].join(", ")
            )
        });
        let bomb = format!("a0: &a0 [x, x]\n{}", nested.collect::<String>());
        let (_, message) = read(&bomb).unwrap_err();
        assert!(message.contains("too large"), "{message}");
        refused("a: &x [*x]\n", 1, "its own anchor");
    }

    #[test]
    fn what_cannot_be_a_template_is_refused() {
        refused("", 1, "empty");
        refused("a: 1\nb: 2\na: 3\n", 3, "duplicate key a");
        refused("a: 1\n---\nb: 2\n", 2, "second document");
        refused("? [a]\n: 1\n", 1, "a key must be text");
        refused(&"[".repeat(100), 1, "nested deeper");
        refused(&"[".repeat(10_000), 1, "");
        refused("a: [1, 2\nb: 3\n", 2, "");
        refused("a: \"cut off", 1, "");
    }

    proptest::proptest! {
        #[test]
        fn the_reader_never_panics(source in ".{0,200}") {
            let _ = read(&source);
        }
    }
}
