//! `schema/action.json` and `schema/event.json`: the wire types as JSON Schema.
//!
//! Run `UPDATE_SCHEMA=1 cargo test -p papo-protocol schema` after a change of the wire types.

#![allow(
    clippy::unwrap_used,
    reason = "a test fails if a file cannot be read or written"
)]

use std::path::Path;

use schemars::{JsonSchema, schema_for};

use crate::{Action, Event};

/// Compares the schema of `T` with `schema/{name}.json`, or writes the file if `UPDATE_SCHEMA` is set.
#[track_caller]
fn is_up_to_date<T: JsonSchema>(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schema/{name}.json"));
    let schema = format!("{:#}\n", schema_for!(T).to_value());
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, &schema).unwrap();
    }
    let checked_in = std::fs::read_to_string(&path).unwrap();
    assert!(
        schema == checked_in,
        "{} is out of date: run `UPDATE_SCHEMA=1 cargo test -p papo-protocol schema`",
        path.display()
    );
}

#[test]
fn the_schema_of_actions_is_up_to_date() {
    is_up_to_date::<Action>("action");
}

#[test]
fn the_schema_of_events_is_up_to_date() {
    is_up_to_date::<Event>("event");
}
