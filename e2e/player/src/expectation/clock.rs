//! Finds dates and times of day in texts, as programs write them for people: `Sun Nov 29 13:37:49 UTC 2026`, `29/11/2026, 1:37:49 PM`.

const NAMES: [&str; 19] = [
    "mon", "tue", "wed", "thu", "fri", "sat", "sun", "jan", "feb", "mar", "apr", "may", "jun",
    "jul", "aug", "sep", "oct", "nov", "dec",
];

const LONG_NAMES: [&str; 19] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Between the parts; browsers write a narrow space that does not break before AM and PM.
const SPACES: [char; 2] = [' ', '\u{202f}'];

/// A part of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// A weekday or a month.
    Name,
    Day,
    Year,
    /// All of a date, in digits.
    Date,
    /// Hours and minutes.
    Minutes,
    /// Hours, minutes and seconds.
    Seconds,
    /// A time zone, or the half of a day.
    Zone,
}

/// The length of the date with a time of day, or of the time of day with seconds, that `text` begins with. 0 if it begins otherwise.
pub(super) fn length(text: &str) -> usize {
    let mut parts = Vec::new();
    let (mut at, mut end) = (0, 0);
    for piece in text.split_inclusive(SPACES) {
        let word = piece.trim_end_matches(SPACES);
        // The punctuation after the last part belongs to the sentence.
        let plain = word.trim_end_matches([',', '.', ':', ';', '!', '?', ')', ']']);
        let Some(part) = part(plain) else { break };
        parts.push(part);
        end = at + plain.len();
        at += piece.len();
        if !plain.is_empty() && word.len() > plain.len() && !word.ends_with(',') {
            break;
        }
    }
    if !is_time(&parts) {
        return 0;
    }
    // JavaScript writes the name of the time zone after its offset.
    let rest = &text[end..];
    let name = rest
        .strip_prefix(" (")
        .and_then(|rest| rest.split_once(')'));
    match (parts.last(), name) {
        (Some(Part::Zone), Some((name, _))) if is_zone_name(name) => end + name.len() + 3,
        _ => end,
    }
}

/// A date without a time of day is the same all day, and hours and minutes alone may be anything.
fn is_time(parts: &[Part]) -> bool {
    let has = |part: Part| parts.contains(&part);
    let begins = match parts {
        [Part::Day, Part::Name, ..] => true,
        [first, ..] => matches!(
            first,
            Part::Name | Part::Date | Part::Minutes | Part::Seconds
        ),
        [] => false,
    };
    let is_dated = has(Part::Name) || has(Part::Date) || has(Part::Zone);
    begins && (has(Part::Seconds) || (has(Part::Minutes) && is_dated))
}

fn part(word: &str) -> Option<Part> {
    let lower = word.to_ascii_lowercase();
    if NAMES.contains(&&*lower) || LONG_NAMES.contains(&&*lower) {
        return Some(Part::Name);
    }
    let offset = lower.strip_prefix("gmt").unwrap_or(&lower);
    let offset = offset.strip_prefix(['+', '-']).unwrap_or("x");
    if ["utc", "gmt", "z", "am", "pm"].contains(&&*lower)
        || (offset.len() == 4 && is_digits(offset))
    {
        return Some(Part::Zone);
    }
    if is_digits(word) {
        return match word.len() {
            1 | 2 => Some(Part::Day),
            4 if word.starts_with("19") || word.starts_with("20") => Some(Part::Year),
            _ => None,
        };
    }
    if is_date(word) {
        return Some(Part::Date);
    }
    let mut clock = word.split(':');
    let hours = clock.next()?;
    let minutes = clock.next()?;
    let is_clock = matches!(hours.len(), 1 | 2) && is_digits(hours) && is_sixtieth(minutes);
    match clock.next() {
        None => is_clock.then_some(Part::Minutes),
        Some(seconds) => {
            let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
            let is_clock = is_clock && is_sixtieth(seconds) && is_digits(fraction);
            (is_clock && clock.next().is_none()).then_some(Part::Seconds)
        }
    }
}

/// Three numbers between equal separators, of which one may be a year.
fn is_date(word: &str) -> bool {
    ['/', '.', '-'].iter().any(|separator| {
        let numbers: Vec<_> = word.split(*separator).collect();
        numbers.len() == 3
            && numbers
                .iter()
                .all(|number| is_digits(number) && [1, 2, 4].contains(&number.len()))
            && (numbers[0].len() == 4 || numbers[2].len() == 4)
    })
}

fn is_sixtieth(text: &str) -> bool {
    text.len() == 2 && is_digits(text) && text < "60"
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_zone_name(name: &str) -> bool {
    name.chars().all(|c| c.is_alphabetic() || c == ' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_as_programs_write_them() {
        for text in [
            "Sun Nov 29 13:37:49 UTC 2026",
            "Sun Nov 29 2026 13:37:49 GMT+0000 (Coordinated Universal Time)",
            "Sun, 29 Nov 2026 13:37:49 GMT",
            "29 November 2026 13:37",
            "29/11/2026, 13:37:49",
            "11/29/2026, 1:37:49 PM",
            "2026-11-29 13:37:49.123456",
            "13:37:49",
            "1:37 PM",
            "1:37:49\u{202f}PM",
        ] {
            assert_eq!(length(text), text.len(), "{text}");
            assert_eq!(length(&format!("{text}.")), text.len(), "{text}");
            assert_eq!(length(&format!("{text} hello")), text.len(), "{text}");
        }
    }

    #[test]
    fn other_texts_are_not_times() {
        for text in [
            "",
            "17 users",
            "16:9",
            "may I",
            "Sun",
            "29 Nov 2026",
            "1:2:3",
            "13:37:49:12",
            "10:99:00",
            "a:b:c",
            "127.0.0.1",
            "1.2.3 2026",
        ] {
            assert_eq!(length(text), 0, "{text}");
        }
    }
}
