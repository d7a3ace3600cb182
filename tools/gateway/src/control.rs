//! `/_gateway/…`: actions for developers that have no counterpart on AWS. `console` renders a page for them.
//!
//! Every action takes a JSON body, or the form of the page, which it answers with the page again.

use std::{borrow::Cow, sync::Arc, time::Duration};

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value as Json, json};
use tracing::{info, warn};

use crate::{
    connections::Connection,
    console,
    functions::faults::InjectedFaults,
    headers,
    ids::ConnectionId,
    limits::MAX_MESSAGE,
    respond::{self, Response},
    schedule,
    services::Services,
};

/// Largest step of the clock, in seconds: a year.
const MAX_ADVANCE: u64 = 366 * 24 * 3600;

/// A request below `/_gateway`.
pub(crate) struct Call<'a> {
    pub(crate) method: &'a Method,
    pub(crate) steps: Vec<Cow<'a, str>>,
    /// Whether the body is a form of the console.
    pub(crate) is_form: bool,
    pub(crate) body: &'a [u8],
}

/// Whether the body is a form. `curl -d` declares JSON as a form too.
pub(crate) fn is_form(headers: &HeaderMap, body: &[u8]) -> bool {
    let is_json = body.trim_ascii_start().starts_with(b"{");
    !is_json && headers::is_form(headers)
}

/// The body of `POST /_gateway/clock`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Advance {
    advance_seconds: u64,
}

/// The body of `POST /_gateway/connections/{id}/message`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    text: String,
}

/// Why a request is not carried out.
struct Refusal(StatusCode, String);

/// Carries out one request.
pub(crate) async fn answer(services: &Services, call: Call<'_>) -> Response {
    let steps: Vec<&str> = call.steps.iter().map(AsRef::as_ref).collect();
    match (call.method, steps.as_slice()) {
        (&Method::GET, []) => return console::page(services).await,
        (&Method::GET, ["clock"]) => return clock(services),
        (&Method::GET, [name]) if let Some(asset) = console::asset(name) => return asset,
        _ => {}
    }
    let result = if call.method == Method::POST {
        act(services, &steps, &call).await
    } else {
        Err(Refusal(
            StatusCode::METHOD_NOT_ALLOWED,
            "use POST".to_owned(),
        ))
    };
    match result {
        Ok(_) if call.is_form => {
            let mut response = respond::empty(StatusCode::SEE_OTHER);
            let page = HeaderValue::from_static("/_gateway/");
            response.headers_mut().insert(header::LOCATION, page);
            response
        }
        Ok(response) => response,
        Err(Refusal(status, message)) => respond::message(status, None, &message),
    }
}

async fn act(services: &Services, steps: &[&str], call: &Call<'_>) -> Result<Response, Refusal> {
    match steps {
        ["schedules", function] => fire(services, function).await,
        ["clock"] => {
            let advance: Advance = read(call, "{\"advanceSeconds\": 600}")?;
            advance_clock(services, advance.advance_seconds)
        }
        ["connections", id, "message"] => {
            let text: Text = read(call, "{\"text\": \"hello\"}")?;
            send(services, id, text.text)
        }
        ["connections", id, "close"] => {
            connection(services, id)?.close();
            info!("console    closes {id}");
            Ok(respond::empty(StatusCode::NO_CONTENT))
        }
        ["functions", function, "faults"] => {
            let expected = "{\"latencyMs\": 500, \"errorPercent\": 10, \"throttlePercent\": 0}";
            let faults: InjectedFaults = read(call, expected)?;
            set_faults(services, function, faults, expected)
        }
        _ => Err(Refusal(
            StatusCode::NOT_FOUND,
            "no such page of the gateway".to_owned(),
        )),
    }
}

/// The body as JSON, or the fields of the form.
fn read<T: DeserializeOwned>(call: &Call<'_>, expected: &str) -> Result<T, Refusal> {
    let parsed = if call.is_form {
        // Strings stay strings, even if they look like numbers.
        let fields: Map<String, Json> = form_urlencoded::parse(call.body)
            .map(|(name, value)| {
                let number = value.parse::<u64>().ok().filter(|_| name != "text");
                let value = number.map_or_else(|| Json::from(value.as_ref()), Json::from);
                (name.into_owned(), value)
            })
            .collect();
        serde_json::from_value(Json::Object(fields))
    } else {
        serde_json::from_slice(call.body)
    };
    parsed.map_err(|error| {
        let message = format!("expected a body such as {expected}: {error}");
        Refusal(StatusCode::BAD_REQUEST, message)
    })
}

/// Runs a scheduled function at once.
async fn fire(services: &Services, function: &str) -> Result<Response, Refusal> {
    let mut schedules = services.schedules.iter();
    let schedule = schedules.find(|schedule| schedule.function == function);
    let Some((schedule, function)) = schedule.zip(services.api.functions.get(function)) else {
        let message = format!("no schedule invokes a function {function}");
        return Err(Refusal(StatusCode::NOT_FOUND, message));
    };
    match schedule::fire(schedule, function).await {
        Ok(result) => Ok(respond::typed(StatusCode::OK, "application/json", result)),
        Err(failure) => Err(Refusal(StatusCode::BAD_GATEWAY, failure.to_string())),
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

fn advance_clock(services: &Services, seconds: u64) -> Result<Response, Refusal> {
    if seconds > MAX_ADVANCE {
        let message = format!("the clock moves by at most {MAX_ADVANCE} s at once");
        return Err(Refusal(StatusCode::BAD_REQUEST, message));
    }
    let clock_of_api = &services.api.clock;
    clock_of_api.advance(Duration::from_secs(seconds));
    info!(
        "clock      moved forward by {seconds} s, now {}",
        clock_of_api.now()
    );
    Ok(clock(services))
}

fn connection(services: &Services, id: &str) -> Result<Arc<Connection>, Refusal> {
    ConnectionId::parse(id)
        .and_then(|id| services.api.connections.get(&id))
        .ok_or_else(|| Refusal(StatusCode::NOT_FOUND, format!("no client has the id {id}")))
}

fn send(services: &Services, id: &str, text: String) -> Result<Response, Refusal> {
    if text.len() > MAX_MESSAGE {
        let message = format!("a message has at most {MAX_MESSAGE} bytes");
        return Err(Refusal(StatusCode::PAYLOAD_TOO_LARGE, message));
    }
    let sent = connection(services, id)?.send(text.into());
    sent.map_err(|error| Refusal(StatusCode::TOO_MANY_REQUESTS, error.to_string()))?;
    info!("console    posts to {id}");
    Ok(respond::empty(StatusCode::NO_CONTENT))
}

fn set_faults(
    services: &Services,
    function: &str,
    faults: InjectedFaults,
    expected: &str,
) -> Result<Response, Refusal> {
    let Some(function) = services.api.functions.get(function) else {
        let message = format!("the template has no function {function}");
        return Err(Refusal(StatusCode::NOT_FOUND, message));
    };
    if !faults.is_valid() {
        let max = InjectedFaults::MAX_LATENCY;
        let message = format!("expected numbers such as {expected}, at most {max} ms and 100 %");
        return Err(Refusal(StatusCode::BAD_REQUEST, message));
    }
    function.faults.set(faults);
    warn!(
        "faults     of {}: {} ms latency, {} % errors, {} % throttled",
        function.spec.logical_id, faults.latency_ms, faults.error_percent, faults.throttle_percent
    );
    Ok(respond::json(
        StatusCode::OK,
        None,
        json!(faults).to_string(),
    ))
}
