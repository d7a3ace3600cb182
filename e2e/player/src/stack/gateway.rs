//! The local gateway's own HTTP routes, which API Gateway does not have.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use ureq::Agent;

use crate::endpoint::Endpoint;

/// How long a scheduled function may take.
const FUNCTION: Duration = Duration::from_mins(5);

/// Invokes a scheduled function now, and returns its result.
pub(super) fn fire(endpoint: &Endpoint, name: &str) -> Result<Value> {
    let url = endpoint.http(&format!("/_gateway/schedules/{name}"));
    let agent: Agent = Agent::config_builder()
        .timeout_global(Some(FUNCTION))
        .http_status_as_error(false)
        .proxy(None)
        .build()
        .into();
    let mut response = agent
        .post(&url)
        .send("")
        .with_context(|| format!("no answer from {url}"))?;
    let body = response
        .body_mut()
        .read_to_string()
        .with_context(|| format!("cannot read the answer of {url}"))?;
    let status = response.status().as_u16();
    if status != 200 {
        bail!("firing {name} was answered with {status}: {body}");
    }
    serde_json::from_str(&body).with_context(|| format!("{name} did not return JSON: {body}"))
}
