//! Guesses which values change from run to run: IDs and times, recognised by their names and form.

use super::clock;
use crate::json::{Json, Number};
use crate::pattern::{Type, has_shape};

/// A kind of value that changes from run to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Volatile {
    /// An identifier.
    Id,
    /// A point in time.
    Time,
}

/// Shortest text that can look random.
const RANDOM_CHARS: usize = 12;

/// Whole numbers from this size on are random, or times in microseconds or less: nothing that a server counts has 15 digits.
const RANDOM_NUMBER: u64 = 100_000_000_000_000;

/// What stands before `id` in names without capital letters, such as `authid` and `pid`. Other words end with these letters too: `paid`,
/// and the prices `bid` and `mid`.
const IDENTIFIED: [&str; 22] = [
    "auth",
    "c",
    "channel",
    "client",
    "connection",
    "device",
    "event",
    "message",
    "msg",
    "order",
    "p",
    "peer",
    "player",
    "request",
    "room",
    "s",
    "session",
    "socket",
    "stream",
    "trade",
    "u",
    "user",
];

/// The kind of `value`, in a field named `key`, if it changes from run to run.
pub(crate) fn kind(key: Option<&str>, value: &Json) -> Option<Volatile> {
    let words = key.map(words).unwrap_or_default();
    let last = words.last().map_or("", String::as_str);
    match value {
        Json::String(text) if is_date(text) || is_clock(text) => Some(Volatile::Time),
        Json::String(text) if !text.is_empty() => {
            (is_id_name(last) || looks_random(text)).then_some(Volatile::Id)
        }
        Json::Number(_) if Type::EpochMs.accepts(value) => Some(Volatile::Time),
        Json::Number(number)
            if is_epoch_seconds(value) && (is_time_name(&words) || has_fraction(number)) =>
        {
            Some(Volatile::Time)
        }
        Json::Number(_) if last == "timestamp" => Some(Volatile::Time),
        Json::Number(number) => {
            let whole = number.as_u64()?;
            (whole >= RANDOM_NUMBER || is_id_name(last)).then_some(Volatile::Id)
        }
        _ => None,
    }
}

/// The placeholder that accepts `value` and similar values, if it changes from run to run.
pub(crate) fn placeholder(key: Option<&str>, value: &Json) -> Option<&'static str> {
    kind(key, value).map(|_| typed(value))
}

/// The placeholder for the type of `value`.
pub(crate) fn typed(value: &Json) -> &'static str {
    match value {
        Json::String(_) if Type::Uuid.accepts(value) => "<uuid>",
        Json::String(_) if Type::Date.accepts(value) => "<date>",
        Json::String(_) => "\"<string>\"",
        Json::Number(_) if Type::EpochMs.accepts(value) => "<epoch-ms>",
        Json::Number(_) => "<number>",
        _ => "<any>",
    }
}

