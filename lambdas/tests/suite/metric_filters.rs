//! The metric filters of the template match the lines that they are about, as the functions really write them, and no other.

use std::collections::BTreeSet;
use std::time::Duration;

use lambda_runtime::tracing::subscriber::filter::LevelFilter;
use lambda_runtime::{Context, LambdaEvent};
use papo_lambdas::authorizer::jwks::{FetchJson, HttpFetch, KeySet};
use papo_lambdas::authorizer::{self, Settings};
use papo_lambdas::broadcast::Frames;
use papo_lambdas::clock::SystemClock;
use papo_lambdas::connections::memory::ConnectionsFault;
use papo_lambdas::fanout::Fanout;
use papo_lambdas::handlers::deliver_part;
use papo_lambdas::handlers::garbage_collection::clean_up;
use papo_lambdas::management::PostError;
use papo_lambdas::message_log::memory::{Fault, Operation};
use papo_lambdas::parts::Part;
use papo_protocol::ConnectionId;
use serde_json::{Value, json};

use crate::chat::{Chat, LATER, at};
use crate::clean_up::clean;
use crate::executables::lines_of_failed_start;
use crate::health_check;
use crate::privacy::Log;
use crate::template::{resource, resources_of_type};

/// A metric filter of the template.
struct Filter {
    metric: String,
    pattern: String,
    value: String,
}

fn filters() -> Vec<Filter> {
    let filters = resources_of_type("AWS::Logs::MetricFilter").into_iter();
    let filters = filters.map(|id| {
        let filter = resource(&id)["Properties"].take();
        let transformation = &filter["MetricTransformations"][0];
        Filter {
            metric: transformation["MetricName"].as_str().unwrap().to_owned(),
            pattern: filter["FilterPattern"].as_str().unwrap().to_owned(),
            value: transformation["MetricValue"].to_string(),
        }
    });
    filters.collect()
}

impl Filter {
    /// Understands patterns of the form `{ $.field = "value" || $.field = * }`, which are all that the template has.
    fn matches(&self, line: &Value) -> bool {
        let pattern = self.pattern.trim_matches(['{', '}', ' ']);
        pattern.split(" || ").any(|alternative| {
            let (field, wanted) = alternative.split_once(" = ").expect(pattern);
            let found = &line[field.strip_prefix("$.").expect(pattern)];
            match wanted {
                "*" => !found.is_null(),
                text => found == text.trim_matches('"'),
            }
        })
    }
}

/// The lines that each metric counts: the message, and the code if there is one.
const COUNTED: [(&str, &[&str]); 8] = [
    ("Deliveries", BROADCASTS),
    ("BroadcastLatency", BROADCASTS),
    (
        "FailedDeliveries",
        &["broadcast incomplete", "broadcast interrupted"],
    ),
    ("FailedAppends", &["the append failed"]),
    (
        "RateLimited",
        &[
            "refused, rateLimited",
            "rejected: too many handshakes, rateLimited",
        ],
    ),
    ("Connections", &["clean-up", "clean-up ran out of time"]),
    ("HealthCheckRoundTrip", &["health check passed"]),
    (
        "AuthorizerFailures",
        &[
            "could not fetch the issuer's keys",
            "the discovery document names another issuer; check Issuer",
            "the function cannot start",
        ],
    ),
];

const BROADCASTS: &[&str] = &["broadcast", "broadcast incomplete", "broadcast interrupted"];

/// Lines that are close to those, and that no metric counts.
const NEIGHBOURS: [&str; 8] = [
    "appended",
    "delivered a part",
    "health check failed",
    "refused, malformedBody",
    "rejected: origin",
    "rejected: token",
    "the invocation failed",
    "platform.report",
];

fn label(line: &Value) -> String {
    let message = line["message"].as_str().or(line["type"].as_str());
    let message = message.unwrap_or("access");
    match line["code"].as_str() {
        Some(code) => format!("{message}, {code}"),
        None => message.to_owned(),
    }
}

/// An issuer whose discovery document names another one.
struct OtherIssuer;

impl FetchJson for OtherIssuer {
    async fn fetch(&self, _: &str) -> Option<Value> {
        Some(json!({ "issuer": "https://other.example", "jwks_uri": "https://other.example/keys" }))
    }
}

