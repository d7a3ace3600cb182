//! Waits until everybody is quiet.

use std::time::Duration;

use anyhow::Result;
use papo_protocol::{Message, Position, Seq};
use tokio::time::{Instant, sleep};

use super::Scene;
use crate::client::Standing;
use crate::progress::{Progress, Stage};
use crate::reader;

/// How often it is looked whether all have come to rest.
const GLANCE: Duration = Duration::from_millis(100);

/// What there is when all have come to rest, or nothing moves any more.
#[derive(Debug)]
pub(super) struct Calm {
    /// How long it took. `None`: it came to a standstill before.
    pub(super) after: Option<Duration>,
    /// Where the log ends.
    pub(super) head: Position,
    /// All that it holds.
    pub(super) log: Vec<Message>,
}

/// Ends what goes wrong with connections, and waits until nobody has anything to send and everybody shows the end of the log.
/// As long as anything moves, it is waited, because a machine may be slow; a standstill lasts for `patience` at most.
///
/// # Errors
///
/// If the log cannot be read.
pub(super) async fn wait(
    scene: &Scene,
    patience: Duration,
    progress: &mut Progress,
) -> Result<Calm> {
    scene.proxy.calm();
    let began = Instant::now();
    let (mut best, mut moved) = (Headway::of(&scene.standings()), began);
    loop {
        let standings = scene.standings();
        if best.improves(Headway::of(&standings)) {
            moved = Instant::now();
        }
        let stands_still = moved.elapsed() >= patience;
        if stands_still || seems_quiet(&standings) {
            let (head, log) = reader::read_log(scene.address, &scene.path).await?;
            let is_quiet = is_quiet(&scene.standings(), &head);
            if is_quiet || stands_still {
                let after = is_quiet.then(|| began.elapsed());
                return Ok(Calm { after, head, log });
            }
        }
        scene.tell(Stage::Calm(began.elapsed()), progress);
        sleep(GLANCE).await;
    }
}

/// How near all are to rest. It improves only so often, so waiting for it comes to an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Headway {
    /// How many messages are in outboxes.
    waiting: usize,
    /// The numbers that everybody shows last, added up.
    shown: Seq,
}

impl Headway {
    fn of(standings: &[Standing]) -> Self {
        let shown = |standing: &Standing| standing.shows_up_to.unwrap_or_default();
        Self {
            waiting: standings.iter().map(|standing| standing.waiting).sum(),
            shown: standings.iter().map(shown).sum(),
        }
    }

    /// Takes what is better in `now`. Whether anything is.
    fn improves(&mut self, now: Self) -> bool {
        let before = *self;
        self.waiting = self.waiting.min(now.waiting);
        self.shown = self.shown.max(now.shown);
        *self != before
    }
}

/// Whether nobody has anything to send, and all show the same end.
fn seems_quiet(standings: &[Standing]) -> bool {
    let same = |pair: &[Standing]| pair[0].shows_up_to == pair[1].shows_up_to;
    standings.iter().all(|standing| standing.waiting == 0) && standings.windows(2).all(same)
}

/// Whether nobody has anything to send, and all show the end of the log.
fn is_quiet(standings: &[Standing], head: &Position) -> bool {
    let end = (head.seq > 0).then_some(head.seq);
    standings
        .iter()
        .all(|standing| standing.waiting == 0 && standing.shows_up_to == end)
}

#[cfg(test)]
mod tests {
    use papo_protocol::Epoch;

    use super::*;

    fn standing(waiting: usize, shows_up_to: Option<Seq>) -> Standing {
        Standing {
            waiting,
            shows_up_to,
            ..Standing::default()
        }
    }

    #[track_caller]
    fn are(standings: &[Standing], seem_quiet: bool, quiet_at: Option<Seq>) {
        assert_eq!(seems_quiet(standings), seem_quiet);
        for seq in 0..5 {
            let epoch = Epoch::new("e");
            let quiet = is_quiet(standings, &Position { epoch, seq });
            assert_eq!(quiet, Some(seq) == quiet_at, "{seq}");
        }
    }

    #[test]
    fn only_what_is_sent_and_shown_for_the_first_time_is_headway() {
        let of = |waiting, shown| Headway::of(&[standing(waiting, shown), standing(1, Some(5))]);
        let mut best = of(2, Some(3));
        assert!(!best.improves(of(2, Some(3))));
        assert!(best.improves(of(1, Some(3))));
        assert!(best.improves(of(1, Some(4))));
        assert!(!best.improves(of(2, None)));
        assert!(!best.improves(of(1, Some(4))));
    }

    #[test]
    fn quiet_is_who_has_nothing_to_send_and_shows_all() {
        are(&[standing(0, Some(3)), standing(0, Some(3))], true, Some(3));
        are(&[standing(0, None)], true, Some(0));
        are(&[standing(0, Some(3)), standing(0, Some(2))], false, None);
        are(&[standing(0, Some(3)), standing(0, None)], false, None);
        are(&[standing(1, Some(3)), standing(0, Some(3))], false, None);
    }
}
