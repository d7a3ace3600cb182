//! Tracks the records of a shard: they are delivered in order, retried, split, and given up. Pure bookkeeping;
//! the caller invokes the function and reports the outcome.
//!
//! Rules: <https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html> and
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html>.

use std::{collections::VecDeque, time::Duration};

use serde_json::Value as Json;

/// Delay before the first retry; it doubles with each retry. AWS documents that it backs off, but not how.
const FIRST_WAIT: Duration = Duration::from_millis(200);
/// Maximum delay between two attempts.
const MAX_WAIT: Duration = Duration::from_secs(10);

/// When to give up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Policy {
    /// Retries after the first attempt; without a number, as long as the records last.
    pub(crate) retries: Option<u32>,
    /// Age at which records are given up.
    pub(crate) max_age: Duration,
    /// Whether a failed batch is split in two.
    pub(crate) bisect: bool,
}

/// How an invocation went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Succeeded,
    Failed,
    /// The function is done with the records before this index.
    FailedFrom(usize),
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step<R> {
    /// Continue with the next part.
    Continue,
    /// Wait, then invoke again with [`Deliveries::current`].
    RetryAfter(Duration),
    /// These records are given up; continue with the next part.
    GiveUp {
        records: Vec<R>,
        attempts: u32,
        condition: Condition,
    },
}

/// Why records are given up, as reported to the failure destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    RetryAttemptsExhausted,
    RecordAgeExceeded,
}

impl Condition {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::RetryAttemptsExhausted => "RetryAttemptsExhausted",
            Self::RecordAgeExceeded => "RecordAgeExceeded",
        }
    }
}

/// One batch on its way to a function, in one or more parts.
#[derive(Debug)]
pub(crate) struct Deliveries<R> {
    parts: VecDeque<Part<R>>,
}

#[derive(Debug)]
struct Part<R> {
    records: Vec<R>,
    attempts: u32,
}

impl<R> Deliveries<R> {
    pub(crate) fn new(records: Vec<R>) -> Self {
        let mut parts = VecDeque::new();
        if !records.is_empty() {
            parts.push_back(Part {
                records,
                attempts: 0,
            });
        }
        Self { parts }
    }

    /// The records to invoke the function with; `None` when the batch is done.
    pub(crate) fn current(&self) -> Option<&[R]> {
        Some(&self.parts.front()?.records)
    }

    /// Advances after the invocation with [`Self::current`]. `age` is the age of its oldest record.
    pub(crate) fn report(&mut self, outcome: Outcome, age: Duration, policy: Policy) -> Step<R> {
        let Some(mut part) = self.parts.pop_front() else {
            return Step::Continue;
        };
        let failed_from = match outcome {
            Outcome::Succeeded => return Step::Continue,
            Outcome::Failed => 0,
            Outcome::FailedFrom(index) => index.min(part.records.len()),
        };
        let progress = failed_from > 0;
        // Retries are counted for the records that are left.
        part.attempts = if progress { 1 } else { part.attempts + 1 };
        part.records.drain(..failed_from);
        if part.records.is_empty() {
            return Step::Continue;
        }
        if age >= policy.max_age {
            return Step::GiveUp {
                records: part.records,
                attempts: part.attempts,
                condition: Condition::RecordAgeExceeded,
            };
        }
        // A split does not use up a retry.
        if policy.bisect && !progress && part.records.len() > 1 {
            let second = part.records.split_off(part.records.len() / 2);
            let attempts = part.attempts - 1;
            for records in [second, part.records] {
                self.parts.push_front(Part { records, attempts });
            }
            return Step::RetryAfter(wait(attempts + 1));
        }
        if policy.retries.is_some_and(|max| part.attempts > max) {
            return Step::GiveUp {
                records: part.records,
                attempts: part.attempts,
                condition: Condition::RetryAttemptsExhausted,
            };
        }
        let attempts = part.attempts;
        self.parts.push_front(part);
        Step::RetryAfter(wait(attempts))
    }
}

fn wait(attempts: u32) -> Duration {
    let factor = 2_u32.saturating_pow(attempts.saturating_sub(1));
    FIRST_WAIT.saturating_mul(factor).min(MAX_WAIT)
}

