//! Throttling: token buckets, one for each route and one for the account.
//!
//! Decides whether a request passes; the caller decides how a refusal is reported.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-protect.html>

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use tokio::time::Instant;

use crate::template::{Throttle, Throttles};

/// All buckets of one stage.
#[derive(Debug)]
pub(crate) struct Gate {
    account: Option<Bucket>,
    routes: BTreeMap<String, Bucket>,
}

impl Gate {
    /// Full buckets for these route keys.
    pub(crate) fn new<'k>(
        throttles: &Throttles,
        routes: impl IntoIterator<Item = &'k str>,
    ) -> Self {
        let now = Instant::now();
        let routes = routes.into_iter().filter_map(|key| {
            let throttle = throttles.routes.get(key).copied().or(throttles.default)?;
            Some((key.to_owned(), Bucket::new(throttle, now)))
        });
        Self {
            account: throttles.account.map(|throttle| Bucket::new(throttle, now)),
            routes: routes.collect(),
        }
    }

    /// Whether a request without a route passes: a call to `@connections`, or a message that matches no route.
    pub(crate) fn admits(&self) -> bool {
        let now = Instant::now();
        self.account.as_ref().is_none_or(|bucket| bucket.take(now))
    }

    /// Whether a request to a route passes.
    pub(crate) fn admits_to(&self, route: &str) -> bool {
        let now = Instant::now();
        self.admits() && self.routes.get(route).is_none_or(|bucket| bucket.take(now))
    }
}

/// Tokens are added at a steady rate until the bucket is full; a request takes one.
#[derive(Debug)]
struct Bucket {
    throttle: Throttle,
    // Locked for an addition only, never across an await.
    level: Mutex<(f64, Instant)>,
}

impl Bucket {
    fn new(throttle: Throttle, now: Instant) -> Self {
        Self {
            throttle,
            level: Mutex::new((f64::from(throttle.burst), now)),
        }
    }

    fn take(&self, now: Instant) -> bool {
        let mut level = self.level.lock().unwrap_or_else(PoisonError::into_inner);
        let (tokens, since) = *level;
        let came = now.saturating_duration_since(since).as_secs_f64() * self.throttle.rate;
        let tokens = (tokens + came).min(f64::from(self.throttle.burst));
        let passes = tokens >= 1.0;
        *level = (if passes { tokens - 1.0 } else { tokens }, now.max(since));
        passes
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn throttle(rate: f64, burst: u32) -> Throttle {
        Throttle { rate, burst }
    }

    fn passing(bucket: &Bucket, now: Instant, asked: usize) -> usize {
        (0..asked).filter(|_| bucket.take(now)).count()
    }

    /// The examples of the page above, with its 10,000 a second and 5,000 at once.
    #[test]
    fn a_burst_passes_at_once_and_the_rest_at_the_steady_rate() {
        let start = Instant::now();
        let bucket = Bucket::new(throttle(10_000.0, 5_000), start);
        assert_eq!(passing(&bucket, start, 10_000), 5_000);
        let later = start + Duration::from_millis(100);
        assert_eq!(passing(&bucket, later, 5_000), 1_000);
        let at_rest = later + Duration::from_hours(1);
        assert_eq!(
            passing(&bucket, at_rest, 10_000),
            5_000,
            "it does not overflow"
        );
    }

    #[test]
    fn a_rate_below_one_admits_a_request_every_few_seconds() {
        let start = Instant::now();
        let bucket = Bucket::new(throttle(0.5, 1), start);
        assert_eq!(passing(&bucket, start, 2), 1);
        assert_eq!(passing(&bucket, start + Duration::from_millis(1_900), 1), 0);
        assert_eq!(passing(&bucket, start + Duration::from_millis(2_100), 2), 1);
    }

    /// Some tools write a stage without limits as zero.
    #[test]
    fn nothing_passes_with_a_rate_or_burst_of_zero() {
        let start = Instant::now();
        for throttle in [throttle(0.0, 0), throttle(9.0, 0)] {
            let bucket = Bucket::new(throttle, start);
            assert_eq!(passing(&bucket, start + Duration::from_secs(9), 3), 0);
        }
    }

    #[test]
    fn each_route_has_its_own_bucket_and_settings() {
        let one = throttle(0.0, 1);
        let two = throttle(0.0, 2);
        let throttles = Throttles {
            default: Some(one),
            routes: [("b".to_owned(), two)].into(),
            account: None,
        };
        let gate = Gate::new(&throttles, ["a", "b", "c"]);
        let passed = |route| (0..5).filter(|_| gate.admits_to(route)).count();
        assert_eq!([passed("a"), passed("b"), passed("c")], [1, 2, 1]);
        assert!(gate.admits());
    }

    #[test]
    fn the_account_limit_applies_to_all_requests_together() {
        let throttles = Throttles {
            account: Some(throttle(0.0, 3)),
            ..Throttles::default()
        };
        let gate = Gate::new(&throttles, ["a"]);
        assert!(gate.admits() && gate.admits_to("a") && gate.admits_to("b"));
        assert!(!gate.admits() && !gate.admits_to("a"));
    }
}
