//! Event source mappings: `DynamoDB` and `SQS` among the `Events` of a function, and `AWS::Lambda::EventSourceMapping`.
//!
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-dynamodb.html> and
//! `…-sqs.html`. Ranges are those of Lambda's `CreateEventSourceMapping`.

use std::{fmt::Display, ops::RangeInclusive, str::FromStr, time::Duration};

use super::{
    error::Error,
    fields::Fields,
    filter::Pattern,
    resolve::Resolver,
    resources,
    stack::{EventSource, RecordSource, StreamSource},
    target,
    yaml::Entry,
};

/// Types of events that are read here.
const TYPES: [&str; 2] = ["DynamoDB", "SQS"];

/// Properties that change administration, and nothing that a function sees.
const IGNORED: &[&str] = &["KmsKeyArn", "LoggingConfig", "MetricsConfig", "Tags"];

/// Longest batching window, in seconds.
const MAX_WINDOW: u64 = 300;

/// The kind of resource that an ARN names.
enum Source {
    /// The stream of the table of this name.
    Stream(String),
    /// The queue of this name.
    Queue(String),
}

impl Source {
    fn parse(arn: &str) -> Option<Self> {
        if let Some(queue) = queue_of(arn) {
            return Some(Self::Queue(queue));
        }
        let mut steps = arn.strip_prefix("arn:aws:dynamodb:")?.split('/');
        let (table, kind) = (steps.nth(1)?, steps.next()?);
        (kind == "stream").then(|| Self::Stream(table.to_owned()))
    }
}

/// The name of the queue with this ARN.
pub(super) fn queue_of(arn: &str) -> Option<String> {
    let rest = arn.strip_prefix("arn:aws:sqs:")?;
    rest.rsplit(':').next().map(ToOwned::to_owned)
}

/// The mappings among the events of a function.
pub(crate) fn of_function(resolver: &Resolver<'_>, resource: &Entry) -> Vec<EventSource> {
    let events = resources::events(resource).filter_map(|event| {
        let kind = event.node.text_of("Type")?;
        let kind = TYPES.into_iter().find(|known| *known == kind)?;
        resolver.keep(of_event(resolver, &resource.key, event, kind))
    });
    events.collect()
}

fn of_event(
    resolver: &Resolver<'_>,
    function: &str,
    event: &Entry,
    kind: &str,
) -> Result<EventSource, Error> {
    let mut fields = Fields::of_event(resolver, function, event)?;
    let (property, wanted) = if kind == "DynamoDB" {
        ("Stream", "expected the StreamArn of a table")
    } else {
        ("Queue", "expected the ARN of a queue")
    };
    let arn = fields.required_text(property)?;
    match (kind, Source::parse(&arn)) {
        ("DynamoDB", Some(source @ Source::Stream(_)))
        | ("SQS", Some(source @ Source::Queue(_))) => read(fields, function, source),
        _ => Err(fields.invalid(property, arn, wanted)),
    }
}

/// `AWS::Lambda::EventSourceMapping`. `None` for sources and functions that do not run here.
pub(crate) fn of_resource(
    resolver: &Resolver<'_>,
    resource: &Entry,
) -> Result<Option<EventSource>, Error> {
    let mut fields = Fields::of(resolver, resource)?;
    let function = fields.required_text("FunctionName")?;
    let source = fields.text("EventSourceArn")?.unwrap_or_default();
    let left_out = |what: &str| {
        let what = format!("{} {what}", resource.key);
        resolver.left_out(resource.line, &what);
        Ok(None)
    };
    let Some(function) = target::named(resolver, &function) else {
        return left_out(&format!(
            "invokes {function}, which is not a function of this template"
        ));
    };
    let Some(source) = Source::parse(&source) else {
        return left_out("reads neither the stream of a table nor an SQS queue");
    };
    read(fields, &function, source).map(Some)
}

fn read(mut fields: Fields<'_>, function: &str, source: Source) -> Result<EventSource, Error> {
    fields.ignore(IGNORED);
    let (source, default_batch) = match source {
        Source::Stream(table) => (RecordSource::Stream(stream(&mut fields, table)?), 100),
        Source::Queue(name) => (RecordSource::Queue(name), 10),
    };
    let batch_size = fields.number("BatchSize", 1..=10_000);
    let batch_size = batch_size.unwrap_or(default_batch);
    let window = fields.number("MaximumBatchingWindowInSeconds", 0..=MAX_WINDOW);
    let mut reports_failures = false;
    for node in fields.items("FunctionResponseTypes") {
        let kind = fields.resolver.text(node, "FunctionResponseTypes")?;
        reports_failures |= kind.as_deref() == Some("ReportBatchItemFailures");
    }
    let mapping = EventSource {
        function: function.to_owned(),
        source,
        batch_size,
        window: Duration::from_secs(window.unwrap_or(0)),
        filters: filters(&mut fields)?,
        reports_failures,
        enabled: fields.flag("Enabled").unwrap_or(true),
    };
    fields.finish();
    Ok(mapping)
}

fn filters(fields: &mut Fields<'_>) -> Result<Vec<Pattern>, Error> {
    let Some(mut criteria) = fields.nested("FilterCriteria")? else {
        return Ok(Vec::new());
    };
    let mut filters = Vec::new();
    for node in criteria.items("Filters") {
        let mut filter = Fields::new(criteria.resolver, criteria.path("a filter"), node)?;
        let found = filter.required_text("Pattern")?;
        let pattern = Pattern::parse(&found);
        filters.push(pattern.map_err(|wanted| filter.invalid("Pattern", found, wanted))?);
        filter.finish();
    }
    criteria.finish();
    Ok(filters)
}

fn stream(fields: &mut Fields<'_>, table: String) -> Result<StreamSource, Error> {
    let position = fields.required_text("StartingPosition")?;
    let from_start = match position.as_str() {
        "TRIM_HORIZON" => true,
        "LATEST" => false,
        _ => {
            let wanted = "expected TRIM_HORIZON or LATEST";
            return Err(fields.invalid("StartingPosition", position, wanted));
        }
    };
    Ok(StreamSource {
        table,
        from_start,
        retries: limit(fields, "MaximumRetryAttempts", 0..=10_000)?,
        max_age: limit(fields, "MaximumRecordAgeInSeconds", 60..=604_800)?.map(Duration::from_secs),
        bisect: fields.flag("BisectBatchOnFunctionError").unwrap_or(false),
        on_failure: match fields.nested("DestinationConfig")? {
            Some(config) => on_failure(config)?,
            None => None,
        },
    })
}

/// A number within `range`, or -1 for no limit.
fn limit<N: FromStr + PartialOrd + Display>(
    fields: &mut Fields<'_>,
    name: &'static str,
    range: RangeInclusive<N>,
) -> Result<Option<N>, Error> {
    let unlimited = fields.text(name)?.as_deref() == Some("-1");
    Ok((!unlimited).then(|| fields.number(name, range)).flatten())
}

/// The queue that receives a report of records that are given up.
fn on_failure(mut config: Fields<'_>) -> Result<Option<String>, Error> {
    let destination = config.nested("OnFailure")?;
    config.finish();
    let Some(mut destination) = destination else {
        return Ok(None);
    };
    destination.ignore(&["Type"]);
    let arn = destination.required_text("Destination")?;
    let queue = queue_of(&arn);
    if queue.is_none() {
        let what = format!("the failure destination {arn}, which is not an SQS queue");
        let line = destination.line_of("Destination");
        destination.resolver.left_out(line, &what);
    }
    destination.finish();
    Ok(queue)
}
