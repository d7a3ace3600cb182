//! Durations as people write them: `300 ms`, `5s`, `1.5 s`, `2 min`, `1m 30s`. The syntax is jiff's.

use std::time::Duration;

use jiff::SignedDuration;

/// Longest duration, a day. More is probably a typing error.
const MAX: Duration = Duration::from_hours(24);

/// Reads a duration from 0 to 24 hours.
///
/// # Errors
///
/// What is wrong, without a full stop.
pub fn parse(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    if text.parse::<f64>().is_ok() {
        return Err(format!(
            "\"{text}\" has no unit; write {text} ms or {text} s"
        ));
    }
    let invalid =
        || format!("\"{text}\" is not a duration; write for example 300 ms, 5 s or 2 min");
    let duration: SignedDuration = text.parse().map_err(|_| invalid())?;
    let duration = Duration::try_from(duration).map_err(|_| invalid())?;
    if duration > MAX {
        return Err(format!("\"{text}\" is more than a day"));
    }
    Ok(duration)
}

/// Reads a time limit: a duration that is not 0.
///
/// # Errors
///
/// What is wrong, without a full stop.
pub(crate) fn parse_limit(text: &str) -> Result<Duration, String> {
    match parse(text)? {
        Duration::ZERO => Err(format!(
            "\"{text}\" leaves no time for an answer; write for example 5 s"
        )),
        limit => Ok(limit),
    }
}

/// `300 ms` or `5 s`.
pub fn show(duration: Duration) -> String {
    let ms = duration.as_millis();
    if ms >= 1_000 && ms.is_multiple_of(1_000) {
        format!("{} s", ms / 1_000)
    } else {
        format!("{ms} ms")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_may_separate_the_number_and_its_unit() {
        assert_eq!(parse("300 ms"), Ok(Duration::from_millis(300)));
        assert_eq!(parse("5s"), Ok(Duration::from_secs(5)));
        assert_eq!(parse(" 1.5 s "), Ok(Duration::from_millis(1_500)));
        assert_eq!(parse("2min"), Ok(Duration::from_mins(2)));
        assert_eq!(parse("1m 30s"), Ok(Duration::from_secs(90)));
    }

    #[test]
    fn anything_else_is_rejected_with_the_reason() {
        for (text, words) in [
            ("", "not a duration"),
            ("ms", "not a duration"),
            ("1.2.3 s", "not a duration"),
            ("5", "has no unit"),
            ("-5 s", "not a duration"),
            ("25 hours", "more than a day"),
            ("99999999999999999999999 s", "not a duration"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
    }

    #[test]
    fn a_time_limit_is_not_0() {
        assert_eq!(parse_limit("1 ms"), Ok(Duration::from_millis(1)));
        let error = parse_limit("0s").unwrap_err();
        assert!(error.starts_with("\"0s\" leaves no time"), "{error}");
    }

    #[test]
    fn shown_durations_can_be_parsed() {
        for ms in [0, 1, 300, 1_000, 1_500, 60_000] {
            let duration = Duration::from_millis(ms);
            assert_eq!(parse(&show(duration)), Ok(duration));
        }
    }
}
