//! `delivererWS`: delivers to a part of a large room.
//!
//! Invoked by the broadcaster, which reports the deliveries of all parts; see [`crate::parts`].

use std::time::SystemTime;

use lambda_runtime::LambdaEvent;
use tracing::Instrument;

use crate::clock::Clock;
use crate::connections::DeleteConnection;
use crate::event::time_left;
use crate::management::{Close, Post};
use crate::parts::{Part, PartReport};

/// Handles one invocation. Never fails as a whole.
pub async fn handle<G: Post + Close, C: Clock>(
    connections: &impl DeleteConnection,
    gateway: &G,
    clock: &C,
    event: LambdaEvent<Part>,
) -> PartReport {
    let span = tracing::error_span!("invocation", requestId = event.context.request_id);
    let left = time_left(&event.context, SystemTime::now());
    async {
        let part = event.payload;
        let report = part.deliver(connections, gateway, clock, left).await;
        // Without the field `reached`, which the metric of deliveries adds up: the broadcaster's line has it.
        let failure = report.failure.as_ref().map(tracing::field::display);
        tracing::info!(failure, "delivered a part");
        PartReport::from(&report)
    }
    .instrument(span)
    .await
}
