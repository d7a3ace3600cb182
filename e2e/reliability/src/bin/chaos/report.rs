//! Prints the report of a run.

use std::fmt::Write as _;
use std::time::Duration;

use papo_reliability::chaos::latency::{Phase, Slowdown};
use papo_reliability::chaos::{Options, Outcome};
use papo_reliability::counters::FaultEvent;
use papo_reliability::report;
use xtask_lib::table::{Column, render};

/// The tables, and a sentence about the run.
pub(crate) fn summary(outcome: &Outcome, options: &Options) -> String {
    let tables = report::tables(1, &outcome.verdict, &outcome.counters, &FaultEvent::CHAOS);
    let drain = match outcome.drained {
        Some(after) => format!("idle {} later", seconds(after)),
        None => format!("no progress for {} after that", seconds(options.patience)),
    };
    let (clients, injected) = (options.clients, seconds(outcome.injected));
    let (seq, epoch) = (outcome.head.seq, outcome.head.epoch.as_str());
    let latencies = outcome.slowdown.as_ref().map(latencies);
    let latencies = latencies.unwrap_or_default();
    format!(
        "{tables}\n{latencies}{clients} clients for {injected}, {drain}; the log {epoch} ends at seq {seq}\n"
    )
}

/// How long messages took before and during an attack of hostile clients.
fn latencies(slowdown: &Slowdown) -> String {
    let milliseconds = |time: Duration| format!("{:.1}", time.as_secs_f64() * 1_000.0);
    let row = |name: &str, phase: &Phase| {
        let latency = &phase.latency;
        vec![
            name.to_owned(),
            phase.messages.to_string(),
            latency.count().to_string(),
            milliseconds(latency.median()),
            milliseconds(latency.percentile(99.0)),
            milliseconds(latency.max()),
        ]
    };
    let columns = [
        Column::Words("latency in ms"),
        Column::Numbers("messages"),
        Column::Numbers("deliveries"),
        Column::Numbers("p50"),
        Column::Numbers("p99"),
        Column::Numbers("longest"),
    ];
    let rows = [
        row("calm", &slowdown.calm),
        row("under attack", &slowdown.attacked),
    ];
    let (table, factor) = (render(&columns, &rows), slowdown.factor());
    format!(
        "{table}p99 under attack: {factor:.2} times the p99 without an attack, or 100 ms if that is longer\n\n"
    )
}

/// The first violations of each kind, and everything else that is wrong.
pub(crate) fn failures(outcome: &Outcome, seed: u64) -> String {
    let mut text = report::violations(&outcome.verdict);
    if outcome.epochs.len() > 1 {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "the log was replaced: {}", outcome.epochs.join(", "));
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
