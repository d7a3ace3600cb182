//! The gateway's own routes over HTTP, beside what API Gateway has.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::endpoint::Endpoint;

/// How long the clean-up may take; its own time limit in the template.
const FUNCTION: Duration = Duration::from_mins(5);

/// Runs a scheduled function at once, and gives what it returned.
pub(super) fn fire(endpoint: &Endpoint, name: &str) -> Result<Value> {
    let url = endpoint.http(&format!("/_gateway/schedules/{name}"));
    let (status, body) = super::http::post(&url, &[], "", FUNCTION)?;
    if status != 200 {
        bail!("firing {name} was answered with {status}: {body}");
    }
    serde_json::from_str(&body).with_context(|| format!("{name} returned no JSON: {body}"))
}
