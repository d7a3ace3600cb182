//! `docs/protocol.md` describes what the code does: its examples are frames that the code writes and reads, and its tables
//! list what the code knows.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};

use papo_protocol::{Action, ErrorCode, ServerFrame};
use serde_json::Value;

const DOCUMENT: &str = include_str!("../../docs/protocol.md");

/// Names of fields by the kind of the frame.
type Kinds<'a> = BTreeMap<String, BTreeSet<&'a str>>;

/// The frames of the examples that begin with `mark`.
fn examples(mark: &str) -> impl Iterator<Item = &str> {
    let blocks = DOCUMENT.split("```text\n").skip(1);
    let lines = blocks.flat_map(|block| block.split("```").next().unwrap().lines());
    lines.filter_map(move |line| line.strip_prefix(mark))
}

/// The rows of the table under a heading, each as its cells.
fn table(heading: &str) -> impl Iterator<Item = Vec<&str>> {
    let section = DOCUMENT.split(&format!("\n## {heading}\n")).nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with('|')).skip(2);
    rows.map(|row| row.split('|').skip(1).map(str::trim).collect())
}

/// The words in `code`, without what follows a name.
fn names(cell: &str) -> BTreeSet<&str> {
    let code = cell.split('`').skip(1).step_by(2);
    code.map(|name| name.split(['?', ':']).next().unwrap())
        .collect()
}

/// The fields that a table lists. Fields of `every entry` belong to the kinds that say so.
fn listed(heading: &str) -> Kinds<'_> {
    let rows: Vec<_> = table(heading).collect();
    let entry = rows.iter().find(|row| row[0] == "every entry");
    let entry = entry.map(|row| names(row[1])).unwrap_or_default();
    let kinds = rows.iter().filter(|row| row[0] != "every entry");
    let kinds = kinds.map(|row| {
        let mut fields = names(row[1]);
        if row[1].ends_with("those of every entry") {
            fields.extend(&entry);
        }
        (row[0].trim_matches('`').to_owned(), fields)
    });
    kinds.collect()
}

/// The kinds in a schema, which is made from the types: the constants that `field` may be, wherever it is in the schema.
fn known(schema: &Value, field: &str) -> BTreeSet<String> {
    let inner: Box<dyn Iterator<Item = &Value>> = match schema {
        Value::Object(members) => Box::new(members.values()),
        Value::Array(values) => Box::new(values.iter()),
        _ => return BTreeSet::new(),
    };
    let mut kinds: BTreeSet<String> = inner.flat_map(|value| known(value, field)).collect();
    let kind = schema["properties"][field]["const"].as_str();
    kinds.extend(kind.map(str::to_owned));
    kinds
}

/// Adds the fields of a frame, and those of the entries in it.
fn collect<'a>(frame: &'a Value, field: &str, shown: &mut Kinds<'a>) {
    match frame {
        Value::Object(fields) => {
            if let Some(kind) = fields.get(field).and_then(Value::as_str) {
                let names = fields.keys().map(String::as_str);
                let names = names.filter(|name| *name != field);
                shown.entry(kind.to_owned()).or_default().extend(names);
            }
            for value in fields.values() {
                collect(value, field, shown);
            }
        }
        Value::Array(values) => values.iter().for_each(|it| collect(it, field, shown)),
        _ => {}
    }
}

/// Checks that a table lists the kinds of `schema` with the fields that the examples show.
#[track_caller]
fn agree(heading: &str, mark: &str, field: &str, schema: &str) {
    let frames = examples(mark).map(|frame| serde_json::from_str(frame).unwrap());
    let frames: Vec<Value> = frames.collect();
    let mut shown = Kinds::new();
    for frame in &frames {
        collect(frame, field, &mut shown);
    }
    let listed = listed(heading);
    assert_eq!(shown, listed, "the examples, and the table of {heading}");
    let listed: BTreeSet<_> = listed.into_keys().collect();
    let schema = serde_json::from_str(schema).unwrap();
    assert_eq!(listed, known(&schema, field), "the table, and the code");
}

#[test]
fn the_examples_are_what_the_code_writes_and_reads() {
    for frame in examples("> ") {
        let action = Action::parse(frame).expect(frame);
        assert_eq!(action.to_json(), frame);
    }
    for frame in examples("< ") {
        let Ok(ServerFrame::Event(event)) = ServerFrame::parse(frame) else {
            panic!("not an event: {frame}");
        };
        assert_eq!(event.to_json(), frame);
    }
}

#[test]
fn the_tables_list_every_action_and_event_with_its_fields() {
    let schema = include_str!("../schema/action.json");
    agree("Actions", "> ", "action", schema);
    let schema = include_str!("../schema/event.json");
    agree("Events", "< ", "type", schema);
}

#[test]
fn the_table_of_errors_lists_every_code() {
    let codes = table("Errors").map(|row| row[0].trim_matches('`').to_owned());
    let listed: BTreeSet<String> = codes.collect();
    let known = ErrorCode::KNOWN.iter();
    let known: BTreeSet<String> = known.map(|code| code.as_str().to_owned()).collect();
    assert_eq!(listed, known);
}
