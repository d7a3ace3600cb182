//! Waits until every client is idle.

use std::time::Duration;

use anyhow::Result;
use indicatif::ProgressBar;
use papo_protocol::{LogEntry, Position, Seq};
use tokio::time::{Instant, sleep};

use super::client::Status;
use super::{Stack, log_reader};

/// How often the clients are checked.
const PERIOD: Duration = Duration::from_millis(100);

/// The state in which the drain ended.
#[derive(Debug)]
pub(super) struct Drained {
    /// How long it took. `None` if progress stopped before every client was idle.
    pub(super) after: Option<Duration>,
    /// The end of the log.
    pub(super) head: Position,
    /// The whole log.
    pub(super) log: Vec<LogEntry>,
}

/// Ends all network faults, and waits until every outbox is empty and every page shows the end of the log.
///
/// There is no limit as long as there is progress, because a machine may be slow. Gives up after `patience` without progress.
pub(super) async fn wait(
    stack: &Stack,
    patience: Duration,
    progress: &ProgressBar,
) -> Result<Drained> {
    stack.proxy.clear();
    let began = Instant::now();
    let (mut best, mut advanced) = (Headway::of(&stack.statuses()), began);
    loop {
        let statuses = stack.statuses();
        if best.improves(Headway::of(&statuses)) {
            advanced = Instant::now();
        }
        let stalled = advanced.elapsed() >= patience;
        if stalled || may_be_idle(&statuses) {
            let (head, log) = log_reader::read(stack.address, &stack.path).await?;
            let idle = is_idle(&stack.statuses(), &head);
            if idle || stalled {
                let after = idle.then(|| began.elapsed());
                return Ok(Drained { after, head, log });
            }
        }
        stack.show("drain", progress);
        sleep(PERIOD).await;
    }
}

/// How close the clients are to being idle. It can improve only finitely often, so the drain ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Headway {
    /// How many messages are in outboxes.
    waiting: usize,
    /// The sum of the last `seq` on every page.
    shown: Seq,
}

impl Headway {
    fn of(statuses: &[Status]) -> Self {
        let shown = |status: &Status| status.shows_up_to.unwrap_or_default();
        Self {
            waiting: statuses.iter().map(|status| status.waiting).sum(),
            shown: statuses.iter().map(shown).sum(),
        }
    }

    /// Keeps the better values. Returns whether any has improved.
    fn improves(&mut self, now: Self) -> bool {
        let before = *self;
        self.waiting = self.waiting.min(now.waiting);
        self.shown = self.shown.max(now.shown);
        *self != before
    }
}

/// Whether every outbox is empty, and all pages end alike.
fn may_be_idle(statuses: &[Status]) -> bool {
    let same = |pair: &[Status]| pair[0].shows_up_to == pair[1].shows_up_to;
    statuses.iter().all(|status| status.waiting == 0) && statuses.windows(2).all(same)
}

/// Whether every outbox is empty, and every page shows the end of the log.
fn is_idle(statuses: &[Status], head: &Position) -> bool {
    let end = (head.seq > 0).then_some(head.seq);
    statuses
        .iter()
        .all(|status| status.waiting == 0 && status.shows_up_to == end)
}

#[cfg(test)]
mod tests {
    use papo_protocol::Epoch;

    use super::*;

    fn status(waiting: usize, shows_up_to: Option<Seq>) -> Status {
        Status {
            waiting,
            shows_up_to,
            ..Status::default()
        }
    }

    #[track_caller]
    fn assert_idle(statuses: &[Status], maybe: bool, idle_at: Option<Seq>) {
        assert_eq!(may_be_idle(statuses), maybe);
        for seq in 0..5 {
            let epoch = Epoch::new("e");
            let idle = is_idle(statuses, &Position { epoch, seq });
            assert_eq!(idle, Some(seq) == idle_at, "{seq}");
        }
    }

    #[test]
    fn only_new_best_values_are_progress() {
        let of = |waiting, shown| Headway::of(&[status(waiting, shown), status(1, Some(5))]);
        let mut best = of(2, Some(3));
        assert!(!best.improves(of(2, Some(3))));
        assert!(best.improves(of(1, Some(3))));
        assert!(best.improves(of(1, Some(4))));
        assert!(!best.improves(of(2, None)));
        assert!(!best.improves(of(1, Some(4))));
    }

    #[test]
    fn clients_are_idle_with_an_empty_outbox_and_the_whole_log() {
        assert_idle(&[status(0, Some(3)), status(0, Some(3))], true, Some(3));
        assert_idle(&[status(0, None)], true, Some(0));
        assert_idle(&[status(0, Some(3)), status(0, Some(2))], false, None);
        assert_idle(&[status(0, Some(3)), status(0, None)], false, None);
        assert_idle(&[status(1, Some(3)), status(0, Some(3))], false, None);
    }
}
