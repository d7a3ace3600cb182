//! Event sources that invoke functions besides the API: schedules, streams and queues.

use std::time::Duration;

use crate::template::{filter::Pattern, schedule_expression::ScheduleExpression};

/// A rule that invokes a function on a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Logical id of the function.
    pub function: String,
    /// Name of the rule on AWS.
    pub rule: String,
    /// As written, for instance `rate(10 minutes)`.
    pub expression: String,
    /// When it fires.
    pub timing: ScheduleExpression,
    /// JSON that replaces the scheduled event.
    pub input: Option<String>,
    /// A disabled schedule fires only on request.
    pub enabled: bool,
}

/// A function that is invoked with batches of records.
#[derive(Debug, Clone, PartialEq)]
pub struct EventSource {
    /// Logical id of the function.
    pub function: String,
    /// Where the records come from.
    pub source: RecordSource,
    /// Maximum number of records of one invocation.
    pub batch_size: usize,
    /// How long a batch is collected; zero delivers at once.
    pub window: Duration,
    /// A record is delivered if one of these accepts it, or if there are none.
    pub filters: Vec<Pattern>,
    /// Whether the function reports which records failed (`ReportBatchItemFailures`).
    pub reports_failures: bool,
    /// A disabled source invokes nothing.
    pub enabled: bool,
}

impl EventSource {
    /// Whether the function gets this record.
    pub(crate) fn accepts(&self, record: &serde_json::Value) -> bool {
        self.filters.is_empty() || self.filters.iter().any(|filter| filter.accepts(record))
    }
}

/// Where records come from.
#[derive(Debug, Clone, PartialEq)]
pub enum RecordSource {
    /// The stream of a table.
    Stream(StreamSource),
    /// An SQS queue, by name.
    Queue(String),
}

/// How the stream of a table is read.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamSource {
    /// The table's name.
    pub table: String,
    /// Whether reading begins with the oldest record (`TRIM_HORIZON`) instead of the next one (`LATEST`).
    pub from_start: bool,
    /// Retries of a failed batch; without a number, as long as its records last.
    pub retries: Option<u32>,
    /// Age at which records are given up.
    pub max_age: Option<Duration>,
    /// Whether a failed batch is split in two.
    pub bisect: bool,
    /// The queue, by name, that receives a report of records that are given up.
    pub on_failure: Option<String>,
}
