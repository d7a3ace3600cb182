//! Event source mappings among the `Events` of a function (`DynamoDB`, `SQS`), and the queues of the template.
//!
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-dynamodb.html> and
//! `…-sqs.html`. Ranges are those of Lambda's `CreateEventSourceMapping` and of SQS's `CreateQueue`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value as Json;

use super::{
    error::{Error, Problem},
    resolve::Resolver,
    resources,
    stack::{EventSource, Queue, RecordSource, Redrive, StreamSource},
    yaml::{Entry, Node, Value},
};
use crate::event_source::filter::Pattern;

/// Types of events that are read here.
pub(crate) const TYPES: [&str; 2] = ["DynamoDB", "SQS"];

/// Properties of both kinds of mapping.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Mapping {
    #[serde(default, deserialize_with = "number")]
    batch_size: Option<i64>,
    #[serde(default, deserialize_with = "number")]
    maximum_batching_window_in_seconds: Option<i64>,
    enabled: Option<Json>,
    filter_criteria: Option<FilterCriteria>,
    #[serde(default)]
    function_response_types: Vec<String>,
}

#[derive(Deserialize)]
struct FilterCriteria {
    #[serde(rename = "Filters", default)]
    filters: Vec<Filter>,
}

#[derive(Deserialize)]
struct Filter {
    #[serde(rename = "Pattern")]
    pattern: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StreamMapping {
    stream: String,
    starting_position: String,
    #[serde(default, deserialize_with = "number")]
    maximum_retry_attempts: Option<i64>,
    #[serde(default, deserialize_with = "number")]
    maximum_record_age_in_seconds: Option<i64>,
    bisect_batch_on_function_error: Option<Json>,
    destination_config: Option<DestinationConfig>,
}

#[derive(Deserialize)]
struct DestinationConfig {
    #[serde(rename = "OnFailure")]
    on_failure: Option<Destination>,
}

#[derive(Deserialize)]
struct Destination {
    #[serde(rename = "Destination")]
    destination: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct QueueMapping {
    queue: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct QueueProperties {
    fifo_queue: Option<Json>,
    content_based_deduplication: Option<Json>,
    #[serde(default, deserialize_with = "number")]
    visibility_timeout: Option<i64>,
    #[serde(default, deserialize_with = "number")]
    delay_seconds: Option<i64>,
    #[serde(default, deserialize_with = "number")]
    message_retention_period: Option<i64>,
    #[serde(default, deserialize_with = "number")]
    receive_message_wait_time_seconds: Option<i64>,
    redrive_policy: Option<RedrivePolicy>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RedrivePolicy {
    dead_letter_target_arn: String,
    #[serde(deserialize_with = "number")]
    max_receive_count: Option<i64>,
}

/// A number, also as a text, which CloudFormation converts.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let value = Json::deserialize(deserializer)?;
    let number = value.as_i64().or_else(|| value.as_str()?.parse().ok());
    number
        .map(Some)
        .ok_or_else(|| serde::de::Error::custom(format!("expected a number, found {value}")))
}

fn is_true(value: Option<&Json>) -> bool {
    value.is_some_and(|value| value == true || value == "true")
}

/// The mappings among the events of a function.
pub(crate) fn of_function(resolver: &Resolver<'_>, resource: &Entry) -> Vec<EventSource> {
    let Some(Node {
        value: Value::Mapping(events),
        ..
    }) = resources::property(resource, "Events")
    else {
        return Vec::new();
    };
    let mut sources = Vec::new();
    for event in events {
        let kind = event.node.get("Type").and_then(Node::text);
        if let Some(kind) = kind.filter(|kind| TYPES.contains(kind)) {
            sources.extend(resolver.keep(mapping(resolver, &resource.key, event, kind)));
        }
    }
    sources
}

fn mapping(
    resolver: &Resolver<'_>,
    function: &str,
    event: &Entry,
    kind: &str,
) -> Result<EventSource, Error> {
    let of = format!("{function}.{}", event.key);
    let refused = |found: String, wanted: &str| {
        let (of, wanted) = (of.clone(), wanted.to_owned());
        resolver.error(event.line, Problem::Value { of, found, wanted })
    };
    let properties = properties(resolver, event, &of)?;
    let common: Mapping = read(resolver, event, &of, &properties)?;
    let (source, default_batch, most) = if kind == "DynamoDB" {
        let stream: StreamMapping = read(resolver, event, &of, &properties)?;
        (
            RecordSource::Stream(
                stream_source(stream).map_err(|(found, wanted)| refused(found, wanted))?,
            ),
            100,
            10_000,
        )
    } else {
        let queue: QueueMapping = read(resolver, event, &of, &properties)?;
        let name = last_step(&queue.queue, ':');
        (RecordSource::Queue(name), 10, 10_000)
    };
    let batch_size = usize::try_from(common.batch_size.unwrap_or(default_batch))
        .ok()
        .filter(|size| (1..=most).contains(size))
        .ok_or_else(|| {
            refused(
                "BatchSize".to_owned(),
                "expected a batch size from 1 to 10000",
            )
        })?;
    let window = common.maximum_batching_window_in_seconds.unwrap_or(0);
    let window = u64::try_from(window)
        .ok()
        .filter(|window| *window <= 300)
        .ok_or_else(|| {
            refused(
                window.to_string(),
                "expected a batching window from 0 to 300 s",
            )
        })?;
    let mut filters = Vec::new();
    for filter in common
        .filter_criteria
        .map(|criteria| criteria.filters)
        .unwrap_or_default()
    {
        let pattern = Pattern::parse(&filter.pattern);
        filters.push(pattern.map_err(|wanted| refused(filter.pattern.clone(), &wanted))?);
    }
    Ok(EventSource {
        function: function.to_owned(),
        event: event.key.clone(),
        source,
        batch_size,
        window: Duration::from_secs(window),
        filters,
        reports_failures: common
            .function_response_types
            .iter()
            .any(|kind| kind == "ReportBatchItemFailures"),
        enabled: common.enabled.is_none_or(|enabled| is_true(Some(&enabled))),
    })
}

fn stream_source(stream: StreamMapping) -> Result<StreamSource, (String, &'static str)> {
    let from_start = match stream.starting_position.as_str() {
        "TRIM_HORIZON" => true,
        "LATEST" => false,
        _ => {
            return Err((
                stream.starting_position,
                "expected StartingPosition TRIM_HORIZON or LATEST",
            ));
        }
    };
    // arn:aws:dynamodb:…:table/NAME/stream/LABEL
    let table = stream.stream.split('/').nth(1).map(ToOwned::to_owned);
    let Some(table) = table else {
        return Err((
            stream.stream,
            "expected the StreamArn of a table of this template",
        ));
    };
    let limit = |value: Option<i64>, most: i64| match value {
        None | Some(-1) => Ok(None),
        Some(value) if (0..=most).contains(&value) => Ok(Some(value)),
        Some(value) => Err((
            value.to_string(),
            "expected -1 (no limit) or a number within Lambda's range",
        )),
    };
    Ok(StreamSource {
        table,
        from_start,
        retries: limit(stream.maximum_retry_attempts, 10_000)?
            .and_then(|retries| u32::try_from(retries).ok()),
        max_age: limit(stream.maximum_record_age_in_seconds, 604_800)?
            .and_then(|age| u64::try_from(age).ok())
            .map(Duration::from_secs),
        bisect: is_true(stream.bisect_batch_on_function_error.as_ref()),
        on_failure: stream
            .destination_config
            .and_then(|config| config.on_failure)
            .map(|destination| last_step(&destination.destination, ':')),
    })
}

/// `AWS::SQS::Queue`.
///
/// # Errors
/// When a property has a value that SQS refuses.
pub(crate) fn queue(resolver: &Resolver<'_>, resource: &Entry) -> Result<Queue, Error> {
    let name = resolver.physical_name(&resource.key, resource.line)?;
    let empty = Json::Object(serde_json::Map::new());
    let properties = match resource.node.get("Properties") {
        Some(node) => resolver.json(node)?.unwrap_or(empty),
        None => empty,
    };
    let read: QueueProperties = read(resolver, resource, &resource.key, &properties)?;
    let fifo = is_true(read.fifo_queue.as_ref());
    let seconds = |value: Option<i64>, default: u64| {
        Duration::from_secs(
            value
                .and_then(|value| u64::try_from(value).ok())
                .unwrap_or(default),
        )
    };
    let default = Queue::named(&name, fifo);
    Ok(Queue {
        logical_id: resource.key.clone(),
        content_based_deduplication: is_true(read.content_based_deduplication.as_ref()),
        visibility_timeout: seconds(read.visibility_timeout, 30),
        delay: seconds(read.delay_seconds, 0),
        retention: seconds(read.message_retention_period, 345_600),
        receive_wait: seconds(read.receive_message_wait_time_seconds, 0),
        redrive: read.redrive_policy.map(|policy| Redrive {
            queue: last_step(&policy.dead_letter_target_arn, ':'),
            max_receive_count: policy
                .max_receive_count
                .and_then(|count| u32::try_from(count).ok())
                .unwrap_or(1),
        }),
        ..default
    })
}

fn last_step(text: &str, separator: char) -> String {
    text.rsplit(separator).next().unwrap_or_default().to_owned()
}

fn properties(resolver: &Resolver<'_>, event: &Entry, of: &str) -> Result<Json, Error> {
    let missing = || {
        let (missing, of) = ("Properties".to_owned(), of.to_owned());
        resolver.error(event.line, Problem::Missing { missing, of })
    };
    let node = event
        .node
        .get("Properties")
        .filter(|node| matches!(node.value, Value::Mapping(_)));
    resolver
        .json(node.ok_or_else(missing)?)?
        .ok_or_else(missing)
}

fn read<T: DeserializeOwned>(
    resolver: &Resolver<'_>,
    entry: &Entry,
    of: &str,
    properties: &Json,
) -> Result<T, Error> {
    T::deserialize(properties).map_err(|error| {
        let (of, found) = (of.to_owned(), error.to_string());
        let wanted = "see the properties of this type in the SAM documentation".to_owned();
        resolver.error(entry.line, Problem::Value { of, found, wanted })
    })
}
