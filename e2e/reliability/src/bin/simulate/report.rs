//! Runs simulations and prints their reports.

use std::io::{self, Write as _};

use anstyle::{AnsiColor, Style};
use clap::ValueEnum as _;
use papo_reliability::counters::{FaultCounters, FaultEvent};
use papo_reliability::report::{tables, violations};
use papo_reliability::simulation::safeguard::Safeguard;
use papo_reliability::simulation::trace::{Actor, Trace};
use papo_reliability::simulation::{self, Outcome};
use papo_reliability::verdict::HistoryVerdict;
use xtask_lib::bar;
use xtask_lib::table::{Column, render};

use crate::cli::Arguments;

/// How many failing seeds are listed after the first.
const LISTED: usize = 12;

const BAD: Style = AnsiColor::Red.on_default().bold();
const DIM: Style = Style::new().dimmed();

/// Runs many seeds and prints the sum. Returns whether there was no violation.
pub(crate) fn seeds(arguments: &Arguments) -> io::Result<bool> {
    let mut out = anstream::stdout();
    let (mut total, counters) = (HistoryVerdict::default(), FaultCounters::default());
    let mut failing = Vec::new();
    let bar = bar::show(arguments.seeds);
    for seed in arguments.from..arguments.from.saturating_add(arguments.seeds) {
        let outcome = simulation::run(seed, arguments.without, Trace::default());
        if let Some(first) = outcome.verdict.violations.first() {
            failing.push((seed, first.to_string()));
            bar.set_message(format!("{} failed", failing.len()));
        }
        total.add(outcome.verdict);
        counters.merge(&outcome.counters);
        bar.inc(1);
    }
    bar.finish_and_clear();
    write!(
        out,
        "{}",
        tables(arguments.seeds, &total, &counters, &FaultEvent::SIMULATED)
    )?;
    let Some(((seed, first), others)) = failing.split_first() else {
        return Ok(true);
    };
    let without = arguments.without;
    let without = without.map_or(String::new(), |it| format!(" --without {it}"));
    let (count, seeds) = (failing.len(), arguments.seeds);
    writeln!(
        out,
        "\n{BAD}{count} of {seeds} seeds failed{BAD:#}, the first with {first}"
    )?;
    writeln!(
        out,
        "to print its trace: cargo xtask simulate --seed {seed}{without}"
    )?;
    if !others.is_empty() {
        let listed = others.iter().take(LISTED).map(|(seed, _)| seed.to_string());
        let listed: Vec<_> = listed.collect();
        let more = if others.len() > LISTED { ", …" } else { "" };
        writeln!(out, "others: {}{more}", listed.join(", "))?;
    }
    Ok(false)
}

/// Runs one seed and prints its trace. Returns whether there was no violation.
pub(crate) fn trace(seed: u64, without: Option<Safeguard>) -> io::Result<bool> {
    let mut out = anstream::stdout();
    let Outcome {
        verdict,
        counters,
        trace,
    } = simulation::run(seed, without, Trace::recording());
    for line in trace.lines() {
        if line.actor == Actor::Environment {
            writeln!(out, "{DIM}{line}{DIM:#}")?;
        } else {
            writeln!(out, "{line}")?;
        }
    }
    write!(
        out,
        "\n{}",
        tables(1, &verdict, &counters, &FaultEvent::SIMULATED)
    )?;
    write!(out, "{BAD}{}{BAD:#}", violations(&verdict))?;
    Ok(verdict.is_clean())
}

/// Disables each safeguard in turn. Returns whether the checker noticed each of them.
pub(crate) fn safeguards(arguments: &Arguments) -> io::Result<bool> {
    let mut out = anstream::stdout();
    let mut rows = Vec::new();
    let mut all_noticed = true;
    for &safeguard in Safeguard::value_variants() {
        let seeds = arguments.from..arguments.from.saturating_add(arguments.seeds);
        let mut found = seeds.filter_map(|seed| {
            let outcome = simulation::run(seed, Some(safeguard), Trace::default());
            Some((seed, outcome.verdict.violations.into_iter().next()?))
        });
        let (seed, kind) = if let Some((seed, violation)) = found.next() {
            (seed.to_string(), violation.kind.to_string())
        } else {
            all_noticed = false;
            ("none".to_owned(), "NOT NOTICED".to_owned())
        };
        let meaning = safeguard.without_it().to_owned();
        rows.push(vec![safeguard.to_string(), seed, kind, meaning]);
    }
    let columns = [
        Column::Words("safeguard"),
        Column::Numbers("seed"),
        Column::Words("shows"),
        Column::Words("without it"),
    ];
    write!(out, "{}", render(&columns, &rows))?;
    Ok(all_noticed)
}
