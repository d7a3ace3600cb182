//! The section `Parameters`: defaults, values from the command line, and the rules for a value.

use std::{collections::BTreeMap, path::Path};

use regex_lite::Regex;
use serde_json::Value as Json;

use super::{
    error::{Error, Problem},
    yaml::{Entry, Node, Value},
};

/// Values of all declared parameters. A parameter without a valid value is reported, and has a placeholder so that
/// reading can continue.
pub(crate) fn read(
    file: &Path,
    section: Option<&Node>,
    given: &BTreeMap<String, String>,
    problems: &mut Vec<Error>,
) -> BTreeMap<String, Json> {
    let declared: &[Entry] = match section {
        Some(Node {
            value: Value::Mapping(entries),
            ..
        }) => entries,
        _ => &[],
    };
    for found in given.keys() {
        if declared.iter().all(|entry| &entry.key != found) {
            let known = declared.iter().map(|entry| entry.key.clone()).collect();
            let line = section.map_or(1, |node| node.line);
            let found = found.clone();
            problems.push(Error::new(
                file,
                line,
                Problem::ParameterUnknown { found, known },
            ));
        }
    }
    let mut values = BTreeMap::new();
    for entry in declared {
        let value = value(file, entry, given.get(&entry.key)).unwrap_or_else(|error| {
            problems.push(error);
            placeholder(&entry.node)
        });
        values.insert(entry.key.clone(), value);
    }
    values
}

fn placeholder(declaration: &Node) -> Json {
    let first = match declaration.get("AllowedValues").map(|node| &node.value) {
        Some(Value::Sequence(allowed)) => allowed.first().and_then(Node::text),
        _ => None,
    };
    Json::from(
        first
            .or_else(|| declaration.get("MinValue")?.text())
            .unwrap_or("1"),
    )
}

fn value(file: &Path, entry: &Entry, given: Option<&String>) -> Result<Json, Error> {
    let text = |name| entry.node.get(name).and_then(Node::text);
    // The first version of the CDK passes the places of its assets when it deploys; they are beside the template here.
    let asset = || entry.key.starts_with("AssetParameters").then_some("");
    let default = || text("Default").or_else(asset);
    let Some(value) = given.map(String::as_str).or_else(default) else {
        return Err(Error::new(
            file,
            entry.line,
            Problem::ParameterUnset(entry.key.clone()),
        ));
    };
    check(&entry.node, value).map_err(|rule| {
        let wanted = text("ConstraintDescription").map_or(rule, ToOwned::to_owned);
        let of = format!("the parameter {}", entry.key);
        Error::new(
            file,
            entry.line,
            Problem::Value {
                of,
                found: value.to_owned(),
                wanted,
            },
        )
    })?;
    Ok(match text("Type") {
        Some(list) if list == "CommaDelimitedList" || list.starts_with("List<") => value
            .split(',')
            .map(|item| Json::from(item.trim()))
            .collect(),
        _ => Json::from(value),
    })
}

/// The rule that `value` breaks, as a phrase.
fn check(declaration: &Node, value: &str) -> Result<(), String> {
    let number = |name| {
        declaration
            .get(name)
            .and_then(Node::text)
            .and_then(|text| text.parse::<f64>().ok())
    };
    if let Some(pattern) = declaration.get("AllowedPattern").and_then(Node::text) {
        // CloudFormation matches the whole value. A pattern that this engine does not support is left to AWS.
        let whole = Regex::new(&format!("^(?:{pattern})$"));
        if whole.is_ok_and(|whole| !whole.is_match(value)) {
            return Err(format!("it must match {pattern}"));
        }
    }
    if let Some(Node {
        value: Value::Sequence(allowed),
        ..
    }) = declaration.get("AllowedValues")
    {
        let allowed: Vec<_> = allowed.iter().filter_map(Node::text).collect();
        if !allowed.contains(&value) {
            return Err(format!("it must be one of {}", allowed.join(", ")));
        }
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "no parameter is longer than 4,096 characters"
    )]
    let length = value.chars().count() as f64;
    if number("MinLength").is_some_and(|least| length < least)
        || number("MaxLength").is_some_and(|most| length > most)
    {
        return Err("its length is out of range".to_owned());
    }
    if declaration.get("Type").and_then(Node::text) == Some("Number") {
        let parsed: f64 = value
            .parse()
            .map_err(|_| "it must be a number".to_owned())?;
        if number("MinValue").is_some_and(|least| parsed < least)
            || number("MaxValue").is_some_and(|most| parsed > most)
        {
            return Err("it is out of range".to_owned());
        }
    }
    Ok(())
}
