//! HTTP requests to the local gateway.

use std::time::Duration;

use anyhow::{Context as _, Result};
use ureq::Agent;

/// Posts `body`, and returns the status, whatever it is, with the body of the response.
pub(super) fn post(
    url: &str,
    headers: &[(&str, &str)],
    body: &str,
    limit: Duration,
) -> Result<(u16, String)> {
    let agent: Agent = Agent::config_builder()
        .timeout_global(Some(limit))
        .http_status_as_error(false)
        .proxy(None)
        .build()
        .into();
    let mut request = agent.post(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut response = request
        .send(body)
        .with_context(|| format!("no answer from {url}"))?;
    let status = response.status().as_u16();
    let body = response
        .body_mut()
        .read_to_string()
        .with_context(|| format!("cannot read the answer of {url}"))?;
    Ok((status, body))
}
