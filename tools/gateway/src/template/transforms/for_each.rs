//! Loops of the transform `AWS::LanguageExtensions`: `Fn::ForEach::Name: [Identifier, [a, b], { Key${Identifier}: … }]`
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html>).

use std::cell::Cell;

use serde_json::Value as Json;

use super::names;
use crate::template::{
    error::{Error, Problem},
    resolve::Resolver,
    yaml::{Entry, Node, Value},
};

/// How the key of a loop starts.
const LOOP: &str = "Fn::ForEach::";
/// The transform that a template with loops must name.
const TRANSFORM: &str = "AWS::LanguageExtensions";
/// Maximum number of entries that loops may make together: nested loops multiply, and CloudFormation allows 500 resources.
const MAX_ENTRIES: usize = 10_000;

/// Replaces the loops in conditions, resources and outputs by what they make. `resolver` knows parameters and mappings, which the
/// collections may refer to.
pub(in crate::template) fn expand(
    resolver: &Resolver<'_>,
    document: &mut Node,
) -> Result<(), Error> {
    let is_transformed = names(document, TRANSFORM);
    let Value::Mapping(sections) = &mut document.value else {
        return Ok(());
    };
    let loops = Loops {
        resolver,
        is_transformed,
        made: Cell::new(0),
    };
    for section in sections {
        if ["Conditions", "Outputs", "Resources"].contains(&section.key.as_str()) {
            loops.expand(&mut section.node)?;
        }
    }
    Ok(())
}

struct Loops<'l> {
    resolver: &'l Resolver<'l>,
    is_transformed: bool,
    /// How many entries have been made.
    made: Cell<usize>,
}

impl Loops<'_> {
    fn expand(&self, node: &mut Node) -> Result<(), Error> {
        if let Value::Mapping(entries) = &mut node.value
            && entries.iter().any(|entry| entry.key.starts_with(LOOP))
        {
            *entries = self.unrolled(std::mem::take(entries))?;
        }
        node.children_mut().try_for_each(|child| self.expand(child))
    }

    /// The entries, with those that loops make in the place of the loops.
    fn unrolled(&self, entries: Vec<Entry>) -> Result<Vec<Entry>, Error> {
        let mut unrolled: Vec<Entry> = Vec::with_capacity(entries.len());
        for entry in entries {
            if !entry.key.starts_with(LOOP) {
                unrolled.push(entry);
                continue;
            }
            for made in self.entries_of(&entry)? {
                if unrolled.iter().any(|present| present.key == made.key) {
                    let message = format!("{} makes the key {} twice", entry.key, made.key);
                    return Err(self.resolver.error(entry.line, Problem::Syntax(message)));
                }
                unrolled.push(made);
            }
        }
        Ok(unrolled)
    }

    /// The expansion of one loop.
    fn entries_of(&self, entry: &Entry) -> Result<Vec<Entry>, Error> {
        if !self.is_transformed {
            let of = format!("a template with {}", entry.key);
            let problem = Problem::missing(of, format!("Transform: {TRANSFORM}"));
            return Err(self.resolver.error(entry.line, problem));
        }
        let malformed = || {
            let wanted = "[an identifier, a list of texts, a mapping]";
            let problem = Problem::kind(&entry.key, wanted, entry.node.kind());
            self.resolver.error(entry.line, problem)
        };
        let [identifier, collection, body] = entry.node.items() else {
            return Err(malformed());
        };
        let (Some(identifier), Value::Mapping(body)) = (identifier.text(), &body.value) else {
            return Err(malformed());
        };
        let Some(Json::Array(values)) = self.resolver.json(collection)? else {
            return Err(malformed());
        };
        let mut entries = Vec::new();
        for value in values {
            let value = match value {
                Json::String(text) => text,
                scalar @ (Json::Number(_) | Json::Bool(_)) => scalar.to_string(),
                _ => return Err(malformed()),
            };
            let iteration = Iteration {
                identifier,
                value: &value,
            };
            let body: Vec<_> = body.iter().map(|entry| iteration.entry(entry)).collect();
            self.made.set(self.made.get() + body.len());
            if self.made.get() > MAX_ENTRIES {
                let message = format!("the loops make more than {MAX_ENTRIES} entries");
                return Err(self.resolver.error(entry.line, Problem::Syntax(message)));
            }
            // Loops within this one may name its identifier in their collections.
            entries.extend(self.unrolled(body)?);
        }
        Ok(entries)
    }
}

/// One value that a loop runs through.
struct Iteration<'i> {
    identifier: &'i str,
    value: &'i str,
}

impl Iteration<'_> {
    fn entry(&self, entry: &Entry) -> Entry {
        Entry {
            key: self.text(&entry.key),
            line: entry.line,
            node: self.node(&entry.node),
        }
    }

    fn node(&self, node: &Node) -> Node {
        let is_identifier = |node: &Node| node.text() == Some(self.identifier);
        let value = match &node.value {
            Value::Scalar { text, plain } => Value::Scalar {
                text: self.text(text),
                plain: *plain,
            },
            Value::Sequence(items) => {
                Value::Sequence(items.iter().map(|item| self.node(item)).collect())
            }
            Value::Mapping(entries) => match entries.as_slice() {
                [only] if only.key == "Ref" && is_identifier(&only.node) => Value::Scalar {
                    text: self.value.to_owned(),
                    plain: false,
                },
                _ => Value::Mapping(entries.iter().map(|entry| self.entry(entry)).collect()),
            },
        };
        Node {
            line: node.line,
            value,
        }
    }

    /// `${Identifier}` is replaced by the value, `&{Identifier}` by its letters and digits.
    fn text(&self, text: &str) -> String {
        let letters = || {
            let value = self.value.chars();
            value
                .filter(char::is_ascii_alphanumeric)
                .collect::<String>()
        };
        let text = text.replace(&format!("${{{}}}", self.identifier), self.value);
        let stripped = format!("&{{{}}}", self.identifier);
        if text.contains(&stripped) {
            text.replace(&stripped, &letters())
        } else {
            text
        }
    }
}
