//! What an operator relies on in the template: alarms with their runbook, the budget, the dashboard, and the site's policy.

use serde_json::Value;

use crate::template::{items, resource, resources_of_type, template};

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

/// Otherwise, the distribution could send a new secret that the authorizer does not accept yet, or no longer send one that it
/// still demands.
#[test]
fn the_distribution_is_updated_after_the_authorizer() {
    assert_eq!(resource("SiteDistribution")["DependsOn"], "authorizerWS");
}

/// CloudFront would answer further handshakes with these statuses for 10 s, whatever the cache policy says ("How CloudFront
/// processes HTTP 4xx and 5xx status codes from your origin" in the Amazon CloudFront Developer Guide).
#[test]
fn the_distribution_does_not_keep_a_failed_handshake() {
    let mut distribution = resource("SiteDistribution");
    let errors = distribution["Properties"]["DistributionConfig"]["CustomErrorResponses"].take();
    let kept = items(&errors).into_iter().map(|error| {
        let fields = ["ErrorCode", "ErrorCachingMinTTL"];
        fields.map(|field| error[field].as_u64().unwrap())
    });
    let kept: Vec<_> = kept.collect();
    assert_eq!(kept, [500, 502, 503, 504].map(|status| [status, 0]));
}

/// "Configure logging for WebSocket APIs in API Gateway" in the API Gateway Developer Guide lists the variables.
#[test]
fn the_access_log_has_the_reason_for_which_api_gateway_refused_a_request() {
    let settings = resource("ChatApi")["Properties"]["AccessLogSettings"].take();
    let format = settings[1]["Format"].as_str().unwrap();
    for reason in [
        "error.message",
        "integrationErrorMessage",
        "authorizer.error",
    ] {
        assert!(
            format.contains(&format!("\"$context.{reason}\"")),
            "{reason}"
        );
    }
}
