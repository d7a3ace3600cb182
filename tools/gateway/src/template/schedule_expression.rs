//! When a schedule fires: `rate(10 minutes)`, `cron(0 12 * * ? *)` and `at(2030-01-01T12:00:00)`, as EventBridge reads
//! them (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html>,
//! <https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html>). Uses UTC.

use std::time::Duration;

use croner::{
    Cron,
    parser::{CronParser, Seconds, Year},
};
use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};

/// A parsed schedule expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScheduleExpression {
    /// Fires once per period, first after a whole period.
    Rate(Duration),
    /// Fires at matching minutes.
    Cron(Box<Cron>),
    /// Fires once.
    At(DateTime),
}

/// A hundred years: beyond it, timers overflow.
const MAX_SECONDS: u64 = 100 * 366 * 24 * 60 * 60;

impl ScheduleExpression {
    /// Reads an expression.
    ///
    /// # Errors
    /// If the expression is invalid or not supported; the text says what is.
    pub fn parse(expression: &str) -> Result<Self, String> {
        let inner = |name: &str| {
            let rest = expression.strip_prefix(name)?.strip_prefix('(')?;
            rest.strip_suffix(')')
        };
        if let Some(rate) = inner("rate") {
            parse_rate(rate).map(Self::Rate)
        } else if let Some(cron) = inner("cron") {
            parse_cron(cron).map(|cron| Self::Cron(Box::new(cron)))
        } else if let Some(at) = inner("at") {
            let time = at.parse();
            time.map(Self::At)
                .map_err(|_| "expected a time such as at(2030-12-31T12:00:00)".to_owned())
        } else {
            Err(
                "supported are rate(10 minutes), cron(0 12 * * ? *) and at(2030-12-31T12:00:00)"
                    .to_owned(),
            )
        }
    }

    /// The first time after `now` at which it fires; `None` when there is none.
    pub fn next_after(&self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Rate(period) => now
                .checked_add(SignedDuration::try_from(*period).ok()?)
                .ok(),
            Self::Cron(cron) => {
                let now = TimeZone::UTC.to_datetime(now);
                let next = cron.find_next_occurrence(&now, false).ok()?;
                TimeZone::UTC.to_timestamp(next).ok()
            }
            Self::At(time) => TimeZone::UTC
                .to_timestamp(*time)
                .ok()
                .filter(|time| *time > now),
        }
    }
}

fn parse_rate(rate: &str) -> Result<Duration, String> {
    const WANTED: &str = "expected rate(1 minute), rate(N minutes), or the same with hours or days";
    let (number, unit) = rate.trim().split_once(' ').ok_or(WANTED)?;
    let number: u64 = number.parse().map_err(|_| WANTED)?;
    let seconds = match unit.trim_end_matches('s') {
        "minute" => 60,
        "hour" => 60 * 60,
        "day" => 24 * 60 * 60,
        _ => return Err(WANTED.to_owned()),
    };
    if number == 0 {
        return Err("the number must be 1 or more".to_owned());
    }
    if (number == 1) == unit.ends_with('s') {
        return Err("EventBridge expects the singular for 1 and the plural otherwise".to_owned());
    }
    let seconds = number
        .checked_mul(seconds)
        .filter(|seconds| *seconds <= MAX_SECONDS)
        .ok_or("the period is too long")?;
    Ok(Duration::from_secs(seconds))
}

/// Minutes, hours, day of month, month, day of week (1 is Sunday), year.
fn parse_cron(cron: &str) -> Result<Cron, String> {
    let fields: Vec<_> = cron.split_ascii_whitespace().collect();
    let [_, _, day, _, weekday, _] = fields.as_slice() else {
        let count = fields.len();
        return Err(format!(
            "expected six fields (minutes, hours, day of month, month, day of week, year), found {count}"
        ));
    };
    if (*day == "?") == (*weekday == "?") {
        return Err("exactly one of day of month and day of week must be ?".to_owned());
    }
    let parser = CronParser::builder()
        .seconds(Seconds::Required)
        .year(Year::Required)
        .alternative_weekdays(true)
        .build();
    let fields = fields
        .iter()
        .zip(LAST)
        .map(|(field, last)| open_ended(field, last));
    let fields: Vec<_> = fields.collect();
    parser
        .parse(&format!("0 {}", fields.join(" ")))
        .map_err(|error| error.to_string())
}

/// The last value of each field.
const LAST: [u16; 6] = [59, 23, 31, 12, 7, 2199];

/// `0/15` as `0-59/15`, which the parser requires.
fn open_ended(field: &str, last: u16) -> String {
    let items = field.split(',').map(|item| match item.split_once('/') {
        Some((start, step)) if start.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{start}-{last}/{step}")
        }
        _ => item.to_owned(),
    });
    items.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(expression: &str) -> Result<ScheduleExpression, String> {
        ScheduleExpression::parse(expression)
    }

    #[track_caller]
    fn fires(expression: &str, after: &str, at: Option<&str>) {
        let after: Timestamp = after.parse().unwrap();
        let next = rate(expression).unwrap().next_after(after);
        let at = at.map(|at| at.parse::<Timestamp>().unwrap());
        assert_eq!(next, at, "{expression} after {after}");
    }

    #[test]
    fn minutes_hours_and_days_are_understood() {
        let of = |duration| Ok(ScheduleExpression::Rate(duration));
        assert_eq!(rate("rate(1 minute)"), of(Duration::from_mins(1)));
        assert_eq!(rate("rate(10 minutes)"), of(Duration::from_mins(10)));
        assert_eq!(rate("rate(2 hours)"), of(Duration::from_hours(2)));
        assert_eq!(rate("rate(1 day)"), of(Duration::from_hours(24)));
    }

    #[test]
    fn a_cron_expression_fires_at_matching_minutes() {
        let friday = "2026-11-27T10:03:20Z";
        fires("cron(0 12 * * ? *)", friday, Some("2026-11-27T12:00:00Z"));
        fires("cron(0/15 * * * ? *)", friday, Some("2026-11-27T10:15:00Z"));
        fires(
            "cron(0 18 ? * MON-FRI *)",
            "2026-11-27T18:00:00Z",
            Some("2026-11-30T18:00:00Z"),
        );
        fires("cron(15 10 ? * 1 *)", friday, Some("2026-11-29T10:15:00Z"));
        fires("cron(0 8 1 * ? *)", friday, Some("2026-12-01T08:00:00Z"));
        fires("cron(0 0 L * ? *)", friday, Some("2026-11-30T00:00:00Z"));
        fires("cron(0 9 ? * 2#1 *)", friday, Some("2026-12-07T09:00:00Z"));
        fires("cron(0 0 1 1 ? 2020)", friday, None);
    }

    #[test]
    fn a_one_time_schedule_fires_once() {
        fires(
            "at(2026-11-27T12:00:00)",
            "2026-11-27T10:00:00Z",
            Some("2026-11-27T12:00:00Z"),
        );
        fires("at(2026-11-27T12:00:00)", "2026-11-27T12:00:00Z", None);
    }

    #[test]
    fn expressions_that_eventbridge_refuses_are_refused() {
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
            "every hour",
            "cron()",
            "cron(* * * * *)",
            "cron(0 12 * * * *)",
            "cron(0 12 ? * ? *)",
            "cron(60 12 * * ? *)",
            "cron(0 12 * 13 ? *)",
            "at(tomorrow)",
        ];
        for expression in wrong {
            assert!(rate(expression).is_err(), "{expression}");
        }
    }
}
