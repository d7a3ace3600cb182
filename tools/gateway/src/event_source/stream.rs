//! DynamoDB Streams as an event source: polls the one shard of a table, in order, and invokes a function with batches.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html>. A mapping begins at its starting position. With `--data`, it
//! continues after the last completed batch when the gateway is started again.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use serde_json::{Value as Json, json};
use tokio::time::{Instant, sleep};
use tracing::warn;

use super::{
    batch::{Condition, Deliveries, Outcome, Policy, Step, failures},
    invoke::invoke,
    positions::{Position, Positions},
};
use crate::{
    clock::Clock,
    dynamodb::{Shard, StreamError, Tables},
    functions::{Failure, Function},
    ids,
    sqs::{Outgoing, Queues},
    template::{
        EventSource, StreamSource,
        resolve::{ACCOUNT, REGION, function_arn},
    },
};

/// Interval at which a stream without new records is polled. Lambda polls four times a second; functions that combine what
/// arrives between two polls see as much at once as on AWS.
const POLL: Duration = Duration::from_millis(250);
/// Age at which records leave a stream.
const RETENTION: Duration = Duration::from_hours(24);
/// Largest event, in bytes: 6 MB less what surrounds the records. Larger batches are delivered in pieces.
const MAX_PAYLOAD: usize = 6 * 1024 * 1024 - 1024;

/// A mapping from a table's stream to a function.
pub(crate) struct StreamPoller {
    pub(crate) mapping: EventSource,
    pub(crate) source: StreamSource,
    pub(crate) function: Arc<Function>,
    pub(crate) tables: Tables,
    pub(crate) clock: Clock,
    pub(crate) queues: Queues,
    pub(crate) positions: Positions,
}

impl StreamPoller {
    /// Polls until dropped, the gateway shuts down, or the table turns out to have no stream.
    pub(crate) async fn poll(self) {
        let mut shard = match self
            .tables
            .shard(&self.source.table, self.source.from_start)
            .await
        {
            Ok(shard) => shard,
            Err(error) => {
                return warn!(
                    "{}: the stream of {} cannot be read: {error}",
                    self.function.spec.logical_id, self.source.table
                );
            }
        };
        self.resume(&mut shard);
        let mut window = Window::default();
        loop {
            match self.read(&mut shard, &mut window).await {
                Ok(true) => {}
                Ok(false) => sleep(POLL).await,
                Err(error) => {
                    warn!("{}: {error}", self.function.spec.logical_id);
                    sleep(POLL).await;
                }
            }
            if window.is_complete(self.mapping.batch_size, self.mapping.window) {
                let records = std::mem::take(&mut window).records;
                if !self.deliver(&shard, records).await {
                    return;
                }
            }
            if window.records.is_empty() {
                self.keep(&shard);
            }
        }
    }

    /// Identifies the mapping in the stored positions.
    fn name(&self) -> String {
        format!("{} -> {}", self.source.table, self.mapping.function)
    }

    /// Continues where the mapping was when the gateway stopped.
    fn resume(&self, shard: &mut Shard) {
        if let Some(position) = self.positions.get(&self.name())
            && position.stream == shard.label
        {
            shard.iterator = position.iterator;
        }
    }

    /// Stores the position if it has changed. All records before it have been processed.
    fn keep(&self, shard: &Shard) {
        let position = Position {
            stream: shard.label.clone(),
            iterator: shard.iterator.clone(),
        };
        if self.positions.get(&self.name()).as_ref() != Some(&position) {
            self.positions.set(&self.name(), position);
        }
    }

    /// Reads more records into the window. Returns `false` if there are none at the moment.
    async fn read(&self, shard: &mut Shard, window: &mut Window) -> Result<bool, StreamError> {
        let max = self.mapping.batch_size - window.records.len().min(self.mapping.batch_size);
        let found = self.tables.records(shard, max).await?;
        let any = !found.is_empty();
        let arn = self.arn(shard);
        let horizon = self.clock.now() - RETENTION;
        // The database keeps records for longer.
        let trimmed = |record: &Json| created_at(Some(record)) < horizon;
        for mut record in found.into_iter().filter(|record| !trimmed(record)) {
            record["awsRegion"] = Json::from(REGION);
            record["eventSourceARN"] = Json::from(arn.as_str());
            if self.mapping.accepts(&record) {
                window.push(record);
            }
        }
        Ok(any)
    }