/// Makes the functions that handle clients write what they write.
async fn serve_clients() {
    let mut chat = Chat::with(&["a=", "b="]).await;
    chat.send_text("a=", "oi").await.unwrap();
    chat.send("a=", "hello").await.unwrap();
    let refused = PostError::Permanent {
        detail: "Forbidden".into(),
    };
    chat.gateway
        .fail(&ConnectionId::new("b="), [refused.clone()]);
    chat.send_text("a=", "incomplete").await.unwrap();
    chat.log.fail(Operation::Commit, Fault::Refused);
    chat.send_text("a=", "not appended").await.unwrap();
    chat.gateway.fail(&ConnectionId::new("a="), [refused]);
    chat.send("a=", r#"{"action":"ping"}"#).await.unwrap_err();
    chat.connections.fail(ConnectionsFault::PagesFrom(0));
    chat.send_text("a=", "interrupted").await.unwrap();
    chat.fanout = Fanout::Stream;
    chat.send_text("a=", "for the broadcaster").await.unwrap();
    chat.rate_limit = "1".parse().unwrap();
    for _ in 0..2 {
        chat.send_text("a=", "too many").await.unwrap();
        chat.connect("c=").await.unwrap();
    }
}

/// The same of the functions that are invoked by others or on a schedule.
async fn deliver_clean_up_and_check() {
    let chat = Chat::with(&["a="]).await;
    let (connections, gateway) = (&chat.connections, &chat.gateway);
    let part = Part::new(Frames::default(), &[], at(LATER));
    let part = LambdaEvent::new(part, Context::default());
    deliver_part::handle(connections, gateway, &SystemClock, part).await;

    clean(&chat).await.unwrap();
    gateway.slow_down(&ConnectionId::new("a="), Duration::from_secs(1));
    let time_left = Duration::ZERO;
    let interrupted = clean_up(connections, gateway, &SystemClock, at(LATER), time_left).await;
    assert!(!interrupted.unwrap().complete);

    let endpoint = health_check::echo().await;
    health_check::run(&endpoint).await.unwrap();
    health_check::run("not an address").await.unwrap_err();
}

/// The same of the authorizer.
async fn authorize() {
    let keys = KeySet::new("https://id.example", OtherIssuer);
    keys.find("a", 0).await.unwrap_err();
    let fetch = HttpFetch::new().unwrap();
    assert_eq!(fetch.fetch("http://id.example").await, None);
    for origin in ["https://chat.example", "https://evil.example"] {
        let settings = Settings {
            issuer: Some("https://id.example".to_owned()),
            origins: vec!["https://chat.example".to_owned()],
            ..Settings::default()
        };
        let event = json!({ "methodArn": "arn", "headers": { "Origin": origin } });
        let event = serde_json::from_value(event).unwrap();
        let event = LambdaEvent::new(event, Context::default());
        let _ = authorizer::handle(&settings, &keys, event, 0).await;
    }
}

/// Lines of Lambda and of API Gateway in the same log group: "JSON log format" in the Lambda Developer Guide, and `Format` in the
/// template.
fn lines_of_others() -> [Value; 2] {
    let api = &resource("ChatApi")["Properties"]["AccessLogSettings"];
    let format = api[1]["Format"].as_str().unwrap();
    [
        json!({ "type": "platform.report", "record": { "status": "timeout", "metrics": { "durationMs": 20_000.0 } } }),
        serde_json::from_str(format).unwrap(),
    ]
}

#[tokio::test]
async fn every_metric_filter_matches_the_lines_that_it_is_about_and_no_other() {
    let log = Log::at(LevelFilter::INFO);
    serve_clients().await;
    deliver_clean_up_and_check().await;
    authorize().await;
    let mut lines = log.lines();
    lines.extend(lines_of_failed_start(env!("CARGO_BIN_EXE_authorizer")));
    lines.extend(lines_of_others());

    let written: BTreeSet<String> = lines.iter().map(label).collect();
    for neighbour in NEIGHBOURS {
        assert!(written.contains(neighbour), "{neighbour}: {written:?}");
    }
    let filters = filters();
    assert_eq!(filters.len(), COUNTED.len());
    for (metric, expected) in COUNTED {
        let filter = filters.iter().find(|filter| filter.metric == metric);
        let filter = filter.expect(metric);
        let matching = lines.iter().filter(|line| filter.matches(line));
        let matching: Vec<&Value> = matching.collect();
        let labels: BTreeSet<String> = matching.iter().map(|line| label(line)).collect();
        let expected: BTreeSet<String> = expected.iter().map(|it| (*it).to_owned()).collect();
        assert_eq!(labels, expected, "{metric}");
        if let Some(value) = filter.value.trim_matches('"').strip_prefix("$.") {
            for line in matching {
                assert!(line[value].is_number(), "{value} in {line}");
            }
        }
    }
}
