//! The report of a run: the verdict and the injected faults as tables, and the first violations.

use std::fmt;

use xtask_lib::table::{Column, render};

use crate::counters::{FaultCounters, FaultEvent};
use crate::verdict::{HistoryVerdict, ViolationKind};

/// How many violations of each kind are printed.
const DETAILED: usize = 5;

/// The verdict and the counts of `events`. `runs` is printed if there was more than one.
pub fn tables(
    runs: u64,
    verdict: &HistoryVerdict,
    counters: &FaultCounters,
    events: &[FaultEvent],
) -> String {
    let mut messages = Vec::new();
    if runs > 1 {
        messages.push(row("runs", runs));
    }
    messages.push(row("sent", verdict.sent));
    messages.push(row("acknowledged", verdict.acknowledged));
    let kinds = ViolationKind::ALL.iter();
    messages.extend(kinds.map(|kind| row(kind, verdict.of_kind(*kind).count())));
    let faults: Vec<_> = events
        .iter()
        .map(|event| row(event, counters.get(*event)))
        .collect();
    let table = |heading, rows: &[_]| {
        let columns = [Column::Words(heading), Column::Numbers("count")];
        render(&columns, rows)
    };
    format!(
        "{}\n{}",
        table("history", &messages),
        table("injected", &faults)
    )
}

/// The first violations of each kind, a line each.
pub fn violations(verdict: &HistoryVerdict) -> String {
    let mut lines = Vec::new();
    for &kind in ViolationKind::ALL {
        let violations = verdict.of_kind(kind);
        lines.extend(violations.take(DETAILED).map(ToString::to_string));
        let more = verdict.of_kind(kind).count().saturating_sub(DETAILED);
        if more > 0 {
            lines.push(format!("{kind}: {more} more"));
        }
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

fn row(name: impl fmt::Display, count: impl fmt::Display) -> Vec<String> {
    vec![name.to_string(), count.to_string()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::Violation;

    fn verdict(violations: impl Iterator<Item = Violation>) -> HistoryVerdict {
        HistoryVerdict {
            sent: 2_413,
            acknowledged: 2_413,
            violations: violations.collect(),
        }
    }

    #[test]
    fn the_report_lists_every_kind_of_violation_and_fault() {
        let counters = FaultCounters::default();
        counters.add(FaultEvent::ConnectionBroken, 98);
        let events = [FaultEvent::ConnectionBroken, FaultEvent::GatewayKilled];
        let expected = "\
history           count
sent               2413
acknowledged       2413
lost                  0
duplicated            0
reordered             0
unresolved            0
forged                0
misfolded             0
reconnect storms      0

injected            count
connections broken     98
gateways killed         0
";
        let verdict = verdict(std::iter::empty());
        assert_eq!(tables(1, &verdict, &counters, &events), expected);
        assert_eq!(violations(&verdict), "");
    }

    #[test]
    fn the_first_violations_of_each_kind_are_listed_and_the_others_counted() {
        let lost = (1..=7).map(|seq| Violation::new(ViolationKind::Lost, format!("seq {seq}")));
        let expected = "\
lost: seq 1
lost: seq 2
lost: seq 3
lost: seq 4
lost: seq 5
lost: 2 more
";
        assert_eq!(violations(&verdict(lost)), expected);
    }
}
