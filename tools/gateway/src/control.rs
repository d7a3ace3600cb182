//! `/_gateway/…`: what a developer can do and AWS has no counterpart for.

use std::{borrow::Cow, time::Duration};

use http::{Method, StatusCode, header::CONTENT_TYPE};
use serde::Deserialize;
use serde_json::json;
use tracing::info;

use crate::{
    respond::{self, Response},
    schedule,
    server::Services,
};

/// Largest step of the clock, in seconds: a year.
const MAX_ADVANCE: u64 = 366 * 24 * 3600;

/// A request below `/_gateway`.
pub(crate) struct Call<'a> {
    pub(crate) method: &'a Method,
    pub(crate) steps: Vec<Cow<'a, str>>,
    pub(crate) body: &'a [u8],
}

/// The body of `POST /_gateway/clock`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Advance {
    advance_seconds: u64,
}

/// Carries out one request.
pub(crate) async fn answer(services: &Services, call: Call<'_>) -> Response {
    let steps: Vec<&str> = call.steps.iter().map(AsRef::as_ref).collect();
    match (call.method, steps.as_slice()) {
        (&Method::POST, ["schedules", function]) => fire(services, function).await,
        (&Method::GET, ["clock"]) => clock(services),
        (&Method::POST, ["clock"]) => advance(services, call.body),
        (_, ["schedules", _] | ["clock"]) => {
            respond::message(StatusCode::METHOD_NOT_ALLOWED, None, "use POST")
        }
        _ => respond::message(StatusCode::NOT_FOUND, None, "no such page of the gateway"),
    }
}

/// Runs a scheduled function at once.
async fn fire(services: &Services, function: &str) -> Response {
    let schedule = services
        .schedules
        .iter()
        .find(|schedule| schedule.function == function);
    let Some((schedule, function)) = schedule.zip(services.api.functions.get(function)) else {
        let message = format!("no schedule invokes a function {function}");
        return respond::message(StatusCode::NOT_FOUND, None, &message);
    };
    match schedule::fire(schedule, function).await {
        Ok(result) => {
            let mut response = respond::full(StatusCode::OK, result);
            let json = http::HeaderValue::from_static("application/json");
            response.headers_mut().insert(CONTENT_TYPE, json);
            response
        }
        Err(failure) => respond::message(StatusCode::BAD_GATEWAY, None, &failure.to_string()),
    }
}

fn clock(services: &Services) -> Response {
    let clock = &services.api.clock;
    let body = json!({
        "now": clock.now().to_string(),
        "aheadSeconds": clock.ahead().as_secs(),
    });
    respond::json(StatusCode::OK, None, body.to_string())
}

fn advance(services: &Services, body: &[u8]) -> Response {
    let advance = match serde_json::from_slice::<Advance>(body) {
        Ok(Advance { advance_seconds }) if advance_seconds <= MAX_ADVANCE => advance_seconds,
        _ => {
            let message = format!(
                "expected a body such as {{\"advanceSeconds\": 600}}, at most {MAX_ADVANCE}"
            );
            return respond::message(StatusCode::BAD_REQUEST, None, &message);
        }
    };
    services.api.clock.advance(Duration::from_secs(advance));
    info!(
        "clock      moved forward by {advance} s, now {}",
        services.api.clock.now()
    );
    clock(services)
}
