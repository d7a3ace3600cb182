//! Reads the streams of tables, for event sources, and their rows, for the console. Each table has one shard here.

use dynoxide::{
    Database,
    actions::{
        describe_stream::DescribeStreamRequest, get_records::GetRecordsRequest,
        get_shard_iterator::GetShardIteratorRequest, list_streams::ListStreamsRequest,
        list_tables::ListTablesRequest, scan::ScanRequest,
    },
};
use serde_json::Value as Json;

/// Maximum number of records in one read; DynamoDB's limit.
const MAX_RECORDS: usize = 1000;

/// The streams of all tables.
#[derive(Clone)]
pub(crate) struct Tables(pub(super) Database);

/// A place within the shard of a table.
pub(crate) struct Shard {
    pub(crate) id: String,
    /// The last part of the stream's ARN.
    pub(crate) label: String,
    /// Where the next read begins.
    pub(crate) iterator: String,
}

/// A stream that cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StreamError {
    #[error("the table has no stream; give it a StreamSpecification")]
    None,
    #[error("{0}")]
    DynamoDb(String),
}

impl From<dynoxide::DynoxideError> for StreamError {
    fn from(error: dynoxide::DynoxideError) -> Self {
        Self::DynamoDb(error.to_string())
    }
}

impl Tables {
    /// The shard of a table, before its oldest record or after its newest.
    pub(crate) async fn shard(&self, table: &str, from_start: bool) -> Result<Shard, StreamError> {
        let table = table.to_owned();
        self.run(move |database| {
            let request = ListStreamsRequest {
                table_name: Some(table),
                ..ListStreamsRequest::default()
            };
            let stream = database.list_streams(request)?.streams.pop();
            let stream = stream.ok_or(StreamError::None)?;
            let request = DescribeStreamRequest {
                stream_arn: stream.stream_arn.clone(),
                ..DescribeStreamRequest::default()
            };
            let described = database.describe_stream(request)?.stream_description;
            let shard = described
                .shards
                .into_iter()
                .next()
                .ok_or(StreamError::None)?;
            let request = GetShardIteratorRequest {
                stream_arn: stream.stream_arn,
                shard_id: shard.shard_id.clone(),
                shard_iterator_type: if from_start { "TRIM_HORIZON" } else { "LATEST" }.to_owned(),
                sequence_number: None,
            };
            let iterator = database.get_shard_iterator(request)?.shard_iterator;
            Ok(Shard {
                id: shard.shard_id,
                label: stream.stream_label,
                iterator: iterator.ok_or(StreamError::None)?,
            })
        })
        .await
    }

    /// Reads the next records, at most `max`, in the form that functions receive.
    ///
    /// # Cancel safety
    /// No record is lost: the iterator advances only when the records are returned.
    pub(crate) async fn records(
        &self,
        shard: &mut Shard,
        max: usize,
    ) -> Result<Vec<Json>, StreamError> {
        let request = GetRecordsRequest {
            shard_iterator: shard.iterator.clone(),
            limit: Some(max.clamp(1, MAX_RECORDS)),
        };
        let (records, next) = self
            .run(move |database| {
                let found = database.get_records(request)?;
                let records = found.records.iter().map(serde_json::to_value);
                let records: Result<Vec<_>, _> = records.collect();
                let records = records.map_err(|error| StreamError::DynamoDb(error.to_string()))?;
                Ok((records, found.next_shard_iterator))
            })
            .await?;
        if let Some(next) = next {
            shard.iterator = next;
        }
        Ok(records)
    }

    /// The names of all tables with their first rows. A table that cannot be read appears empty.
    pub(crate) async fn contents(&self, rows: usize) -> Vec<(String, Vec<Json>)> {
        let contents = self.run(move |database| {
            let tables = database.list_tables(ListTablesRequest::default())?;
            let contents = tables.table_names.into_iter().map(|table| {
                let request = ScanRequest {
                    table_name: table.clone(),
                    limit: Some(rows),
                    ..ScanRequest::default()
                };
                let items = database.scan(request).ok().and_then(|found| found.items);
                let items = items.unwrap_or_default().into_iter();
                let items = items.filter_map(|item| serde_json::to_value(item).ok());
                (table, items.collect())
            });
            Ok(contents.collect())
        });
        contents.await.unwrap_or_default()
    }

    /// Runs an operation on a thread that may block.
    async fn run<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&Database) -> Result<T, StreamError> + Send + 'static,
    ) -> Result<T, StreamError> {
        let database = self.0.clone();
        let task = tokio::task::spawn_blocking(move || operation(&database));
        task.await
            .map_err(|error| StreamError::DynamoDb(error.to_string()))?
    }
}
