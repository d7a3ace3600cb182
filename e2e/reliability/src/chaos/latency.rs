//! How long messages take from their sender to the pages of all clients, before and during an attack.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use papo_protocol::ClientMessageId;
use tokio::time::Instant;

/// A slowdown is judged as if a calm chat took at least this long: below it, people notice no difference, and a shared
/// machine varies by more.
const FLOOR: Duration = Duration::from_millis(100);

/// Notes when messages are sent and displayed. Shared by all clients.
#[derive(Debug, Default)]
pub(super) struct Stopwatch(Mutex<HashMap<ClientMessageId, Timed>>);

/// One message.
#[derive(Debug)]
struct Timed {
    sent: Instant,
    /// One entry for each page that displays it.
    displayed_after: Vec<Duration>,
}

impl Stopwatch {
    /// A client sends a message.
    pub(super) fn sent(&self, id: ClientMessageId) {
        let timed = Timed {
            sent: Instant::now(),
            displayed_after: Vec::new(),
        };
        self.lock().insert(id, timed);
    }

    /// A page displays a message for the first time. Messages of hostile clients are ignored.
    pub(super) fn displayed(&self, id: &ClientMessageId) {
        if let Some(timed) = self.lock().get_mut(id) {
            timed.displayed_after.push(timed.sent.elapsed());
        }
    }

    /// The latencies of the messages that were sent before `attack`, and of those that were sent later.
    pub(super) fn report(&self, attack: Instant) -> Slowdown {
        let (mut calm, mut attacked) = (Latencies::default(), Latencies::default());
        for timed in self.lock().values() {
            let phase = if timed.sent < attack {
                &mut calm
            } else {
                &mut attacked
            };
            phase.messages += 1;
            phase.times.extend(&timed.displayed_after);
        }
        calm.times.sort_unstable();
        attacked.times.sort_unstable();
        Slowdown { calm, attacked }
    }

    /// A panic while the lock is held leaves complete entries behind.
    fn lock(&self) -> MutexGuard<'_, HashMap<ClientMessageId, Timed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The latencies of one phase.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Latencies {
    /// Messages that were sent.
    pub messages: usize,
    /// The time until each page displayed each message, ascending.
    times: Vec<Duration>,
}

impl Latencies {
    /// How often a page displayed a message.
    pub fn deliveries(&self) -> usize {
        self.times.len()
    }

    /// What `percent` of the deliveries do not exceed (nearest rank); zero without deliveries.
    pub fn percentile(&self, percent: usize) -> Duration {
        let rank = (self.times.len() * percent).div_ceil(100);
        let time = self.times.get(rank.saturating_sub(1));
        time.copied().unwrap_or_default()
    }
}

/// The latencies before and during an attack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slowdown {
    /// Of messages sent before it.
    pub calm: Latencies,
    /// Of messages sent during it.
    pub attacked: Latencies,
}

impl Slowdown {
    /// The 99th percentile during the attack, as a multiple of that before it, which counts as at least 100 ms.
    pub fn factor(&self) -> f64 {
        let calm = self.calm.percentile(99).max(FLOOR);
        self.attacked.percentile(99).div_duration_f64(calm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn latencies(milliseconds: impl Iterator<Item = u64>) -> Latencies {
        Latencies {
            messages: 1,
            times: milliseconds.map(Duration::from_millis).collect(),
        }
    }

    #[test]
    fn percentiles_are_nearest_ranks() {
        let hundred = latencies(1..=100);
        assert_eq!(hundred.percentile(50), Duration::from_millis(50));
        assert_eq!(hundred.percentile(99), Duration::from_millis(99));
        assert_eq!(hundred.percentile(100), Duration::from_millis(100));
        let one = latencies(7..=7);
        assert_eq!(one.percentile(99), Duration::from_millis(7));
        assert_eq!(Latencies::default().percentile(99), Duration::ZERO);
    }

    #[track_caller]
    fn assert_factor(calm: u64, attacked: u64, expected: f64) {
        let slowdown = Slowdown {
            calm: latencies(calm..=calm),
            attacked: latencies(attacked..=attacked),
        };
        assert!((slowdown.factor() - expected).abs() < 1e-9, "{slowdown:?}");
    }

    #[test]
    fn a_slowdown_is_judged_against_at_least_the_floor() {
        assert_factor(200, 500, 2.5);
        assert_factor(10, 50, 0.5);
        assert_factor(10, 300, 3.0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_belongs_to_the_phase_in_which_it_was_sent() {
        let watch = Stopwatch::default();
        let ids = ["a", "b"].map(|id| ClientMessageId::parse(id).unwrap());
        watch.sent(ids[0].clone());
        tokio::time::advance(Duration::from_millis(20)).await;
        let attack = Instant::now();
        watch.sent(ids[1].clone());
        tokio::time::advance(Duration::from_millis(5)).await;
        for id in &ids {
            watch.displayed(id);
        }
        watch.displayed(&ClientMessageId::parse("hostile-1-1").unwrap());
        let Slowdown { calm, attacked } = watch.report(attack);
        assert_eq!(calm, latencies(25..=25));
        assert_eq!(attacked, latencies(5..=5));
    }
}
