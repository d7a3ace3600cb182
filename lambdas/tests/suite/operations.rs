//! The metric filters of the template match lines that the functions really write, and every alarm is explained.

use std::time::Duration;

use lambda_runtime::tracing::subscriber::filter::LevelFilter;
use papo_lambdas::authorizer::jwks::{FetchJson, KeySet};
use papo_lambdas::clock::SystemClock;
use papo_lambdas::connections::memory::ConnectionsFault;
use papo_lambdas::handlers::garbage_collection::clean_up;
use papo_lambdas::management::PostError;
use papo_lambdas::message_log::memory::{Fault, Operation};
use papo_protocol::ConnectionId;
use serde_json::{Value, json};

use crate::chat::{Chat, LATER, at};
use crate::clean_up::clean;
use crate::executables::lines_of_failed_start;
use crate::health_check;
use crate::privacy::Log;
use crate::template::{items, resource, resources_of_type, template};

/// A `FilterPattern` of the template, with the `MetricValue` that it extracts.
struct Filter {
    alternatives: Vec<(String, String)>,
    value: String,
}

/// Reads patterns of the form `{ $.field = "value" || $.field = * }`, which are all that the template has.
fn filters() -> Vec<Filter> {
    let template = include_str!("../../template.yaml");
    let mut filters = Vec::new();
    let mut pattern = None;
    for line in template.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("FilterPattern: ") {
            pattern = Some(text.trim_matches(['\'', '{', '}', ' ']).to_owned());
        } else if let Some(value) = line.strip_prefix("MetricValue: ") {
            let pattern = pattern.take().expect("a pattern comes before its value");
            let alternatives = pattern.split(" || ").map(|alternative| {
                let (field, value) = alternative.split_once(" = ").expect(&pattern);
                let field = field.strip_prefix("$.").expect(&pattern);
                (field.to_owned(), value.trim_matches('"').to_owned())
            });
            filters.push(Filter {
                alternatives: alternatives.collect(),
                value: value.to_owned(),
            });
        }
    }
    filters
}

/// An issuer whose discovery document names another one.
struct OtherIssuer;

impl FetchJson for OtherIssuer {
    async fn fetch(&self, _: &str) -> Option<Value> {
        Some(json!({ "issuer": "https://other.example", "jwks_uri": "https://other.example/keys" }))
    }
}

#[tokio::test]
async fn every_metric_filter_matches_lines_that_are_written() {
    let log = Log::at(LevelFilter::INFO);
    let mut chat = Chat::with(&["a=", "b="]).await;
    chat.send_text("a=", "oi").await.unwrap();
    let refused = PostError::Permanent {
        detail: "Forbidden".into(),
    };
    chat.gateway.fail(&ConnectionId::new("b="), [refused]);
    chat.send_text("a=", "incomplete").await.unwrap();
    chat.log.fail(Operation::Commit, Fault::Refused);
    chat.send_text("a=", "not appended").await.unwrap();
    clean(&chat).await.unwrap();
    let time_left = Duration::ZERO;
    chat.gateway
        .slow_down(&ConnectionId::new("a="), Duration::from_secs(1));
    let (connections, gateway) = (&chat.connections, &chat.gateway);
    let interrupted = clean_up(connections, gateway, &SystemClock, at(LATER), time_left).await;
    assert!(!interrupted.unwrap().complete);
    chat.gateway
        .slow_down(&ConnectionId::new("a="), Duration::ZERO);
    chat.connections.fail(ConnectionsFault::PagesFrom(0));
    chat.send_text("a=", "interrupted").await.unwrap();
    chat.rate_limit = "1".parse().unwrap();
    for _ in 0..2 {
        chat.send_text("a=", "too many").await.unwrap();
    }

    let endpoint = health_check::echo().await;
    health_check::run(&endpoint).await.unwrap();

    let keys = KeySet::new("https://id.example", OtherIssuer);
    keys.find("a", 0).await.unwrap_err();

    let mut lines = log.lines();
    lines.extend(lines_of_failed_start(env!("CARGO_BIN_EXE_authorizer")));
    let filters = filters();
    assert_eq!(filters.len(), 8);
    for filter in filters {
        for (field, wanted) in &filter.alternatives {
            let matching = lines.iter().filter(|line| {
                let found = &line[field];
                !found.is_null() && (wanted == "*" || found == wanted)
            });
            let matching: Vec<&Value> = matching.collect();
            assert!(!matching.is_empty(), "no line has {field} = {wanted}");
            if let Some(value) = filter.value.strip_prefix("$.") {
                for line in matching {
                    assert!(line[value].is_number(), "{value} in {line}");
                }
            }
        }
    }
}

#[test]
fn every_alarm_has_a_runbook_entry() {
    let operations = include_str!("../../../docs/operations.md");
    let alarms = resources_of_type("AWS::CloudWatch::Alarm");
    assert!(alarms.len() > 10, "{alarms:?}");
    for alarm in alarms {
        let description = resource(&alarm)["Properties"]["AlarmDescription"].take();
        let description = description.as_str().unwrap();
        let (_, entry) = description
            .split_once("docs/operations.md, \"")
            .expect(&alarm);
        let heading = format!("\n## {}\n", entry.trim_end_matches("\"."));
        assert!(operations.contains(&heading), "{alarm}: no{heading}");
    }
}

/// The alarms about a metric, as the text of their dimensions.
fn alarmed(namespace: &str, metric: &str) -> Vec<String> {
    let alarms = resources_of_type("AWS::CloudWatch::Alarm").into_iter();
    let of_metric = alarms.filter_map(|id| {
        let mut alarm = resource(&id)["Properties"].take();
        let matches = alarm["Namespace"] == namespace && alarm["MetricName"] == metric;
        matches.then(|| {
            let dimensions = alarm["Dimensions"].take();
            let values = dimensions.as_array().unwrap().iter();
            let values = values.map(|it| it["Value"].as_str().unwrap().to_owned());
            values.collect::<Vec<_>>().join("/")
        })
    });
    let mut all: Vec<String> = of_metric.collect();
    all.sort();
    all
}

