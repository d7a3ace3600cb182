//! The metric filters of the template match lines that the functions really write, and every alarm is explained.

use lambda_runtime::tracing::subscriber::filter::LevelFilter;
use papo_lambdas::connections::memory::ConnectionsFault;
use papo_lambdas::management::PostError;
use papo_lambdas::message_log::memory::{Fault, Operation};
use papo_protocol::ConnectionId;
use serde_json::Value;

use crate::chat::Chat;
use crate::clean_up::clean;
use crate::health_check;
use crate::privacy::Log;
use crate::template::{resource, resources_of_type, template};

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
    chat.connections.fail(ConnectionsFault::PagesFrom(0));
    chat.send_text("a=", "interrupted").await.unwrap();
    chat.rate_limit = "1".parse().unwrap();
    for _ in 0..2 {
        chat.send_text("a=", "too many").await.unwrap();
    }

    let endpoint = health_check::echo().await;
    health_check::run(&endpoint).await.unwrap();

    let lines = log.lines();
    let filters = filters();
    assert_eq!(filters.len(), 7);
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
