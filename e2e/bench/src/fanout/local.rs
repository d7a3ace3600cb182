//! Counts the frames that clients of the local stack really receive.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use papo_bench::chat_load::{Load, Schedule};

use crate::stack;

/// How long messages are sent.
const DURATION: Duration = Duration::from_secs(10);

/// How many people connect per second.
const CONNECT_RATE: f64 = 100.0;

/// How long a handshake or the last delivery may take. A busy machine must not end the measurement.
const LIMIT: Duration = Duration::from_mins(1);

/// Starts a stack with this `Fanout`, connects `people`, and lets them send `rate` messages a second. Returns the frames that a
/// client receives for each message, on average.
pub(super) async fn frames_per_delivery(
    programs: &Path,
    template: &Path,
    fanout: &str,
    people: u32,
    rate: f64,
) -> Result<f64> {
    let builder = stack::builder(programs, template)
        .parameter("Fanout", fanout)
        .parameter("RateLimit", "0");
    let stack = tokio::task::spawn_blocking(|| builder.start()).await??;
    let load = Load {
        address: stack.endpoint().to_string(),
        clients: people.try_into()?,
        connect_rate: CONNECT_RATE,
        schedule: Schedule::new(rate, DURATION),
        size: 0,
        introduced: true,
        settle: Duration::ZERO,
        timeout: LIMIT,
    };
    let report = load.run(|_| {}).await?;
    tokio::task::spawn_blocking(move || drop(stack)).await?;
    // A message that a busy machine does not append in time is refused, and not lost.
    ensure!(report.lost() == 0, "deliveries are missing:\n{report}");
    Ok(report.frames_per_delivery())
}
