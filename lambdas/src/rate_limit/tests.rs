use super::*;
use crate::error::StoreError;

#[test]
fn a_limit_is_a_whole_number() {
    assert_eq!("0".parse(), Ok(RateLimit(None)));
    assert_eq!("6000".parse(), Ok(RateLimit(NonZeroU32::new(6_000))));
    for bad in ["", "-1", "1.5", "many"] {
        assert_eq!(bad.parse::<RateLimit>(), Err(InvalidRateLimit), "{bad}");
    }
}

/// How many messages of `recipients` pass at once, and how long the next one waits.
fn burst(limit: u32, budget: Budget, recipients: u32) -> (u64, Option<i64>) {
    let charge = BASE_CHARGE + recipients - 1;
    let limit = NonZeroU32::new(limit).unwrap();
    let waits = |count: u64| {
        let sum = count * u64::from(charge);
        let charged = Charged {
            minute: sum,
            window: sum,
        };
        retry_after(limit, budget, charge, charged, 61_000)
    };
    let refused = (1..1_000).find(|count| waits(*count).is_some()).unwrap();
    (refused - 1, waits(refused))
}

#[test]
fn a_burst_of_messages_is_limited_to_a_twelfth_of_the_budget() {
    let writing = |limit, recipients| burst(limit, Budget::Writing, recipients);
    assert_eq!(writing(6_000, 1), (20, Some(4_000)));
    assert_eq!(writing(6_000, 51), (10, Some(4_000)));
    assert_eq!(writing(12_000, 1), (20, Some(4_000)));
    assert_eq!(writing(60_000, 51), (50, Some(4_000)));
    // The room is so large that one message uses up the minute.
    assert_eq!(writing(6_000, 10_000), (1, Some(59_000)));
    // Less than the least burst in a minute.
    assert_eq!(writing(150, 1), (3, Some(59_000)));
}

#[test]
fn the_first_requests_of_a_window_do_not_wait() {
    let wait = |requests: u64, charge: u32| {
        let window = requests * u64::from(charge);
        let charged = Charged { minute: 0, window };
        super::wait(charge, charged).as_millis()
    };
    assert_eq!([1, 6, 7, 10].map(|it| wait(it, 50)), [0, 0, 25, 100]);
    assert_eq!([6, 7].map(|it| wait(it, 100)), [0, 25]);
    assert_eq!(wait(u64::from(u32::MAX), 1), 2_000);
}

/// Counts how often it is asked.
#[derive(Default)]
struct Counter(std::sync::Mutex<(u64, u64)>);

impl Counter {
    fn asked(&self) -> u64 {
        self.0.lock().unwrap().0
    }
}

impl CountCharges for Counter {
    async fn charge(&self, _: &str, _: ChargeTime, charge: u32) -> Result<Charged, StoreError> {
        let mut counter = self.0.lock().unwrap();
        counter.0 += 1;
        counter.1 += u64::from(charge);
        Ok(Charged {
            minute: counter.1,
            window: counter.1,
        })
    }
}

#[tokio::test]
async fn a_flood_is_refused_without_counting_every_frame() {
    let limiter = RateLimiter::new("6000".parse().unwrap());
    let counter = Counter::default();
    let refusal = async |address: &str, now_ms: i64| {
        let context = serde_json::json!({
            "routeKey": "sendMessage", "connectionId": "a=", "connectedAt": 0, "requestTimeEpoch": now_ms,
            "identity": {"sourceIp": address},
        });
        let context = serde_json::from_value(context).unwrap();
        let charge = Charge {
            budget: Budget::Writing,
            recipients: 1,
        };
        let charged = limiter.charge(&counter, &context, charge).await;
        charged.err().map(|it| it.retry_after_ms.unwrap())
    };
    for n in 0..10_000 {
        let expected = (n >= 20).then_some(3_000);
        assert_eq!(refusal("10.0.0.1", 62_000).await, expected, "{n}");
    }
    assert_eq!(counter.asked(), 21);
    // Another person, and the next window, are counted again.
    refusal("10.0.0.2", 62_000).await;
    assert_eq!(counter.asked(), 22);
    refusal("10.0.0.1", 65_000).await;
    assert_eq!(counter.asked(), 23);
}

#[test]
fn bursts_of_other_requests_may_use_the_whole_budget() {
    for budget in [Budget::Reading, Budget::Joining, Budget::Connecting] {
        assert_eq!(burst(6_000, budget, 1), (120, Some(59_000)));
    }
}
