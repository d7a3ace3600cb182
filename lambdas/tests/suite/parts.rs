//! `Deliverers` above 1: the broadcaster has large rooms served by other functions.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use lambda_runtime::LambdaEvent;
use papo_lambdas::clock::SystemClock;
use papo_lambdas::connections::memory::ConnectionsFault;
use papo_lambdas::error::PartError;
use papo_lambdas::handlers::broadcaster::{self, BatchResponse};
use papo_lambdas::handlers::deliver_part;
use papo_lambdas::parts::{DeliverPart, PART_CONNECTIONS, Part, PartReport, Parts};
use serde_json::Value;
use tokio::time::sleep;

use crate::chat::Chat;
use crate::stream::{batch, failure, message};

/// How many deliverers may run at the same time.
const AT_ONCE: usize = 3;

/// Deliverers on the tables and connections of a chat.
struct Deliverers<'a> {
    chat: &'a Chat,
    /// How many of the next invocations die.
    dying: AtomicUsize,
    running: AtomicUsize,
    /// Maximum number of concurrent invocations.
    most: AtomicUsize,
    /// The length of each event, in bytes.
    events: Mutex<Vec<usize>>,
}

impl<'a> Deliverers<'a> {
    fn of(chat: &'a Chat) -> Self {
        Self {
            chat,
            dying: AtomicUsize::new(0),
            running: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            events: Mutex::default(),
        }
    }

    fn events(&self) -> MutexGuard<'_, Vec<usize>> {
        self.events.lock().unwrap()
    }
}

impl DeliverPart for &Deliverers<'_> {
    async fn deliver(&self, part: &Part) -> Result<PartReport, PartError> {
        let event = serde_json::to_string(part).unwrap();
        self.events().push(event.len());
        let running = self.running.fetch_add(1, SeqCst) + 1;
        self.most.fetch_max(running, SeqCst);
        sleep(Duration::from_millis(10)).await;
        let event = serde_json::from_str(&event).unwrap();
        let context = batch(&[]).context;
        let event = LambdaEvent::new(event, context);
        let chat = self.chat;
        let (connections, gateway) = (&chat.connections, &chat.gateway);
        let report = deliver_part::handle(connections, gateway, &SystemClock, event).await;
        self.running.fetch_sub(1, SeqCst);
        let dies = self
            .dying
            .fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1));
        match dies {
            Ok(_) => Err(PartError::new("Runtime exited")),
            Err(_) => Ok(report),
        }
    }
}

async fn broadcast(deliverers: &Deliverers<'_>, records: &[Value]) -> BatchResponse {
    let parts = Parts::new(deliverers, NonZeroUsize::new(AT_ONCE).unwrap());
    let chat = deliverers.chat;
    let (connections, gateway, event) = (&chat.connections, &chat.gateway, batch(records));
    broadcaster::handle(connections, gateway, &SystemClock, Some(&parts), event).await
}

/// How many frames each of the first `people` has received.
fn received(chat: &Chat, people: usize) -> Vec<usize> {
    let delivered = chat.gateway.delivered();
    let mut frames = vec![0; people];
    for (to, _) in delivered {
        let number: usize = to.as_str()[1..5].parse().unwrap();
        frames[number] += 1;
    }
    frames
}

