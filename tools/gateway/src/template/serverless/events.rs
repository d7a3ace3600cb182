//! `schedule`, `eventBridge`, `stream`, `sqs` and `sns` events, as the events of a function in SAM's form.

use crate::template::yaml::{
    Entry, Node, Value,
    nodes::{entry, mapping, quoted, renamed, scalar, sequence},
};

/// Properties of `stream` and `sqs` events, and their names in SAM.
const MAPPING: &[(&str, &str)] = &[
    ("batchSize", "BatchSize"),
    ("batchWindow", "MaximumBatchingWindowInSeconds"),
    ("bisectBatchOnFunctionError", "BisectBatchOnFunctionError"),
    ("enabled", "Enabled"),
    ("functionResponseType", "FunctionResponseTypes"),
    ("maximumBatchingWindow", "MaximumBatchingWindowInSeconds"),
    ("maximumRecordAgeInSeconds", "MaximumRecordAgeInSeconds"),
    ("maximumRetryAttempts", "MaximumRetryAttempts"),
    ("startingPosition", "StartingPosition"),
];

/// Properties of `sns` events, and their names in SAM.
const FILTER: &[(&str, &str)] = &[
    ("filterPolicy", "FilterPolicy"),
    ("filterPolicyScope", "FilterPolicyScope"),
];

/// The framework's default.
const STARTING_POSITION: &str = "TRIM_HORIZON";

/// A schedule in SAM's form, one for each expression.
pub(super) fn schedule(index: usize, line: usize, node: &Node) -> Vec<Entry> {
    let expressions = node.get("rate").or_else(|| node.get("schedule"));
    let expressions = expressions.unwrap_or(node).one_or_more();
    let mut schedules = Vec::new();
    for (number, expression) in expressions.iter().enumerate() {
        let mut properties = vec![entry(expression.line, "Schedule", expression.clone())];
        properties.extend(renamed(node, &[("enabled", "Enabled")]));
        if let Some(input) = node.get("input") {
            let text = to_json(input).to_string();
            let text = input.text().unwrap_or(&text);
            properties.push(entry(input.line, "Input", quoted(input.line, text)));
        }
        let name = format!("Schedule{}", index + number + 1);
        schedules.push(event(&name, line, "Schedule", properties));
    }
    schedules
}

/// The event of a DynamoDB stream; `None` for a stream of another kind.
pub(super) fn stream(index: usize, line: usize, node: &Node) -> Option<Entry> {
    let kind = node.text_of("type");
    let arn = node.get("arn").unwrap_or(node);
    let is_dynamodb = match kind {
        Some(kind) => kind == "dynamodb",
        None => !to_json(arn).to_string().contains(":kinesis:"),
    };
    is_dynamodb.then(|| {
        let mut properties = source("Stream", arn, node);
        if node.get("startingPosition").is_none() {
            let position = scalar(line, STARTING_POSITION);
            properties.push(entry(line, "StartingPosition", position));
        }
        let destination = node
            .get("destinations")
            .and_then(|all| all.get("onFailure"));
        if let Some(destination) = destination {
            let arn = destination.get("arn").unwrap_or(destination);
            let arn = mapping(line, vec![entry(line, "Destination", arn.clone())]);
            let config = mapping(line, vec![entry(line, "OnFailure", arn)]);
            properties.push(entry(line, "DestinationConfig", config));
        }
        let name = format!("Stream{}", index + 1);
        event(&name, line, "DynamoDB", properties)
    })
}

/// The event of a queue.
pub(super) fn sqs(index: usize, line: usize, node: &Node) -> Entry {
    let arn = node.get("arn").unwrap_or(node);
    let properties = source("Queue", arn, node);
    event(&format!("Queue{}", index + 1), line, "SQS", properties)
}

/// The event of a topic.
pub(super) fn sns(index: usize, line: usize, node: &Node, arn: Node) -> Entry {
    let mut properties = vec![entry(line, "Topic", arn)];
    properties.extend(renamed(node, FILTER));
    event(&format!("Topic{}", index + 1), line, "SNS", properties)
}

fn event(name: &str, line: usize, kind: &str, properties: Vec<Entry>) -> Entry {
    let event = vec![
        entry(line, "Type", scalar(line, kind)),
        entry(line, "Properties", mapping(line, properties)),
    ];
    entry(line, name, mapping(line, event))
}

/// The properties that both kinds of source have.
fn source(name: &str, arn: &Node, node: &Node) -> Vec<Entry> {
    let mut properties = vec![entry(arn.line, name, arn.clone())];
    properties.extend(renamed(node, MAPPING));
    if let Some(patterns) = node.get("filterPatterns") {
        let line = patterns.line;
        let filters = patterns.items().iter().map(|pattern| {
            let text = quoted(pattern.line, &to_json(pattern).to_string());
            mapping(pattern.line, vec![entry(pattern.line, "Pattern", text)])
        });
        let filters = entry(line, "Filters", sequence(line, filters.collect()));
        let criteria = mapping(line, vec![filters]);
        properties.push(entry(line, "FilterCriteria", criteria));
    }
    properties
}

/// The JSON that a node holds.
fn to_json(node: &Node) -> serde_json::Value {
    match &node.value {
        Value::Scalar { text, plain } => plain
            .then(|| serde_json::from_str(text).ok())
            .flatten()
            .unwrap_or_else(|| serde_json::Value::from(text.as_str())),
        Value::Sequence(items) => items.iter().map(to_json).collect(),
        Value::Mapping(entries) => entries
            .iter()
            .map(|entry| (entry.key.clone(), to_json(&entry.node)))
            .collect(),
    }
}