/// A table's metrics do not include its indexes (Amazon DynamoDB Developer Guide, "DynamoDB metrics and dimensions").
#[test]
fn throttled_reads_and_writes_of_every_table_and_index_have_an_alarm() {
    let mut all = Vec::new();
    for table in resources_of_type("AWS::DynamoDB::Table") {
        let properties = resource(&table)["Properties"].take();
        for index in items(&properties["GlobalSecondaryIndexes"]) {
            all.push(format!("{table}/{}", index["IndexName"].as_str().unwrap()));
        }
        all.push(table);
    }
    all.sort();
    for metric in ["ReadThrottleEvents", "WriteThrottleEvents"] {
        assert_eq!(alarmed("AWS/DynamoDB", metric), all, "{metric}");
    }
}

/// Scheduled functions have alarms about their results instead.
#[test]
fn every_function_that_clients_wait_for_has_alarms_for_errors_and_throttles() {
    let waited_for = [
        "authorizerWS",
        "broadcasterWS",
        "connectionWS",
        "delivererWS",
        "sendMessageWS",
    ];
    assert_eq!(alarmed("AWS/Lambda", "Throttles"), waited_for);
    let errors = alarmed("AWS/Lambda", "Errors");
    for function in &waited_for[1..] {
        assert!(errors.iter().any(|it| it == function), "{function}");
    }
    // API Gateway takes 401 from a failed invocation, so expired tokens would raise an alarm.
    assert!(!errors.iter().any(|it| it == "authorizerWS"));
}

#[test]
fn the_readme_counts_the_alarms_that_it_prices() {
    let readme = include_str!("../../../README.md");
    for (condition, expected) in [
        ("IsProduction", "| 18 alarms: $1.80;"),
        ("HasHealthCheckAlarm", "| 1 alarm: $0.10;"),
        ("HasStreamAlarms", "adds 4 alarms and"),
        ("HasDelivererAlarms", "`Deliverers` 2 more"),
    ] {
        let alarms = resources_of_type("AWS::CloudWatch::Alarm").into_iter();
        let count = alarms
            .filter(|id| resource(id)["Condition"] == condition)
            .count();
        assert!(expected.contains(&format!("{count} ")), "{count}");
        assert!(readme.contains(expected), "{expected}");
    }
}

/// AWS forecasts only after about five weeks.
#[test]
fn the_budget_also_watches_actual_costs() {
    let budget = resource("Budget")["Properties"]["NotificationsWithSubscribers"].take();
    let thresholds = items(&budget).into_iter().map(|it| {
        let notification = &it["Notification"];
        let kind = notification["NotificationType"].as_str().unwrap();
        format!("{kind} {}", notification["Threshold"])
    });
    assert_eq!(
        thresholds.collect::<Vec<_>>(),
        ["ACTUAL 50", "ACTUAL 80", "ACTUAL 100", "FORECASTED 100"]
    );
}

/// Another `AlarmEmail` replaces the budget (`AWS::Budgets::Budget` in the CloudFormation Template Reference), and the new one
/// is created first.
#[test]
fn the_budget_has_no_name_that_its_replacement_would_need() {
    let budget = resource("Budget")["Properties"]["Budget"].take();
    assert!(budget["BudgetLimit"].is_object(), "{budget}");
    assert!(budget["BudgetName"].is_null(), "{budget}");
}

/// Dashboards belong to an account (`AWS::CloudWatch::Dashboard` in the CloudFormation Template Reference).
#[test]
fn the_dashboards_of_a_stage_in_two_regions_have_different_names() {
    let name = resource("Dashboard")["Properties"]["DashboardName"].take();
    assert_eq!(name, "papo-${Stage}-${AWS::Region}");
}

#[test]
fn every_alarm_about_our_metrics_watches_one_that_a_filter_writes() {
    let filters = resources_of_type("AWS::Logs::MetricFilter");
    let written: Vec<Value> = filters
        .iter()
        .map(|filter| {
            let mut filter = resource(filter);
            filter["Properties"]["MetricTransformations"][0]["MetricName"].take()
        })
        .collect();
    for alarm in resources_of_type("AWS::CloudWatch::Alarm") {
        let alarm = &resource(&alarm)["Properties"];
        if alarm["Namespace"] == "Papo/${Stage}" {
            assert!(written.contains(&alarm["MetricName"]), "{alarm}");
        }
    }
}

#[test]
fn the_header_and_the_page_set_different_directives_of_the_content_security_policy() {
    let names = |policy: &str| -> Vec<String> {
        let directives = policy
            .split(';')
            .filter_map(|it| it.split_whitespace().next());
        directives.map(str::to_owned).collect()
    };
    let header = template()["Parameters"]["ContentSecurityPolicy"]["Default"].take();
    let header = names(header.as_str().unwrap());
    let page = names(include_str!("../../../app/csp.txt"));
    // A browser applies both policies, so a directive in both would allow only what both allow. These work in a header only
    // (Content Security Policy Level 3, 3.3).
    assert_eq!(header, ["frame-ancestors"]);
    for directive in ["frame-ancestors", "report-uri", "sandbox"] {
        assert!(
            !page.iter().any(|it| it == directive),
            "{directive} has no effect in a page"
        );
    }
    for directive in ["default-src", "script-src", "connect-src", "base-uri"] {
        assert!(
            page.iter().any(|it| it == directive),
            "{directive} is missing in the page"
        );
    }
}
