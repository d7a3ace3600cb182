//! The invocation of a function with a batch of records.

use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use serde_json::{Value as Json, json};
use tracing::info;

use crate::{
    api::Elapsed,
    clock,
    functions::{Failure, Function},
    ids,
};

/// Invokes `function` with `records` of `source`, a `kind` of source, and logs it.
pub(super) async fn invoke(
    function: &Arc<Function>,
    kind: &str,
    source: &str,
    records: &[Json],
) -> Result<Bytes, Failure> {
    let event = json!({ "Records": records }).to_string();
    let started = Instant::now();
    let result = function.invoke(event, ids::trace(clock::now())).await;
    let (name, took) = (&function.spec.logical_id, Elapsed(started.elapsed()));
    let count = records.len();
    info!("{kind:<10} {source} -> {name}: {count} records in {took}");
    result
}
