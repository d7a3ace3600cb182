//! Load: many clients play one transcript at a rate, and the latency of each line that waits is measured.
//!
//! Clients begin when the schedule says, whether those before them have finished or not (an open loop). A line's latency is the time
//! from when it was due to when it was met; see [`Timings`]. A client whose transcript fails is counted by its message; a failed line
//! has no latency.
//!
//! # Layout
//!
//! - [`report`]: the result, as text and as JSON

mod report;

use std::collections::BTreeMap;
use std::time::Duration;

use futures::stream::{FuturesUnordered, StreamExt as _};
use tokio::time::Instant;

pub use report::Report;

use crate::latency::Latency;
use crate::player::{Player, Settings, Timings};
use crate::transcript::Transcript;

/// Maximum number of different failures that are kept.
const MAX_FAILURES: usize = 20;

/// The load to generate.
#[derive(Clone, Debug)]
pub struct Load {
    /// The scenario.
    pub transcript: Transcript,
    /// How each client plays it.
    pub settings: Settings,
    /// How many clients play it, each once.
    pub clients: u32,
    /// How many clients begin per second.
    pub rate: f64,
}

/// The latencies of one line.
#[derive(Debug)]
struct Line {
    number: usize,
    text: String,
    latency: Latency,
}

impl Load {
    /// Plays the transcript for all clients. Needs a Tokio runtime with I/O and time.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops all connections.
    pub async fn run(&self) -> Report {
        let begun = Instant::now();
        let mut playing = FuturesUnordered::new();
        let (mut started, mut passed) = (0, 0);
        let mut latest = Duration::ZERO;
        let mut failures: BTreeMap<String, u64> = BTreeMap::new();
        let mut lines: BTreeMap<usize, Line> = BTreeMap::new();
        while started < self.clients || !playing.is_empty() {
            let due = begun + Duration::from_secs_f64(f64::from(started) / self.rate);
            tokio::select! {
                () = tokio::time::sleep_until(due), if started < self.clients => {
                    latest = latest.max(due.elapsed());
                    started += 1;
                    playing.push(self.client(started, due));
                }
                Some((result, timings)) = playing.next() => {
                    match result {
                        Ok(()) => passed += 1,
                        Err(message) if failures.len() < MAX_FAILURES || failures.contains_key(&message) => {
                            *failures.entry(message).or_default() += 1;
                        }
                        Err(_) => *failures.entry("other failures".to_owned()).or_default() += 1,
                    }
                    self.record(&timings, &mut lines);
                }
            }
        }
        Report {
            clients: self.clients,
            passed,
            failures,
            took: begun.elapsed(),
            latest_start: latest,
            lines: lines.into_values().collect(),
        }
    }

    /// Plays the transcript once, for client `number`, which is due to begin at `due`. The error is the first line of the message.
    async fn client(&self, number: u32, due: Instant) -> (Result<(), String>, Timings) {
        let timings = Timings::starting_at(due);
        let mut settings = self.settings.clone();
        settings.variables.insert("client", &number.to_string());
        let player = Player {
            timings: Some(&timings),
            ..Player::new(&settings)
        };
        let result = player.play(&self.transcript).await;
        let message = |failure: crate::player::Failure| {
            let message = failure.to_string();
            let mut lines = message.lines().map(str::trim);
            let title = lines.next().unwrap_or_default();
            let place = lines.next().unwrap_or_default();
            format!(
                "{} ({})",
                title.trim_start_matches("error: "),
                place.trim_start_matches("--> ")
            )
        };
        (result.map_err(message), timings)
    }

    fn record(&self, timings: &Timings, lines: &mut BTreeMap<usize, Line>) {
        for (number, waited) in timings.taken() {
            let line = lines.entry(number).or_insert_with(|| Line {
                number,
                text: self.transcript.source.line(number).trim().to_owned(),
                latency: Latency::new(),
            });
            line.latency.record(waited);
        }
    }
}
