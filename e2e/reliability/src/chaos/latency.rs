//! How long messages take from their sender to the pages of all clients, before and during an attack.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use papagaio::latency::Latency;
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
        let (mut calm, mut attacked) = (Phase::default(), Phase::default());
        for timed in self.lock().values() {
            let phase = if timed.sent < attack {
                &mut calm
            } else {
                &mut attacked
            };
            phase.messages += 1;
            phase.latency.extend(timed.displayed_after.iter().copied());
        }
        Slowdown { calm, attacked }
    }

    /// A panic while the lock is held leaves complete entries behind.
    fn lock(&self) -> MutexGuard<'_, HashMap<ClientMessageId, Timed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One phase of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Phase {
    /// Messages that were sent.
    pub messages: usize,
    /// The time until each page displayed each message.
    pub latency: Latency,
}

/// The latencies before and during an attack.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Slowdown {
    /// Messages sent before it.
    pub calm: Phase,
    /// Messages sent during it.
    pub attacked: Phase,
}

impl Slowdown {
    /// The 99th percentile during the attack, as a multiple of that before it, which counts as at least 100 ms.
    pub fn factor(&self) -> f64 {
        let calm = self.calm.latency.percentile(99.0).max(FLOOR);
        self.attacked
            .latency
            .percentile(99.0)
            .div_duration_f64(calm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One message that one page displayed after this time.
    fn phase(milliseconds: u64) -> Phase {
        Phase {
            messages: 1,
            latency: [Duration::from_millis(milliseconds)].into_iter().collect(),
        }
    }

    #[track_caller]
    fn assert_factor(calm: u64, attacked: u64, expected: f64) {
        let slowdown = Slowdown {
            calm: phase(calm),
            attacked: phase(attacked),
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
        assert_eq!(calm, phase(25));
        assert_eq!(attacked, phase(5));
    }
}
