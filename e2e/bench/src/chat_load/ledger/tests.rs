//! What counts as delivered, lost, duplicated and late.

use proptest::prelude::*;

use super::*;

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A ledger of `clients` clients, all connected.
fn all(clients: usize) -> Ledger {
    let mut ledger = Ledger::new(clients);
    (0..clients).for_each(|client| ledger.joined(client));
    ledger
}

#[track_caller]
fn counts(ledger: &Ledger, deliveries: u64, duplicated: u64, undelivered: u64) {
    assert_eq!(
        (
            ledger.figures().deliveries,
            ledger.figures().duplicated,
            ledger.undelivered(),
            ledger.open() > 0
        ),
        (deliveries, duplicated, undelivered, undelivered > 0)
    );
}

#[test]
fn a_repeated_delivery_is_a_duplicate_without_latency() {
    let mut ledger = all(2);
    let number = ledger.intend(ms(0));
    ledger.delivered(0, number, ms(1));
    ledger.delivered(0, number, ms(900));
    counts(&ledger, 1, 1, 1);
    ledger.delivered(1, number, ms(1));
    ledger.delivered(1, number, ms(900));
    counts(&ledger, 2, 2, 0);
    assert!(ledger.figures().latency.max() < ms(2));
}

#[test]
fn latency_is_counted_from_when_the_message_was_due() {
    let mut ledger = all(1);
    let number = ledger.intend(ms(1_000));
    ledger.sent(number, ms(1_400));
    ledger.delivered(0, number, ms(1_500));
    assert!(ledger.figures().latency.max() >= ms(500));
    assert!(ledger.figures().lag.max() >= ms(400) && ledger.figures().lag.max() < ms(410));
}

#[test]
fn a_message_is_complete_with_its_last_delivery_and_late_after_a_later_one() {
    let mut ledger = all(2);
    let (first, second) = (ledger.intend(ms(0)), ledger.intend(ms(0)));
    assert!(!ledger.delivered(0, first, ms(5)));
    assert!(!ledger.delivered(0, second, ms(6)));
    assert!(ledger.delivered(1, second, ms(9)));
    assert!(ledger.delivered(1, first, ms(20)));
    assert_eq!(ledger.figures().until_all.max(), ms(20));
    assert_eq!(ledger.figures().out_of_order, 1);
    ledger.begin_run();
    counts(&ledger, 0, 0, 0);
    assert_eq!((ledger.alive(), ledger.figures().out_of_order), (2, 0));
}

#[test]
fn nothing_is_expected_of_a_disconnected_client() {
    let mut ledger = all(2);
    let (first, second) = (ledger.intend(ms(0)), ledger.intend(ms(1)));
    ledger.delivered(0, first, ms(1));
    ledger.left(1);
    counts(&ledger, 1, 0, 1);
    ledger.left(1);
    ledger.delivered(0, second, ms(2));
    counts(&ledger, 2, 0, 0);
    assert_eq!(ledger.alive(), 1);
    ledger.intend(ms(3));
    counts(&ledger, 2, 0, 1);
}

#[test]
fn unknown_messages_and_clients_are_ignored() {
    let mut ledger = all(1);
    ledger.delivered(0, 7, ms(0));
    ledger.delivered(0, u64::MAX, ms(0));
    ledger.sent(7, ms(0));
    ledger.not_sent(7);
    ledger.joined(64);
    ledger.left(1_000);
    counts(&ledger, 0, 0, 0);
    assert_eq!(ledger.figures().sent, 0);
}

proptest! {
    #[test]
    fn every_delivery_is_received_outstanding_or_abandoned(
        events in prop::collection::vec((0_u8..4, 0_usize..5, 0_u64..8), 0..200)
    ) {
        let mut ledger = all(5);
        let mut expected = 0;
        let mut given_up = 0;
        for (what, client, number) in events {
            let before = ledger.undelivered();
            match what {
                0 => {
                    expected += ledger.alive() as u64;
                    ledger.intend(ms(0));
                }
                1 => {
                    ledger.delivered(client, number, ms(1));
                }
                2 => {
                    ledger.left(client);
                    given_up += before - ledger.undelivered();
                }
                _ => {
                    ledger.not_sent(number);
                    given_up += before - ledger.undelivered();
                }
            }
            prop_assert_eq!(expected, ledger.figures().deliveries + ledger.undelivered() + given_up);
        }
    }
}
