//! Tables, and a world as a story.

use std::io::{IsTerminal as _, Write as _};

use anstyle::{AnsiColor, Style};
use papo_simulation::ledger::{Fault, Ledger};
use papo_simulation::safeguard::Safeguard;
use papo_simulation::trace::{Trace, Who};
use papo_simulation::world::{self, Outcome};
use xtask_lib::table::{Column, render};

use crate::cli::Arguments;

/// How many seeds that fail are named beside the first.
const OTHERS: usize = 12;

const BAD: Style = AnsiColor::Red.on_default().bold();
const DIM: Style = Style::new().dimmed();

/// Many worlds, and their account together. Whether nothing is wrong.
pub(crate) fn worlds(arguments: &Arguments) -> bool {
    let mut account = Ledger::default();
    let mut failing = Vec::new();
    let seeds = arguments.from..arguments.from.saturating_add(arguments.seeds);
    for seed in seeds {
        tell(seed - arguments.from, arguments.seeds, failing.len());
        let outcome = world::live(seed, arguments.without, Trace::default());
        if !outcome.ledger.is_clean() {
            failing.push((seed, outcome.ledger.findings[0].to_string()));
        }
        account.add(&outcome.ledger);
    }
    tell_no_more();
    anstream::print!("{}", table(&account, arguments.seeds));
    let Some((seed, what)) = failing.first() else {
        return true;
    };
    let without = arguments
        .without
        .map_or(String::new(), |it| format!(" --without {it}"));
    let (count, seeds) = (failing.len(), arguments.seeds);
    anstream::println!("\n{BAD}{count} of {seeds} seeds fail{BAD:#}, the first with {what}");
    anstream::println!("to see it: cargo xtask simulate --seed {seed}{without}");
    let others: Vec<String> = failing[1..]
        .iter()
        .map(|(seed, _)| seed.to_string())
        .collect();
    if !others.is_empty() {
        let more = if others.len() > OTHERS { ", …" } else { "" };
        let others = others[..others.len().min(OTHERS)].join(", ");
        anstream::println!("others: {others}{more}");
    }
    false
}

/// One world, told in full. Whether nothing is wrong.
pub(crate) fn story(seed: u64, without: Option<Safeguard>) -> bool {
    let Outcome { ledger, trace } = world::live(seed, without, Trace::kept());
    for line in trace.lines() {
        if line.who == Who::Fate {
            anstream::println!("{DIM}{line}{DIM:#}");
        } else {
            anstream::println!("{line}");
        }
    }
    anstream::print!("\n{}", table(&ledger, 1));
    for finding in &ledger.findings {
        anstream::println!("{BAD}{finding}{BAD:#}");
    }
    ledger.is_clean()
}

/// Leaves out one safeguard after the other. Whether each of them is missed.
pub(crate) fn safeguards(arguments: &Arguments) -> bool {
    let mut rows = Vec::new();
    let mut all_are_missed = true;
    for safeguard in Safeguard::ALL {
        let seeds = arguments.from..arguments.from.saturating_add(arguments.seeds);
        let mut found = seeds.filter_map(|seed| {
            let outcome = world::live(seed, Some(safeguard), Trace::default());
            Some((seed, outcome.ledger.findings.into_iter().next()?))
        });
        let found = found.next();
        all_are_missed &= found.is_some();
        let (seed, fault) = found.map_or_else(
            || ("none".to_owned(), "NOT NOTICED".to_owned()),
            |(seed, finding)| (seed.to_string(), finding.fault.to_string()),
        );
        let meaning = safeguard.without_it().to_owned();
        rows.push(vec![safeguard.name().to_owned(), seed, fault, meaning]);
    }
    let columns = [
        Column::Words("safeguard"),
        Column::Numbers("seed"),
        Column::Words("shows"),
        Column::Words("without it"),
    ];
    anstream::print!("{}", render(&columns, &rows));
    all_are_missed
}

fn table(account: &Ledger, worlds: u64) -> String {
    let row = |name: &str, count: u64| vec![name.to_owned(), count.to_string()];
    let mut messages = vec![
        row("worlds", worlds),
        row("said", account.said),
        row("acknowledged", account.acknowledged),
    ];
    messages.extend(Fault::ALL.map(|fault| {
        let count = u64::try_from(account.count(fault)).unwrap_or(u64::MAX);
        row(&fault.to_string(), count)
    }));
    let deeds = account.deeds.rows().map(|(name, count)| row(name, count));
    let table = |heading, unit, rows: &[Vec<String>]| {
        render(&[Column::Words(heading), Column::Numbers(unit)], rows)
    };
    format!(
        "{}\n{}",
        table("ledger", "count", &messages),
        table("what happened", "times", &deeds)
    )
}

/// How far it is, where somebody looks.
fn tell(done: u64, of: u64, failing: usize) {
    let mut stderr = std::io::stderr();
    if done.is_multiple_of(10) && stderr.is_terminal() {
        let _ = write!(stderr, "\r{done} of {of} worlds, {failing} of them fail ");
    }
}

fn tell_no_more() {
    let mut stderr = std::io::stderr();
    if stderr.is_terminal() {
        let _ = write!(stderr, "\r{:60}\r", "");
    }
}
