//! `rate(10 minutes)`, as EventBridge reads it
//! (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html>).

use std::time::Duration;

/// The time between two events.
///
/// # Errors
/// A phrase that says what is wanted.
pub(crate) fn parse(expression: &str) -> Result<Duration, String> {
    const WANTED: &str =
        "supported are rate(1 minute), rate(N minutes), and the same with hours and days";
    if expression.starts_with("cron(") || expression.starts_with("at(") {
        return Err(format!(
            "cron and one-time schedules do not run here; {WANTED}"
        ));
    }
    let inner = expression
        .strip_prefix("rate(")
        .and_then(|rest| rest.strip_suffix(')'))
        .ok_or(WANTED)?;
    let (number, unit) = inner.split_once(' ').ok_or(WANTED)?;
    let number: u64 = number.parse().map_err(|_| WANTED)?;
    let seconds = match unit.trim_end_matches('s') {
        "minute" => 60,
        "hour" => 60 * 60,
        "day" => 24 * 60 * 60,
        _ => return Err(WANTED.to_owned()),
    };
    if number == 0 {
        return Err("the number has to be 1 or more".to_owned());
    }
    if (number == 1) == unit.ends_with('s') {
        return Err("EventBridge wants the singular for 1 and the plural otherwise".to_owned());
    }
    let seconds = number
        .checked_mul(seconds)
        .filter(|seconds| *seconds <= MAX_SECONDS)
        .ok_or("the time is too long")?;
    Ok(Duration::from_secs(seconds))
}

/// A hundred years: beyond it, timers overflow and nobody waits.
const MAX_SECONDS: u64 = 100 * 366 * 24 * 60 * 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_hours_and_days_are_understood() {
        assert_eq!(parse("rate(1 minute)"), Ok(Duration::from_mins(1)));
        assert_eq!(parse("rate(10 minutes)"), Ok(Duration::from_mins(10)));
        assert_eq!(parse("rate(2 hours)"), Ok(Duration::from_hours(2)));
        assert_eq!(parse("rate(1 day)"), Ok(Duration::from_hours(24)));
    }

    #[test]
    fn what_eventbridge_refuses_is_refused() {
        let wrong = [
            "",
            "rate()",
            "rate(5)",
            "rate(5 seconds)",
            "rate(1 minutes)",
            "rate(2 minute)",
            "rate(0 minutes)",
            "rate(-1 minutes)",
            "rate(99999999999999999999 days)",
            "rate(9999999999999 days)",
            "rate(5 minutes",
        ];
        for expression in wrong {
            assert!(parse(expression).is_err(), "{expression}");
        }
    }

    #[test]
    fn cron_is_named_as_not_supported() {
        assert!(parse("cron(0 12 * * ? *)").unwrap_err().contains("cron"));
    }
}
