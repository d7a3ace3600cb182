//! Many senders in one room at the same time.

use std::sync::Mutex;
use std::time::Duration;

use futures::future::join_all;
use papo_lambdas::append::{Appended, append};
use papo_lambdas::clock::Clock;
use papo_lambdas::message_log::memory::{MemoryMessageLog, Operation};
use papo_protocol::{ConnectionId, Message, MessageId};
use serde_json::json;
use tokio::time::Instant;

use crate::chat::{Chat, LATER, event, room};

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

/// Lets `senders` append `each` messages one after the other. Returns messages per second and transactions per message.
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

/// Lets one person send `flood` messages at once, and another person a message every 50 ms for two seconds. Returns the longest
/// time that a message of the second person takes.
async fn longest_beside_a_flood(limit: &str, flood: usize) -> Duration {
    fastrand::seed(7);
    let mut chat = Chat::with(&["hostile=", "ana="]).await;
    chat.rate_limit = limit.parse().unwrap();
    chat.log.slow_down(Duration::from_millis(8));
    let chat = &chat;
    let send = async |id: &str, address: &str| {
        let frame = json!({"action": "sendMessage", "message": "oi"}).to_string();
        let mut event = event("send-message", id, LATER, Some(&frame));
        let context = &mut event.payload.request_context;
        context.identity.source_ip = Some(address.to_owned());
        event.context.deadline = u64::MAX;
        let start = Instant::now();
        chat.handle(event).await.unwrap();
        start.elapsed()
    };
    let flood = join_all((0..flood).map(|_| send("hostile=", "10.0.0.66")));
    let others = join_all((0..40).map(|n| async move {
        tokio::time::sleep(Duration::from_millis(50) * n).await;
        // Each from another address, as different people.
        send("ana=", &format!("10.0.1.{n}")).await
    }));
    let (_, others) = futures::join!(flood, others);
    others.into_iter().max().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_one_person_hardly_delays_others() {
    let [calm, flooded, unlimited] = [
        longest_beside_a_flood("6000", 0).await,
        longest_beside_a_flood("6000", 200).await,
        longest_beside_a_flood("0", 200).await,
    ];
    println!("calm {calm:?}, beside a flood {flooded:?}, without a limit {unlimited:?}");
    assert!(calm < Duration::from_millis(50), "{calm:?}");
    assert!(flooded < Duration::from_millis(250), "{flooded:?}");
    assert!(unlimited > Duration::from_secs(1), "{unlimited:?}");
}
