//! The console: a page on `/_gateway/` that shows what the gateway does and lets a developer intervene.
//!
//! Rendered on the server; the script only reloads it. `control` carries out what its forms ask for.

use http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value as Json;
use tracing::Level;

use crate::{
    api::Elapsed,
    connections::Connection,
    functions::faults::InjectedFaults,
    log_buffer,
    respond::{self, Response},
    services::Services,
};

const STYLE: &str = include_str!("console/style.css");
const SCRIPT: &str = include_str!("console/script.js");
/// Rows of a table that are shown.
const ROWS: usize = 20;
/// Connections that are shown.
const CONNECTIONS: usize = 100;
/// Allows only what the gateway itself serves, and no frames.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

/// The page.
pub(crate) async fn page(services: &Services) -> Response {
    let api = &services.api;
    let ahead = api.clock.ahead();
    let connections = api.connections.all();
    let tables = services.tables_and_queues.tables.contents(ROWS).await;
    let now = api.clock.now();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Gateway · " (api.spec.stage) }
                link rel="stylesheet" href="/_gateway/style.css";
                script src="/_gateway/script.js" defer {}
            }
            body {
                header {
                    h1 { span.mark {} "Gateway" }
                    code { "ws://127.0.0.1:" (api.port) "/" (api.spec.stage) }
                    span.clock {
                        time { (now.strftime("%H:%M:%S")) " UTC" }
                        @if !ahead.is_zero() { span.badge.warn { "+" (Elapsed(ahead)) } }
                    }
                    form.inline method="post" action="/_gateway/clock" {
                        label { "Move time " input name="advanceSeconds" type="number" min="1" value="600" required; " s" }
                        button { "Advance" }
                    }
                }
                main {
                    div.wide {
                        (connections_section(&connections, now))
                        (log_section())
                    }
                    div.side {
                        (functions_section(services))
                        (schedules_section(services))
                        (queues_section(services))
                        (tables_section(&tables))
                    }
                }
            }
        }
    };
    let mut response = respond::full(StatusCode::OK, page.into_string());
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// The style or the script of the page.
pub(crate) fn asset(name: &str) -> Option<Response> {
    let (body, kind) = match name {
        "style.css" => (STYLE, "text/css"),
        "script.js" => (SCRIPT, "text/javascript"),
        _ => return None,
    };
    Some(respond::typed(StatusCode::OK, kind, body))
}

fn section(title: &str, count: usize, body: &Markup) -> Markup {
    html! {
        section {
            h2 { (title) span.count { (count) } }
            (body)
        }
    }
}

fn empty(text: &str) -> Markup {
    html! { p.empty { (text) } }
}

fn connections_section(connections: &[std::sync::Arc<Connection>], now: Timestamp) -> Markup {
    let body = if connections.is_empty() {
        empty("No client is connected.")
    } else {
        html! {
            table {
                thead { tr { th { "Connection" } th { "Client" } th { "Age" } th { "Idle" } th { "Queued" } th {} } }
                tbody {
                    @for connection in connections.iter().take(CONNECTIONS) {
                        (connection_row(connection, now))
                    }
                }
            }
        }
    };
    section("Connections", connections.len(), &body)
}

fn connection_row(connection: &Connection, now: Timestamp) -> Markup {
    let origin = &connection.origin;
    let id = origin.connection_id.as_str();
    let base = format!("/_gateway/connections/{id}");
    let idle = now
        .duration_since(connection.last_active_at())
        .unsigned_abs();
    let (messages, bytes) = connection.send_queue.waiting();
    html! {
        tr {
            td { code { (id) } }
            td.dim title=(origin.user_agent.as_deref().unwrap_or_default()) { (origin.source_ip) }
            td { (Elapsed(connection.age())) }
            td { (Elapsed(idle)) }
            td { @if messages == 0 { span.dim { "–" } } @else { (messages) " · " (bytes) " B" } }
            td.actions {
                form.inline method="post" action={ (base) "/message" } {
                    input name="text" placeholder="Message" aria-label={ "Message to " (id) } required;
                    button { "Send" }
                }
                form.inline method="post" action={ (base) "/close" } { button.danger { "Close" } }
            }
        }
    }
}

fn log_section() -> Markup {
    let lines = log_buffer::latest();
    let body = html! {
        input.filter type="search" placeholder="Filter the log" aria-label="Filter the log";
        @if lines.is_empty() { (empty("Nothing has been logged yet.")) }
        ol.log {
            @for line in &lines {
                li.function[line.is_function] data-level=(level(line.level)) {
                    time { (line.time.strftime("%H:%M:%S%.3f")) }
                    span { (line.text) }
                }
            }
        }
    };
    section("Log", lines.len(), &body)
}

fn level(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        _ => "info",
    }
}

fn functions_section(services: &Services) -> Markup {
    let functions = &services.api.functions;
    let body = html! {
        ul.cards {
            @for (id, function) in functions {
                li {
                    @let faults = function.faults.current();
                    h3 { (id) @if faults != InjectedFaults::default() { span.badge.warn { "faults" } } }
                    p.dim { (function.spec.name) " · " (function.spec.timeout.as_secs()) " s · " (function.spec.memory) " MB" }
                    details open[faults != InjectedFaults::default()] {
                        summary { "Inject faults" }
                        form.grid method="post" action={ "/_gateway/functions/" (id) "/faults" } {
                            label { "Latency" span { input name="latencyMs" type="number" min="0" max=(InjectedFaults::MAX_LATENCY) value=(faults.latency_ms); "ms" } }
                            label { "Errors" span { input name="errorPercent" type="number" min="0" max="100" value=(faults.error_percent); "%" } }
                            label { "Throttled" span { input name="throttlePercent" type="number" min="0" max="100" value=(faults.throttle_percent); "%" } }
                            button { "Apply" }
                        }
                    }
                }
            }
        }
    };
    section("Functions", functions.len(), &body)
}

fn schedules_section(services: &Services) -> Markup {
    if services.schedules.is_empty() {
        return PreEscaped(String::new());
    }
    let body = html! {
        ul.rows {
            @for schedule in &services.schedules {
                li {
                    span { (schedule.function) " " span.dim { (schedule.expression) } }
                    @if !schedule.enabled { span.badge { "disabled" } }
                    form.inline method="post" action={ "/_gateway/schedules/" (schedule.function) } { button { "Fire" } }
                }
            }
        }
    };
    section("Schedules", services.schedules.len(), &body)
}

fn queues_section(services: &Services) -> Markup {
    let queues = services.tables_and_queues.queues.counts();
    if queues.is_empty() {
        return PreEscaped(String::new());
    }
    let body = html! {
        ul.rows {
            @for (name, [visible, in_flight, delayed]) in &queues {
                li {
                    span { (name) }
                    span.dim { (visible) " visible · " (in_flight) " in flight · " (delayed) " delayed" }
                }
            }
        }
    };
    section("Queues", queues.len(), &body)
}

fn tables_section(tables: &[(String, Vec<Json>)]) -> Markup {
    let body = html! {
        ul.cards {
            @for (name, rows) in tables {
                li {
                    details {
                        summary {
                            (name)
                            span.count { (rows.len()) @if rows.len() == ROWS { "+" } }
                        }
                        @if rows.is_empty() { (empty("The table is empty.")) }
                        @for row in rows { pre { (row.to_string()) } }
                    }
                }
            }
        }
    };
    section("Tables", tables.len(), &body)
}
