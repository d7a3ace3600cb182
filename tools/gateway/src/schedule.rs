//! Schedules: a function invoked from time to time with the event that EventBridge sends, asynchronously and so with
//! retries, two unless the template says less. Event as in `example-eventbridge-schedule.json` of `awslabs/aws-lambda-rust-runtime`.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::json;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep};
use tracing::{info, warn};

use crate::{
    clock,
    functions::{Failure, Function},
    ids,
    template::{
        Schedule,
        resolve::{ACCOUNT, REGION, STACK_NAME},
    },
};

/// What Lambda waits before it tries an asynchronous invocation a second and a third time
/// (<https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>).
const RETRIES: [Duration; 2] = [Duration::from_mins(1), Duration::from_mins(2)];

/// Fires for ever, first after one whole period, as a rule that was just created.
pub(crate) async fn keep(schedule: Schedule, function: Arc<Function>) {
    let every = schedule.every;
    repeat(every, || {
        let (schedule, function) = (schedule.clone(), Arc::clone(&function));
        // A run that takes longer than the period does not hold back the next one.
        tokio::spawn(async move { deliver(&schedule, &function).await });
    })
    .await;
}

async fn repeat(every: Duration, mut act: impl FnMut()) {
    let mut timer = interval_at(Instant::now() + every, every);
    timer.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        timer.tick().await;
        act();
    }
}

async fn deliver(schedule: &Schedule, function: &Arc<Function>) {
    let attempt = || fire(schedule, function);
    if let Err(failure) = persist(function.spec.retries, attempt).await {
        warn!("schedule   {} gives up: {failure}", schedule.function);
    }
}

/// Tries until it succeeds, as often again as `retries` says.
pub(crate) async fn persist<T, F>(
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

/// Invokes the function once, at once.
///
/// # Errors
/// When the function fails.
pub(crate) async fn fire(schedule: &Schedule, function: &Arc<Function>) -> Result<Bytes, Failure> {
    info!("schedule   {} {}", schedule.function, schedule.expression);
    let event = schedule
        .input
        .clone()
        .unwrap_or_else(|| event(schedule, clock::now()));
    function.invoke(event, ids::trace(clock::now())).await
}

fn event(schedule: &Schedule, now: Timestamp) -> String {
    let rule = format!("{STACK_NAME}-{}{}", schedule.function, schedule.event);
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
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_rate_begins_with_a_whole_period() {
        let (start, mut fired) = (Instant::now(), Vec::new());
        let schedule = repeat(Duration::from_mins(10), || {
            fired.push(start.elapsed().as_secs());
        });
        let _ = tokio::time::timeout(Duration::from_mins(35), schedule).await;
        assert_eq!(fired, [600, 1_200, 1_800]);
    }

    /// The seconds at which an invocation is tried that fails `failures` times.
    async fn tried_at(retries: usize, failures: usize) -> (Vec<u64>, Result<(), Failure>) {
        let start = Instant::now();
        let mut tries = Vec::new();
        let result = persist(retries, || {
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
    async fn a_failure_is_tried_again_after_one_minute_and_after_two_more() {
        assert_eq!(tried_at(2, 0).await, (vec![0], Ok(())));
        assert_eq!(tried_at(2, 1).await, (vec![0, 60], Ok(())));
        assert_eq!(tried_at(2, 2).await, (vec![0, 60, 180], Ok(())));
        assert_eq!(
            tried_at(2, 3).await,
            (vec![0, 60, 180], Err(Failure::TooLarge))
        );
    }

    #[tokio::test(start_paused = true)]
    async fn the_template_may_ask_for_fewer_retries() {
        assert_eq!(tried_at(0, 9).await, (vec![0], Err(Failure::TooLarge)));
        assert_eq!(tried_at(1, 9).await, (vec![0, 60], Err(Failure::TooLarge)));
    }

    #[test]
    fn the_event_is_the_one_of_eventbridge() {
        let schedule = Schedule {
            function: "clean".into(),
            event: "EveryTenMinutes".into(),
            expression: "rate(10 minutes)".into(),
            every: Duration::from_mins(10),
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
