//! Event source mappings: functions that are invoked with batches of records from a DynamoDB stream or an SQS queue.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html>. `batch` decides what happens to a batch
//! when the function fails; `stream` and `queue` read the two kinds of source, `invoke` calls the function, and `positions` keeps
//! how far a stream was read.

mod batch;
mod invoke;
mod positions;
mod queue;
mod stream;

use std::{collections::BTreeMap, sync::Arc};

use tracing::warn;

pub(crate) use self::positions::Positions;
use self::{
    queue::{POLLERS, QueuePoller},
    stream::StreamPoller,
};
use crate::{
    clock::Clock,
    dynamodb::Tables,
    functions::Function,
    sqs::Queues,
    tasks::Tasks,
    template::{EventSource, RecordSource},
};

/// Where records come from and go to.
pub(crate) struct Services {
    pub(crate) tables: Tables,
    pub(crate) queues: Queues,
    pub(crate) positions: Positions,
    pub(crate) clock: Clock,
}

/// Polls every enabled source until the gateway ends.
pub(crate) fn start(
    sources: Vec<EventSource>,
    functions: &BTreeMap<String, Arc<Function>>,
    services: &Services,
    tasks: &Tasks,
) {
    for mapping in sources.into_iter().filter(|source| source.enabled) {
        let Some(function) = functions.get(&mapping.function) else {
            continue;
        };
        match mapping.source.clone() {
            RecordSource::Stream(source) => {
                let poller = StreamPoller {
                    mapping,
                    source,
                    function: Arc::clone(function),
                    tables: services.tables.clone(),
                    queues: services.queues.clone(),
                    positions: services.positions.clone(),
                    clock: services.clock.clone(),
                };
                tasks.spawn(poller.poll());
            }
            RecordSource::Queue(queue) if !services.queues.names().contains(&queue) => warn!(
                "{}: no template here has the queue {queue}; pass the one that has it with another --template",
                mapping.function
            ),
            RecordSource::Queue(queue) => {
                let poller = Arc::new(QueuePoller {
                    mapping,
                    queue,
                    function: Arc::clone(function),
                    queues: services.queues.clone(),
                });
                for _ in 0..POLLERS {
                    let poller = Arc::clone(&poller);
                    tasks.spawn(async move { poller.poll().await });
                }
            }
        }
    }
}