/// The words of a name, in lower case: `connectionId`, `connection_id` and `connection-id` have two.
pub(crate) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in name.chars() {
        let begins = !c.is_alphanumeric() || (c.is_uppercase() && !before.is_uppercase());
        before = c;
        if begins {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn is_id_name(word: &str) -> bool {
    let is_of = |of: &str| of.is_empty() || IDENTIFIED.contains(&of);
    matches!(word, "uuid" | "guid" | "token" | "nonce")
        || word.strip_suffix("id").is_some_and(is_of)
}

fn is_time_name(words: &[String]) -> bool {
    const TIMES: [&str; 18] = [
        "at",
        "created",
        "date",
        "epoch",
        "exp",
        "expires",
        "expiry",
        "iat",
        "modified",
        "nbf",
        "now",
        "since",
        "started",
        "time",
        "timestamp",
        "ts",
        "until",
        "updated",
    ];
    words.iter().any(|word| TIMES.contains(&word.as_str()))
}

/// Seconds since 1970, from 2001 to 2096.
fn is_epoch_seconds(value: &Json) -> bool {
    value
        .as_number()
        .and_then(Number::as_f64)
        .is_some_and(|seconds| (1e9..4e9).contains(&seconds))
}

fn has_fraction(number: &Number) -> bool {
    number.as_f64().is_some_and(|number| number.fract() != 0.0)
}

/// Begins as RFC 3339 has it, `2024-12-09T00:00:00`, or with a blank, as SQL and Python write it.
fn is_date(text: &str) -> bool {
    ["0000-00-00T00:00:00", "0000-00-00 00:00:00"]
        .iter()
        .any(|shape| {
            text.get(..shape.len())
                .is_some_and(|begin| has_shape(begin, shape))
        })
}

/// A time as it is written for people.
fn is_clock(text: &str) -> bool {
    !text.is_empty() && clock::length(text) == text.len()
}

/// An ID that begins with the time at which it was made, as in `1733702400000:host:16404:mx1vsbpi:10000`.
fn is_stamped(text: &str) -> bool {
    let is_time = |stamp| Json::parse(stamp).is_ok_and(|stamp| Type::EpochMs.accepts(&stamp));
    text.split_once(':').is_some_and(|(stamp, rest)| {
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '_' | '.');
        is_time(stamp) && rest.contains(|c: char| c.is_ascii_digit()) && rest.chars().all(is_word)
    })
}

/// One word in which letters and digits alternate, as in base64, hexadecimal digits and UUIDs.
fn looks_random(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+' | '/' | '=');
    let digits = text.chars().filter(char::is_ascii_digit).count();
    // A random text changes between digits and letters, or lower and upper case, at least at every third character.
    let changes = text
        .as_bytes()
        .windows(2)
        .filter(|pair| class(pair[0]) != class(pair[1]))
        .count();
    let is_mixed = digits > 0 && (changes * 3 >= text.len() || is_long_hexadecimal(text));
    let is_random_number = text
        .parse()
        .is_ok_and(|number: u64| number >= RANDOM_NUMBER);
    // Base64 ends with equals signs, and contains none.
    let is_word = text.chars().all(allowed) && !text.trim_end_matches('=').contains('=');
    is_random_number || is_stamped(text) || (text.len() >= RANDOM_CHARS && is_word && is_mixed)
}

/// Hexadecimal digits, in groups or not: letters and digits change rarely where many digits are decimal.
fn is_long_hexadecimal(text: &str) -> bool {
    let mut kinds: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let is_long = kinds.len() >= RANDOM_CHARS;
    kinds.sort_unstable();
    kinds.dedup();
    let has_letters = kinds.iter().any(u8::is_ascii_alphabetic);
    let is_hexadecimal = text.bytes().all(|c| c.is_ascii_hexdigit() || c == b'-');
    is_hexadecimal && is_long && has_letters && kinds.len() >= 6
}

fn class(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => 0,
        b'a'..=b'z' => 1,
        b'A'..=b'Z' => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! json {
        ($value:tt) => {
            Json::parse(&serde_json::json!($value).to_string()).unwrap()
        };
    }

    #[test]
    fn ids_are_recognised_by_their_names() {
        for key in [
            "id",
            "messageId",
            "connection_id",
            "requestID",
            "x-token",
            "authid",
            "pid",
        ] {
            assert_eq!(kind(Some(key), &json!("m-1")), Some(Volatile::Id), "{key}");
        }
        assert_eq!(kind(Some("userId"), &json!(42)), Some(Volatile::Id));
        for key in ["message", "identity", "paid", "valid", "bid", "ids", "type"] {
            assert_eq!(kind(Some(key), &json!("m-1")), None, "{key}");
        }
        assert_eq!(kind(Some("id"), &json!("")), None);
        assert_eq!(kind(Some("id"), &json!(null)), None);
    }

    #[test]
    fn ids_are_recognised_by_their_form() {
        for text in [
            "L0SM9cOFvHcCIhw=",
            "123e4567-e89b-42d3-a456-426614174000",
            "9f86d081884c7d65",
            "d65daa55-9172955e2afc49362493090f",
            "1051234567890123776",
            "1733702400000:host:16404:mx1vsbpi:10000",
        ] {
            assert_eq!(kind(None, &json!(text)), Some(Volatile::Id), "{text}");
        }
        assert_eq!(
            kind(None, &json!(571_254_520_079_922_u64)),
            Some(Volatile::Id)
        );
        assert_eq!(kind(None, &json!(99_999_999_999_999_u64)), None);
        for text in [
            "invalidClientMessageId",
            "Internal server error",
            "sa-east-1",
            "aaaaaaaaaaaaaaaaaaaa1",
            "1009",
            "version-2-of-something",
        ] {
            assert_eq!(kind(None, &json!(text)), None, "{text}");
        }
    }

    #[test]
    fn times_are_recognised_by_their_size_and_form() {
        let time = Some(Volatile::Time);
        assert_eq!(kind(None, &json!(1_733_702_400_000_u64)), time);
        assert_eq!(kind(Some("expiresAt"), &json!(1_733_702_400)), time);
        assert_eq!(kind(Some("exp"), &json!(1_733_702_400)), time);
        assert_eq!(kind(None, &json!("2024-12-09T00:00:00.000Z")), time);
        assert_eq!(kind(None, &json!("2024-12-09 00:00:00.123456")), time);
        assert_eq!(kind(None, &json!("Mon, 09 Dec 2024 00:00:00 GMT")), time);
        assert_eq!(kind(None, &json!("1:37:49 PM")), time);
        assert_eq!(kind(None, &json!("Monday")), None);
        assert_eq!(kind(Some("ts"), &json!(1_733_702_400.25)), time);
        assert_eq!(kind(Some("count"), &json!(1_733_702_400)), None);
        assert_eq!(kind(Some("timestamp"), &json!(65424.867)), time);
        assert_eq!(kind(Some("at"), &json!(17)), None);
    }
}