    /// Invokes the function until every record has succeeded or been given up. Returns `false` if the gateway is shutting down.
    async fn deliver(&self, shard: &Shard, records: Vec<Json>) -> bool {
        let policy = Policy {
            retries: self.source.retries,
            max_age: self.source.max_age.unwrap_or(RETENTION),
            bisect: self.source.bisect,
        };
        for records in split_by_size(records) {
            let mut deliveries = Deliveries::new(records);
            while let Some(records) = deliveries.current() {
                let oldest = created_at(records.first());
                let Some(outcome) = self.invoke(records).await else {
                    return false;
                };
                let age = self.clock.now().duration_since(oldest).unsigned_abs();
                match deliveries.report(outcome, age, policy) {
                    Step::Continue => {}
                    Step::RetryAfter(wait) => sleep(wait).await,
                    Step::GiveUp {
                        records,
                        attempts,
                        condition,
                    } => self.give_up(shard, &records, attempts, condition),
                }
            }
        }
        true
    }

    fn give_up(&self, shard: &Shard, records: &[Json], attempts: u32, condition: Condition) {
        warn!(
            "{}: {} records of {} are given up after {attempts} attempts: {}",
            self.function.spec.logical_id,
            records.len(),
            self.source.table,
            condition.as_str()
        );
        if let Some(queue) = &self.source.on_failure {
            let message = self.failure(shard, records, attempts, condition);
            self.queues
                .send(queue, Outgoing::plain(message.to_string()));
        }
    }

    /// `None` when the gateway is shutting down.
    async fn invoke(&self, records: &[Json]) -> Option<Outcome> {
        match invoke(&self.function, "stream", &self.source.table, records).await {
            Err(Failure::Ending) => None,
            Err(_) => Some(Outcome::Failed),
            Ok(_) if !self.mapping.reports_failures => Some(Outcome::Succeeded),
            Ok(response) => Some(outcome_of(&response, records)),
        }
    }

    fn arn(&self, shard: &Shard) -> String {
        let (table, label) = (&self.source.table, &shard.label);
        format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}/stream/{label}")
    }

    /// The message to an on-failure destination
    /// (<https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html>).
    fn failure(
        &self,
        shard: &Shard,
        records: &[Json],
        attempts: u32,
        condition: Condition,
    ) -> Json {
        let spec = &self.function.spec;
        json!({
            "requestContext": {
                "requestId": ids::uuid(),
                "functionArn": function_arn(&spec.name),
                "condition": condition.as_str(),
                "approximateInvokeCount": attempts,
            },
            "responseContext": {
                "statusCode": 200,
                "executedVersion": "$LATEST",
                "functionError": "Unhandled",
            },
            "version": "1.0",
            "timestamp": self.clock.now().to_string(),
            "DDBStreamBatchInfo": {
                "shardId": shard.id,
                "startSequenceNumber": sequence_number(records.first()),
                "endSequenceNumber": sequence_number(records.last()),
                "approximateArrivalOfFirstRecord": created_at(records.first()).to_string(),
                "approximateArrivalOfLastRecord": created_at(records.last()).to_string(),
                "batchSize": records.len(),
                "streamArn": self.arn(shard),
            },
        })
    }
}

/// Records that wait until a batch is full or its window has passed.
#[derive(Default)]
struct Window {
    records: Vec<Json>,
    since: Option<Instant>,
}

impl Window {
    fn push(&mut self, record: Json) {
        self.since.get_or_insert_with(Instant::now);
        self.records.push(record);
    }

    fn is_complete(&self, batch_size: usize, window: Duration) -> bool {
        self.records.len() >= batch_size
            || self.since.is_some_and(|since| since.elapsed() >= window)
    }
}

/// Splits the records into batches that each fit one event.
fn split_by_size(records: Vec<Json>) -> Vec<Vec<Json>> {
    let (mut batches, mut total) = (Vec::new(), 0);
    for record in records {
        let length = record.to_string().len() + 1;
        total += length;
        if batches.is_empty() || total > MAX_PAYLOAD {
            batches.push(Vec::new());
            total = length;
        }
        if let Some(batch) = batches.last_mut() {
            batch.push(record);
        }
    }
    batches
}

fn outcome_of(response: &[u8], records: &[Json]) -> Outcome {
    let Some(failed) = failures(response) else {
        return Outcome::Failed;
    };
    if failed.is_empty() {
        return Outcome::Succeeded;
    }
    // Everything from the first failed record on is delivered again. An unknown id fails the whole batch.
    let places = failed.iter().map(|id| {
        records
            .iter()
            .position(|record| sequence_number(Some(record)) == id)
    });
    match places.min() {
        Some(Some(index)) => Outcome::FailedFrom(index),
        _ => Outcome::Failed,
    }
}

fn sequence_number(record: Option<&Json>) -> &str {
    record
        .and_then(|record| record["dynamodb"]["SequenceNumber"].as_str())
        .unwrap_or_default()
}

fn created_at(record: Option<&Json>) -> Timestamp {
    record
        .and_then(|record| record["dynamodb"]["ApproximateCreationDateTime"].as_f64())
        .and_then(|seconds| {
            Timestamp::from_duration(jiff::SignedDuration::try_from_secs_f64(seconds).ok()?).ok()
        })
        .unwrap_or_else(crate::clock::now)
}