/// The ids that a function reports as failed (`ReportBatchItemFailures`). `None` is a response that means the whole batch
/// has failed.
pub(crate) fn failures(response: &[u8]) -> Option<Vec<String>> {
    if response.is_empty() {
        return Some(Vec::new());
    }
    let response: Json = serde_json::from_slice(response).ok()?;
    let items = match &response {
        Json::Object(members) => members.get("batchItemFailures"),
        // Null means success; other values say nothing about failures.
        _ => return Some(Vec::new()),
    };
    let items = match items {
        None | Some(Json::Null) => return Some(Vec::new()),
        Some(items) => items.as_array()?,
    };
    let ids = items.iter().map(|item| {
        let id = item.get("itemIdentifier")?.as_str()?;
        (!id.is_empty()).then(|| id.to_owned())
    });
    ids.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const YOUNG: Duration = Duration::ZERO;

    fn policy(retries: u32, bisect: bool) -> Policy {
        Policy {
            retries: Some(retries),
            max_age: Duration::from_mins(1),
            bisect,
        }
    }

    /// Delivers to a function that fails on these records, and returns every batch that it saw and what was given up.
    fn deliver(records: &[u32], poison: &[u32], policy: Policy) -> (Vec<Vec<u32>>, Vec<Vec<u32>>) {
        let mut deliveries = Deliveries::new(records.to_vec());
        let (mut seen, mut given_up) = (Vec::new(), Vec::new());
        while let Some(batch) = deliveries.current() {
            seen.push(batch.to_vec());
            let failed = batch.iter().any(|record| poison.contains(record));
            let outcome = if failed {
                Outcome::Failed
            } else {
                Outcome::Succeeded
            };
            if let Step::GiveUp { records, .. } = deliveries.report(outcome, YOUNG, policy) {
                given_up.push(records);
            }
        }
        (seen, given_up)
    }

    #[test]
    fn a_failed_batch_is_retried_and_then_given_up() {
        let (seen, given_up) = deliver(&[1, 2, 3], &[2], policy(2, false));
        assert_eq!(seen, [[1, 2, 3], [1, 2, 3], [1, 2, 3]]);
        assert_eq!(given_up, [[1, 2, 3]]);
        assert_eq!(deliver(&[1, 2], &[], policy(0, false)).0, [[1, 2]]);
    }

    #[test]
    fn bisecting_isolates_the_record_that_fails_and_keeps_the_order() {
        let (seen, given_up) = deliver(&[1, 2, 3, 4], &[3], policy(0, true));
        let expected: [&[u32]; 5] = [&[1, 2, 3, 4], &[1, 2], &[3, 4], &[3], &[4]];
        assert_eq!(seen, expected);
        assert_eq!(given_up, [[3]]);
    }

    #[test]
    fn a_partial_failure_resumes_at_the_failed_record() {
        let mut deliveries = Deliveries::new(vec![1, 2, 3]);
        let step = deliveries.report(Outcome::FailedFrom(1), YOUNG, policy(5, false));
        assert!(matches!(step, Step::RetryAfter(_)));
        assert_eq!(deliveries.current(), Some([2, 3].as_slice()));
        let step = deliveries.report(Outcome::FailedFrom(2), YOUNG, policy(5, false));
        assert_eq!(step, Step::Continue);
        assert_eq!(deliveries.current(), None);
    }

    #[test]
    fn records_that_are_too_old_are_given_up() {
        let mut deliveries = Deliveries::new(vec![1]);
        let step = deliveries.report(Outcome::Failed, Duration::from_mins(2), policy(9, true));
        let Step::GiveUp { condition, .. } = step else {
            panic!("{step:?}");
        };
        assert_eq!(condition.as_str(), "RecordAgeExceeded");
    }

    #[test]
    fn waits_double_up_to_a_limit() {
        let waits = [1, 2, 3, 30].map(wait);
        let expected = [200, 400, 800, 10_000].map(Duration::from_millis);
        assert_eq!(waits, expected);
    }

    #[test]
    fn reported_failures_are_read_as_aws_reads_them() {
        let none: [&[u8]; 5] = [
            b"",
            b"null",
            b"{}",
            br#"{"batchItemFailures":null}"#,
            br#"{"batchItemFailures":[]}"#,
        ];
        for response in none {
            assert_eq!(failures(response), Some(Vec::new()));
        }
        let one = br#"{"batchItemFailures":[{"itemIdentifier":"7"}]}"#;
        assert_eq!(failures(one), Some(vec!["7".to_owned()]));
        let whole: [&[u8]; 4] = [
            b"{",
            br#"{"batchItemFailures":{}}"#,
            br#"{"batchItemFailures":[{"itemIdentifier":""}]}"#,
            br#"{"batchItemFailures":[{"id":"7"}]}"#,
        ];
        for response in whole {
            assert_eq!(failures(response), None);
        }
    }
}
