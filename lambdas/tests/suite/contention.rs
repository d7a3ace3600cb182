//! Many senders in one room at the same time.

use std::sync::Mutex;
use std::time::Duration;

use futures::future::join_all;
use papo_lambdas::append::{Appended, append};
use papo_lambdas::clock::Clock;
use papo_lambdas::message_log::memory::{MemoryMessageLog, Operation};
use papo_protocol::{ConnectionId, Message, MessageId};
use tokio::time::Instant;

use crate::chat::room;

/// Random numbers that are the same in every run.
struct Seeded(Mutex<fastrand::Rng>);

impl Clock for Seeded {
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send {
        tokio::time::sleep(duration)
    }

    fn jitter(&self) -> f64 {
        self.0.lock().unwrap().f64()
    }
}

/// Lets `senders` append `each` messages one after the other; returns messages a second and transactions a message.
async fn contend(senders: usize, each: usize) -> (f64, f64) {
    let log = MemoryMessageLog::new();
    log.slow_down(Duration::from_millis(8));
    let clock = &Seeded(Mutex::new(fastrand::Rng::with_seed(7)));
    let room = &room(&log);
    let start = Instant::now();
    let all = (0..senders).map(|sender| async move {
        for n in 0..each {
            let message = Message::new(
                ConnectionId::new(format!("{sender}=")),
                MessageId::new(format!("{sender}-{n}=")),
                1,
                "oi",
            );
            let appended = append(room, clock, &message.into(), None, 1, Duration::MAX).await;
            assert!(matches!(appended, Ok(Appended::New(_))), "{appended:?}");
        }
    });
    join_all(all).await;
    let operations = log.done().into_iter();
    let commits = operations.filter(|it| *it == Operation::Commit).count();
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let (messages, commits) = ((senders * each) as f64, commits as f64);
    (messages / start.elapsed().as_secs_f64(), commits / messages)
}

#[tokio::test(start_paused = true)]
async fn senders_take_turns_and_none_gives_up() {
    for (senders, each, least_a_second, most_transactions) in
        [(1, 50, 55.0, 1.1), (10, 50, 40.0, 2.5), (50, 20, 40.0, 5.0)]
    {
        let (a_second, transactions) = contend(senders, each).await;
        println!(
            "{senders} senders: {a_second:.0} messages/s, {transactions:.2} transactions each"
        );
        assert!(a_second > least_a_second, "{senders} senders: {a_second}");
        assert!(
            transactions < most_transactions,
            "{senders} senders: {transactions}"
        );
    }
}
