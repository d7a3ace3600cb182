//! What is printed after a run.

use std::fmt::Write as _;
use std::time::Duration;

use papo_reliability::chaos::{Options, Outcome};
use papo_reliability::counters::FaultEvent;
use papo_reliability::report;

/// The tables, and a sentence about the run.
pub(crate) fn summary(outcome: &Outcome, options: &Options) -> String {
    let tables = report::tables(1, &outcome.verdict, &outcome.counters, &FaultEvent::CHAOS);
    let drain = match outcome.drained {
        Some(after) => format!("idle {} later", seconds(after)),
        None => format!("no progress for {} after that", seconds(options.patience)),
    };
    let (clients, injected) = (options.clients, seconds(outcome.injected));
    let (seq, epoch) = (outcome.head.seq, outcome.head.epoch.as_str());
    format!(
        "{tables}\n{clients} clients for {injected}, {drain}; the log {epoch} ends at seq {seq}\n"
    )
}

/// The first violations of each kind, and everything else that is wrong.
pub(crate) fn failures(outcome: &Outcome, seed: u64) -> String {
    let mut text = report::violations(&outcome.verdict);
    if outcome.epochs.len() > 1 {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "the log began again: {}", outcome.epochs.join(", "));
    }
    if outcome.counters.get(FaultEvent::FunctionOrphaned) > 0 {
        text.push_str("functions outlived their gateway\n");
    }
    let _ = writeln!(text, "the seed was {seed}");
    text
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}
