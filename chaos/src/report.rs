//! What is printed in the end: the ledger, what was done, and the first findings.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use xtask_lib::table::{Column, render};

use crate::ledger::Fault;
use crate::run::Outcome;

/// How many findings of each kind are printed.
const SHOWN: usize = 5;

/// The tables.
pub(crate) fn tables(outcome: &Outcome, clients: usize, patience: Duration) -> String {
    let ledger = &outcome.ledger;
    let count = |fault| ledger.count(fault).to_string();
    let messages = [
        ("sent", ledger.sent.to_string()),
        ("acknowledged", ledger.acknowledged.to_string()),
        ("lost", count(Fault::Lost)),
        ("doubled", count(Fault::Doubled)),
        ("out of order", count(Fault::OutOfOrder)),
        ("unresolved", count(Fault::Unresolved)),
    ];
    let deeds = &outcome.deeds;
    let times = |counter: &AtomicU64| counter.load(Ordering::Relaxed).to_string();
    let done = [
        ("connections cut", times(&deeds.cuts)),
        ("connections that stood still", times(&deeds.stalls)),
        ("connections delayed", times(&deeds.delays)),
        ("functions killed", times(&deeds.functions)),
        ("gateway killed", times(&deeds.gateways)),
        ("clean-ups run", times(&deeds.clean_ups)),
        ("pages reloaded", times(&deeds.reloads)),
        ("reconnections", outcome.reconnections.to_string()),
        ("functions left behind", times(&deeds.left_behind)),
        ("logs begun", outcome.epochs.len().to_string()),
    ];
    let table = |heading, unit, rows: &[(&str, String)]| {
        let rows: Vec<_> = rows
            .iter()
            .map(|(name, value)| vec![(*name).to_owned(), value.clone()])
            .collect();
        render(&[Column::Words(heading), Column::Numbers(unit)], &rows)
    };
    let quiet = match outcome.quiet_after {
        Some(after) => format!("{} s later all were quiet", seconds(after)),
        None => format!("then nothing moved for {} s", seconds(patience)),
    };
    format!(
        "{}\n{}\n{clients} clients for {} s; {quiet}, at number {} of the log {}\n",
        table("ledger", "messages", &messages),
        table("what happened", "times", &done),
        seconds(outcome.lasted),
        outcome.head.seq,
        outcome.head.epoch.as_str(),
    )
}

/// The first findings of each kind, and what else is wrong.
pub(crate) fn findings(outcome: &Outcome) -> String {
    let mut lines = Vec::new();
    for fault in [
        Fault::Lost,
        Fault::Doubled,
        Fault::OutOfOrder,
        Fault::Unresolved,
    ] {
        let of_it = outcome
            .ledger
            .findings
            .iter()
            .filter(|finding| finding.fault == fault);
        lines.extend(
            of_it
                .take(SHOWN)
                .map(|finding| format!("{fault}: {}", finding.what)),
        );
        let more = outcome.ledger.count(fault).saturating_sub(SHOWN);
        if more > 0 {
            lines.push(format!("{fault}: {more} more"));
        }
    }
    if outcome.epochs.len() > 1 {
        let names = outcome.epochs.join(", ");
        lines.push(format!("the log began anew: {names}"));
    }
    if outcome.deeds.left_behind.load(Ordering::Relaxed) > 0 {
        lines.push("functions went on running without their gateway".to_owned());
    }
    lines.push(String::new());
    lines.join("\n")
}

fn seconds(duration: Duration) -> String {
    format!("{:.1}", duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use papo_protocol::{Epoch, Position};

    use super::*;
    use crate::ledger::{Finding, Ledger};

    fn outcome() -> Outcome {
        Outcome {
            ledger: Ledger {
                sent: 2_413,
                acknowledged: 2_413,
                findings: Vec::new(),
            },
            deeds: std::sync::Arc::default(),
            reconnections: 1_207,
            lasted: Duration::from_millis(60_010),
            quiet_after: Some(Duration::from_millis(1_240)),
            head: Position {
                epoch: Epoch::new("m3k2x1"),
                seq: 2_413,
            },
            epochs: vec!["m3k2x1".to_owned()],
        }
    }

    #[test]
    fn the_ledger_says_what_became_of_every_message() {
        let outcome = outcome();
        outcome.deeds.cuts.store(98, Ordering::Relaxed);
        let expected = "\
ledger        messages
sent              2413
acknowledged      2413
lost                 0
doubled              0
out of order         0
unresolved           0

what happened                 times
connections cut                  98
connections that stood still      0
connections delayed               0
functions killed                  0
gateway killed                    0
clean-ups run                     0
pages reloaded                    0
reconnections                  1207
functions left behind             0
logs begun                        1

50 clients for 60.0 s; 1.2 s later all were quiet, at number 2413 of the log m3k2x1
";
        assert_eq!(tables(&outcome, 50, Duration::ZERO), expected);
        assert_eq!(findings(&outcome), "");
        assert!(outcome.is_good());
    }

    #[test]
    fn the_first_findings_of_each_kind_are_named_and_the_others_counted() {
        let mut outcome = outcome();
        outcome.ledger.findings = (1..=7)
            .map(|number| Finding {
                fault: Fault::Lost,
                what: format!("number {number}"),
            })
            .collect();
        outcome.epochs.push("other".to_owned());
        outcome.quiet_after = None;
        let expected = "\
lost: number 1
lost: number 2
lost: number 3
lost: number 4
lost: number 5
lost: 2 more
the log began anew: m3k2x1, other
";
        assert_eq!(findings(&outcome), expected);
        let tables = tables(&outcome, 50, Duration::from_mins(5));
        assert!(
            tables.contains("for 60.0 s; then nothing moved for 300.0 s"),
            "{tables}"
        );
    }

    #[test]
    fn another_log_or_a_function_left_behind_is_no_good_end() {
        let mut other_log = outcome();
        other_log.epochs.push("other".to_owned());
        assert!(!other_log.is_good());
        let left_behind = outcome();
        left_behind.deeds.left_behind.store(1, Ordering::Relaxed);
        assert!(!left_behind.is_good());
    }
}
