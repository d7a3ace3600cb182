//! The life of messages, on a clock that only the tests move.

use super::*;

fn standard() -> Queue {
    Queue::new(template::Queue {
        redrive: Some(template::Redrive {
            queue: "dead".to_owned(),
            max_receive_count: 2,
        }),
        ..template::Queue::named("work", false)
    })
}

fn fifo() -> Queue {
    Queue::new(template::Queue {
        content_based_deduplication: true,
        ..template::Queue::named("work.fifo", true)
    })
}

fn plain(body: &str) -> Outgoing {
    Outgoing::plain(body.to_owned())
}

fn in_group(body: &str, group: &str) -> Outgoing {
    Outgoing {
        group: Some(group.to_owned()),
        ..plain(body)
    }
}

fn bodies(received: &[Received]) -> Vec<&str> {
    received.iter().map(|message| &*message.body).collect()
}

#[test]
fn a_message_comes_back_after_its_visibility_timeout_unless_it_is_deleted() {
    let mut queue = standard();
    queue.send(0, plain("a")).unwrap();
    let (first, _) = queue.receive(0, 10, None);
    assert_eq!(bodies(&first), ["a"]);
    assert!(queue.receive(29_999, 10, None).0.is_empty());
    let (again, _) = queue.receive(30_000, 10, None);
    assert_eq!((bodies(&again), again[0].receive_count), (vec!["a"], 2));
    queue.delete(&first[0].receipt);
    // An old handle deletes nothing.
    assert_eq!(queue.counts(30_000), [0, 1, 0]);
    queue.delete(&again[0].receipt);
    assert_eq!(queue.counts(30_000), [0, 0, 0]);
}

#[test]
fn a_message_that_is_received_too_often_is_given_up() {
    let mut queue = standard();
    queue.send(0, plain("poison")).unwrap();
    for round in 0..2 {
        assert_eq!(queue.receive(round * 60_000, 1, None).0.len(), 1);
    }
    let (received, dead) = queue.receive(120_000, 1, None);
    assert!(received.is_empty());
    let mut dead_letters = Queue::new(template::Queue::named("dead", false));
    dead_letters.adopt(120_000, dead);
    let (received, _) = dead_letters.receive(120_000, 1, None);
    assert_eq!(bodies(&received), ["poison"]);
}

#[test]
fn a_group_waits_while_one_of_its_messages_is_processed() {
    let mut queue = fifo();
    for (body, group) in [("a1", "a"), ("a2", "a"), ("b1", "b")] {
        queue.send(0, in_group(body, group)).unwrap();
    }
    let (first, _) = queue.receive(0, 1, None);
    assert_eq!(bodies(&first), ["a1"]);
    assert_eq!(bodies(&queue.receive(0, 10, None).0), ["b1"]);
    queue.delete(&first[0].receipt);
    assert_eq!(bodies(&queue.receive(0, 10, None).0), ["a2"]);
}

#[test]
fn a_fifo_queue_takes_a_message_once_in_five_minutes() {
    let mut queue = fifo();
    let first = queue.send(0, in_group("a", "g")).unwrap();
    assert_eq!(queue.send(1, in_group("a", "g")).unwrap(), first);
    let later = queue.send(DEDUPLICATION_MS, in_group("a", "g"));
    assert_ne!(later.unwrap(), first);
    assert_eq!(queue.counts(DEDUPLICATION_MS)[0], 2);
    let without = queue.send(0, plain("a"));
    assert_eq!(without, Err(Refusal::GroupMissing));
}

#[test]
fn delayed_and_long_messages_are_as_on_aws() {
    let mut queue = standard();
    let delayed = Outgoing {
        delay: Some(Duration::from_secs(5)),
        ..plain("later")
    };
    queue.send(0, delayed).unwrap();
    assert_eq!(queue.counts(0), [0, 0, 1]);
    assert!(queue.receive(4_999, 1, None).0.is_empty());
    assert_eq!(queue.receive(5_000, 1, None).0.len(), 1);
    let long = plain(&"x".repeat(MAX_MESSAGE + 1));
    assert_eq!(queue.send(0, long), Err(Refusal::TooLong));
}
