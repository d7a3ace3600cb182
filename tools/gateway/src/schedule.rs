//! Schedules: invokes a function with the event that EventBridge sends. The invocation is asynchronous and retried after
//! an error, twice unless the template sets another number. Event as in `example-eventbridge-schedule.json` of
//! `awslabs/aws-lambda-rust-runtime`.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tokio::time::sleep;
use tracing::{info, warn};

use crate::{
    clock::{self, Clock},
    functions::{Failure, Function},
    ids,
    template::{
        Schedule, ScheduleExpression,
        resolve::{ACCOUNT, REGION},
    },
};

/// Delays before the second and third attempt of an asynchronous invocation
/// (<https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>).
const RETRIES: [Duration; 2] = [Duration::from_mins(1), Duration::from_mins(2)];

/// Fires until there is no next time. A rate first fires after a whole period, as for a rule that was just created.
pub(crate) async fn run(schedule: Schedule, function: Arc<Function>, clock: Clock) {
    let timing = schedule.timing.clone();
    let wait = |time| {
        let clock = clock.clone();
        async move { clock.sleep_until(clock.instant() + time).await }
    };
    repeat(
        &timing,
        || clock.now(),
        wait,
        || {
            let (schedule, function) = (schedule.clone(), Arc::clone(&function));
            // A run that takes longer than the period does not delay the next one.
            tokio::spawn(async move { deliver(&schedule, &function).await });
        },
    )
    .await;
}

async fn repeat<F: Future<Output = ()>>(
    timing: &ScheduleExpression,
    now: impl Fn() -> Timestamp,
    wait: impl Fn(Duration) -> F,
    mut fire: impl FnMut(),
) {
    let mut last = now();
    while let Some(next) = timing.next_after(last) {
        let time = next.duration_since(now());
        wait(time.try_into().unwrap_or_default()).await;
        fire();
        // Times that passed while the machine was suspended are skipped.
        last = match timing {
            ScheduleExpression::Rate(_) if next.duration_since(now()).abs() < TOLERANCE => next,
            _ => next.max(now()),
        };
    }
}

/// Delay of a timer up to which a rate keeps its rhythm.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(1);

async fn deliver(schedule: &Schedule, function: &Arc<Function>) {
    let attempt = || fire(schedule, function);
    if let Err(failure) = retry(function.spec.retries, attempt).await {
        warn!("schedule   {} failed: {failure}", schedule.function);
    }
}

/// Attempts until one succeeds, with at most `retries` retries.
pub(crate) async fn retry<T, F>(
    retries: usize,
    mut attempt: impl FnMut() -> F,
) -> Result<(), Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    for wait in RETRIES.into_iter().take(retries) {
        match attempt().await {
            Ok(_) | Err(Failure::Ending) => return Ok(()),
            Err(_) => sleep(wait).await,
        }
    }
    match attempt().await {
        Ok(_) | Err(Failure::Ending) => Ok(()),
        Err(failure) => Err(failure),
    }
}

/// Invokes the function once, immediately.
pub(crate) async fn fire(schedule: &Schedule, function: &Arc<Function>) -> Result<Bytes, Failure> {
    info!("schedule   {} {}", schedule.function, schedule.expression);
    let event = schedule
        .input
        .clone()
        .unwrap_or_else(|| event(schedule, clock::now()));
    function.invoke(event, ids::trace(clock::now())).await
}

fn event(schedule: &Schedule, now: Timestamp) -> String {
    let rule = &schedule.rule;
    let event = json!({
        "version": "0",
        "id": ids::uuid(),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "region": REGION,
        "resources": [format!("arn:aws:events:{REGION}:{ACCOUNT}:rule/{rule}")],
        "detail": {},
    });
    event.to_string()
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    /// The seconds, within `limit`, at which a schedule fires that starts at 2026-11-27T10:00:30Z.
    async fn fired_at(expression: &str, limit: Duration) -> Vec<u64> {
        let timing = ScheduleExpression::parse(expression).unwrap();
        let (start, mut fired) = (Instant::now(), Vec::new());
        let epoch: Timestamp = "2026-11-27T10:00:30Z".parse().unwrap();
        let now = || epoch + SignedDuration::try_from(start.elapsed()).unwrap();
        let schedule = repeat(&timing, now, sleep, || {
            fired.push(start.elapsed().as_secs());
        });
        let _ = tokio::time::timeout(limit, schedule).await;
        fired
    }

    #[tokio::test(start_paused = true)]
    async fn a_rate_begins_with_a_whole_period() {
        let fired = fired_at("rate(10 minutes)", Duration::from_mins(35)).await;
        assert_eq!(fired, [600, 1_200, 1_800]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_cron_expression_fires_at_matching_minutes() {
        let fired = fired_at("cron(0/15 * * * ? *)", Duration::from_mins(35)).await;
        assert_eq!(fired, [870, 1_770]);
        let fired = fired_at("at(2026-11-27T10:01:00)", Duration::from_mins(35)).await;
        assert_eq!(fired, [30]);
    }

    /// The seconds at which an invocation is attempted that fails `failures` times.
    async fn tried_at(retries: usize, failures: usize) -> (Vec<u64>, Result<(), Failure>) {
        let start = Instant::now();
        let mut tries = Vec::new();
        let result = retry(retries, || {
            tries.push(start.elapsed().as_secs());
            let fails = tries.len() <= failures;
            async move {
                if fails {
                    Err(Failure::TooLarge)
                } else {
                    Ok(())
                }
            }
        });
        let result = result.await;
        (tries, result)
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_retried_after_one_minute_and_after_two_more() {
        assert_eq!(tried_at(2, 0).await, (vec![0], Ok(())));
        assert_eq!(tried_at(2, 1).await, (vec![0, 60], Ok(())));
        assert_eq!(tried_at(2, 2).await, (vec![0, 60, 180], Ok(())));
        assert_eq!(
            tried_at(2, 3).await,
            (vec![0, 60, 180], Err(Failure::TooLarge))
        );
    }

    #[tokio::test(start_paused = true)]
    async fn the_template_may_set_fewer_retries() {
        assert_eq!(tried_at(0, 9).await, (vec![0], Err(Failure::TooLarge)));
        assert_eq!(tried_at(1, 9).await, (vec![0, 60], Err(Failure::TooLarge)));
    }

    #[test]
    fn the_event_is_the_one_of_eventbridge() {
        let schedule = Schedule {
            function: "clean".into(),
            rule: "local-cleanEveryTenMinutes".into(),
            expression: "rate(10 minutes)".into(),
            timing: ScheduleExpression::Rate(Duration::from_mins(10)),
            input: None,
            enabled: true,
        };
        let text = event(&schedule, Timestamp::from_second(1_444_323_186).unwrap());
        let read: aws_lambda_events::eventbridge::EventBridgeEvent =
            serde_json::from_str(&text).unwrap();
        assert_eq!(read.detail_type, "Scheduled Event");
        assert_eq!(read.source, "aws.events");
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["time"], "2015-10-08T16:53:06Z");
        let mut keys: Vec<_> = json
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        keys.sort_unstable();
        let wanted = [
            "account",
            "detail",
            "detail-type",
            "id",
            "region",
            "resources",
            "source",
            "time",
            "version",
        ];
        assert_eq!(keys, wanted);
    }
}