#[tokio::test(start_paused = true)]
async fn a_large_room_is_served_in_parts_a_few_at_a_time() {
    for (people, parts) in [
        (PART_CONNECTIONS, 1),
        (PART_CONNECTIONS + 1, 2),
        (5 * PART_CONNECTIONS - 1, 5),
    ] {
        let chat = Chat::with_many(people).await;
        let deliverers = Deliverers::of(&chat);
        let response = broadcast(&deliverers, &[message("main", 1, "oi")]).await;
        assert_eq!(failure(&response), None);
        assert_eq!(received(&chat, people), vec![1; people]);
        assert_eq!(deliverers.events().len(), parts, "{people} people");
        assert!(deliverers.most.load(SeqCst) <= AT_ONCE);
        if parts > AT_ONCE {
            assert_eq!(deliverers.most.load(SeqCst), AT_ONCE);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_room_that_is_smaller_than_a_part_needs_no_other_function() {
    let chat = Chat::with_many(PART_CONNECTIONS - 1).await;
    let deliverers = Deliverers::of(&chat);
    let response = broadcast(&deliverers, &[message("main", 1, "oi")]).await;
    assert_eq!(failure(&response), None);
    assert_eq!(
        received(&chat, PART_CONNECTIONS - 1),
        vec![1; PART_CONNECTIONS - 1]
    );
    assert_eq!(deliverers.events().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_part_whose_function_dies_is_delivered_again_and_no_other() {
    let people = 2 * PART_CONNECTIONS;
    let chat = Chat::with_many(people).await;
    let deliverers = Deliverers::of(&chat);
    deliverers.dying.store(1, SeqCst);
    let response = broadcast(&deliverers, &[message("main", 1, "oi")]).await;
    assert_eq!(failure(&response), None);
    let mut frames = received(&chat, people);
    frames.sort_unstable();
    // It had posted everything before it died, which clients notice by the seq.
    assert_eq!(frames[..PART_CONNECTIONS], vec![1; PART_CONNECTIONS]);
    assert_eq!(frames[PART_CONNECTIONS..], vec![2; PART_CONNECTIONS]);
}

#[tokio::test(start_paused = true)]
async fn a_part_that_cannot_be_delivered_makes_the_batch_fail() {
    let chat = Chat::with_many(PART_CONNECTIONS).await;
    let deliverers = Deliverers::of(&chat);
    deliverers.dying.store(usize::MAX, SeqCst);
    let records = [message("main", 1, "oi"), message("main", 2, "oi")];
    let response = broadcast(&deliverers, &records).await;
    assert_eq!(failure(&response).as_deref(), Some("s-1"));
    assert_eq!(deliverers.events().len(), 3, "tried three times");
}

#[tokio::test(start_paused = true)]
async fn rows_that_were_read_before_an_error_are_served() {
    let chat = Chat::with_many(3 * PART_CONNECTIONS).await;
    let deliverers = Deliverers::of(&chat);
    chat.connections.fail(ConnectionsFault::PagesFrom(2));
    let response = broadcast(&deliverers, &[message("main", 1, "oi")]).await;
    assert_eq!(failure(&response).as_deref(), Some("s-1"));
    let frames = received(&chat, 3 * PART_CONNECTIONS);
    assert_eq!(
        frames[..2 * PART_CONNECTIONS],
        vec![1; 2 * PART_CONNECTIONS]
    );
    assert_eq!(frames[2 * PART_CONNECTIONS..], vec![0; PART_CONNECTIONS]);
}

#[tokio::test(start_paused = true)]
async fn events_of_parts_stay_below_the_limit_of_lambda() {
    const LIMIT: usize = 6 * 1024 * 1024;
    // Quotation marks double in JSON, and again in JSON within JSON.
    let longest = "\"".repeat(papo_protocol::limits::TEXT_BYTES);
    let mut parts = Vec::new();
    for messages in [1, 50, 64, 100] {
        let chat = Chat::with_many(PART_CONNECTIONS).await;
        let deliverers = Deliverers::of(&chat);
        let records: Vec<_> = (1..=messages)
            .map(|seq| message("main", seq, &longest))
            .collect();
        let response = broadcast(&deliverers, &records).await;
        assert_eq!(failure(&response), None);
        assert!(!chat.received("p0000=").is_empty());
        let events = deliverers.events();
        assert!(events.iter().all(|event| *event < LIMIT), "{events:?}");
        parts.push(events.len());
    }
    assert_eq!((parts[0], parts[3]), (1, 0), "{parts:?}");
}
