//! Builds the tree of nodes from the parser's events.

use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Tag};

use super::{
    Entry, Node, Value,
    explain::{explain, quoting},
    relaxed::Relaxed,
};

/// Maximum depth of nesting. Each level costs a stack frame wherever the tree is walked.
const MAX_DEPTH: usize = 64;
/// Maximum number of nodes that aliases may add; a few nested aliases would otherwise fill the memory.
const MAX_ALIASED: usize = 100_000;

/// The parser's own message when its limit is lower.
const RECURSION: &str = "recursion limit exceeded";

fn too_deep() -> String {
    format!("nested deeper than {MAX_DEPTH} levels")
}

/// Reads one document.
pub(crate) fn read(source: &str) -> Result<Node, (usize, String)> {
    let (document, duplicates) = read_with_duplicates(source)?;
    match duplicates.into_iter().next() {
        Some((line, key)) => Err((line, format!("duplicate key {key}"))),
        None => Ok(document),
    }
}

/// A key that its mapping has already, and its line.
pub(crate) type Duplicate = (usize, String);

/// Reads one document in which the last of several entries with the same key counts, as CloudFormation reads it. Returns the
/// duplicate keys too.
pub(crate) fn read_with_duplicates(
    source: &str,
) -> Result<(Node, Vec<Duplicate>), (usize, String)> {
    let source = source.trim_start_matches('\u{feff}');
    let first = match attempt(source) {
        Ok(read) => return Ok(read),
        Err(Failure::Content(line, message)) => return Err((line, message)),
        Err(Failure::Syntax(error)) => error,
    };
    let mut relaxed = Relaxed::new(source);
    let mut last = first.clone();
    while let Some(indented) = relaxed.without(&last) {
        match attempt(&indented) {
            Ok(read) => return Ok(read),
            Err(Failure::Content(line, message)) => return Err((line, message)),
            Err(Failure::Syntax(error)) => last = error,
        }
    }
    let error = if relaxed.has_quotes() { first } else { last };
    let (line, rule) = (error.marker().line(), error.info());
    if rule == RECURSION {
        return Err((line, too_deep()));
    }
    let column = relaxed.column(line, error.marker().col());
    Err(explain(source, line, column, rule))
}

/// Why a document cannot be read.
enum Failure {
    Syntax(ScanError),
    /// The line and the message.
    Content(usize, String),
}

fn attempt(source: &str) -> Result<(Node, Vec<Duplicate>), Failure> {
    let mut tree = Tree::default();
    for event in Parser::new_from_str(source) {
        let (event, span) = event.map_err(Failure::Syntax)?;
        tree.take(event, span.start.line())
            .map_err(|(line, message)| {
                let text = source.lines().nth(line - 1).unwrap_or_default();
                match quoting(text).filter(|_| message == KEY) {
                    Some(remedy) => {
                        Failure::Content(line, format!("{message}, `{}`: {remedy}", text.trim()))
                    }
                    None => Failure::Content(line, message),
                }
            })?;
    }
    let empty = || Failure::Content(1, "the file is empty".to_owned());
    let document = tree.document.ok_or_else(empty)?;
    Ok((document, tree.duplicates))
}

/// A collection that is still being read.
struct Open {
    line: usize,
    tag: Option<String>,
    value: Value,
    /// The key whose value comes next; only in mappings.
    key: Option<(String, usize)>,
    /// The keys so far; only in mappings.
    keys: HashSet<String>,
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
    duplicates: Vec<Duplicate>,
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
            return Err((line, too_deep()));
        }
        self.open.push(Open {
            line,
            tag: tag_name(tag),
            value,
            key: None,
            keys: HashSet::new(),
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
                    if key != MERGE && !parent.keys.insert(key.clone()) {
                        self.duplicates.push((line, key.clone()));
                        entries.retain(|entry| entry.key != key);
                    }
                    entries.push(Entry { key, line, node });
                } else {
                    parent.key = Some((key_of(&node)?, node.line));
                }
            }
            Value::Scalar { .. } => {}
        }
        Ok(())
    }
}

const KEY: &str = "a key must be text";

fn key_of(node: &Node) -> Result<String, (usize, String)> {
    match &node.value {
        Value::Scalar { text, .. } => Ok(text.clone()),
        _ => Err((node.line, KEY.to_owned())),
    }
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
    super::nodes::intrinsic(line, &key, node)
}
