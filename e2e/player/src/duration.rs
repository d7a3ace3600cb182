//! Lengths of time as people write them: `300 ms`, `5s`, `1.5 s`, `2 min`.

use std::time::Duration;

/// Longest that one may wait for, in seconds (a day). More is a slip of the keyboard.
const LONGEST_SECONDS: f64 = 86_400.0;

/// Reads a number and its unit: `ms`, `s` or `min`.
///
/// # Errors
///
/// A sentence that says what is missing, without a full stop.
pub fn parse(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number: f64 = number
        .parse()
        .map_err(|_| format!("\"{text}\" is no length of time; write for example 300 ms or 5 s"))?;
    let seconds = match unit.trim() {
        "ms" => number / 1_000.0,
        "s" => number,
        "min" => number * 60.0,
        "" => {
            return Err(format!(
                "\"{text}\" has no unit; write {number} ms or {number} s"
            ));
        }
        other => return Err(format!("\"{other}\" is no unit; ms, s and min are")),
    };
    if seconds > LONGEST_SECONDS {
        return Err(format!("\"{text}\" is more than a day"));
    }
    Ok(Duration::from_secs_f64(seconds))
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
    fn the_unit_may_touch_the_number_or_not() {
        assert_eq!(parse("300 ms"), Ok(Duration::from_millis(300)));
        assert_eq!(parse("5s"), Ok(Duration::from_secs(5)));
        assert_eq!(parse(" 1.5 s "), Ok(Duration::from_millis(1_500)));
        assert_eq!(parse("2min"), Ok(Duration::from_mins(2)));
    }

    #[test]
    fn nonsense_is_answered_with_what_is_missing() {
        for (text, words) in [
            ("", "no length of time"),
            ("ms", "no length of time"),
            ("1.2.3 s", "no length of time"),
            ("5", "has no unit"),
            ("5 hours", "no unit; ms, s and min are"),
            ("-5 s", "no length of time"),
            ("99999999999999999999999 s", "more than a day"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_shown_can_be_read_again() {
        for ms in [0, 1, 300, 1_000, 1_500, 60_000] {
            let duration = Duration::from_millis(ms);
            assert_eq!(parse(&show(duration)), Ok(duration));
        }
    }
}
