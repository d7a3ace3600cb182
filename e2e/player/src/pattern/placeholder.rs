//! What stands between `<` and `>`: finds placeholders in text. What they mean where is left to the caller.

use std::ops::Range;

use serde_json::Value;

use super::PatternError;

/// Longest text that a repetition may make, in bytes: a hundred times what API Gateway takes.
const REPEATED_BYTES: usize = 16 * 1024 * 1024;

/// Milliseconds since 1970 lie between these from 2001 to 2286. Seconds do not, which is the usual slip.
const EPOCH_MS: Range<u64> = 1_000_000_000_000..10_000_000_000_000;

/// A placeholder's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// `<any>`
    Any,
    /// `<string>`
    String,
    /// `<number>`
    Number,
    /// `<epoch-ms>`: a point in time, as a whole number of milliseconds since 1970.
    EpochMs,
}

impl Type {
    /// All, in the order in which they are explained.
    pub const ALL: [Self; 4] = [Self::Any, Self::String, Self::Number, Self::EpochMs];

    /// What stands between the angle brackets.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::String => "string",
            Self::Number => "number",
            Self::EpochMs => "epoch-ms",
        }
    }

    /// The type with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|of| of.name() == name)
    }

    /// Whether `value` is of it.
    pub fn accepts(self, value: &Value) -> bool {
        match self {
            Self::Any => true,
            Self::String => value.is_string(),
            Self::Number => value.is_number(),
            Self::EpochMs => value.as_u64().is_some_and(|ms| EPOCH_MS.contains(&ms)),
        }
    }

    /// What it wants, for messages.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Any => "any value",
            Self::String => "a string",
            Self::Number => "a number",
            Self::EpochMs => "milliseconds since 1970",
        }
    }
}

/// A piece of a text in which placeholders were looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// No placeholder. `\<` before something that would be one is already a plain `<`.
    Plain(&'a str),
    /// `<name>`
    Name(&'a str),
    /// `<ab * 3>`
    Repeat {
        /// What is repeated.
        unit: &'a str,
        /// How often.
        times: usize,
    },
    /// `<a to 8192 bytes>`
    Pad {
        /// What is repeated.
        unit: &'a str,
        /// Until the frame has this size.
        bytes: usize,
    },
}

/// Cuts `text` into pieces with their places; `start` is where `text` stands in its line.
pub(super) fn pieces(
    text: &str,
    start: usize,
) -> Result<Vec<(Piece<'_>, Range<usize>)>, PatternError> {
    let mut pieces = Vec::new();
    let mut plain_from = 0;
    let mut at = 0;
    while let Some(found) = text[at..].find('<') {
        let open = at + found;
        let Some((piece, length)) = placeholder(&text[open..]) else {
            at = open + 1;
            continue;
        };
        let close = open + length;
        let bytes = start + open..start + close;
        if text[..open].ends_with('\\') {
            push_plain(&mut pieces, &text[plain_from..open - 1], start + plain_from);
            plain_from = open;
            at = open + 1;
            continue;
        }
        let made = match piece {
            Piece::Repeat { unit, times } => unit.len().saturating_mul(times),
            Piece::Pad { bytes, .. } => bytes,
            Piece::Plain(_) | Piece::Name(_) => 0,
        };
        if made > REPEATED_BYTES {
            return Err(PatternError::new(
                bytes,
                "this would make more than 16 MiB of text",
            ));
        }
        push_plain(&mut pieces, &text[plain_from..open], start + plain_from);
        pieces.push((piece, bytes));
        plain_from = close;
        at = close;
    }
    push_plain(&mut pieces, &text[plain_from..], start + plain_from);
    Ok(pieces)
}

fn push_plain<'a>(pieces: &mut Vec<(Piece<'a>, Range<usize>)>, text: &'a str, start: usize) {
    if !text.is_empty() {
        pieces.push((Piece::Plain(text), start..start + text.len()));
    }
}

/// The placeholder at the start of `text`, and its length in bytes.
pub(super) fn placeholder(text: &str) -> Option<(Piece<'_>, usize)> {
    let inner = text.strip_prefix('<')?;
    let close = inner.find(['<', '>'])?;
    if !inner[close..].starts_with('>') {
        return None;
    }
    let inner = &inner[..close];
    let piece = if is_name(inner) {
        Piece::Name(inner)
    } else if let Some((unit, bytes)) = padding(inner) {
        Piece::Pad { unit, bytes }
    } else {
        let (unit, times) = inner.rsplit_once(" * ")?;
        if unit.is_empty() {
            return None;
        }
        Piece::Repeat {
            unit,
            times: times.parse().ok()?,
        }
    };
    Some((piece, close + 2))
}

/// `a to 8192 bytes`
fn padding(inner: &str) -> Option<(&str, usize)> {
    let (unit, bytes) = inner.strip_suffix(" bytes")?.rsplit_once(" to ")?;
    (!unit.is_empty()).then_some((unit, bytes.parse().ok()?))
}

/// Letters, digits, `-` and `_`, a letter first.
pub(crate) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn found(text: &str) -> Vec<Piece<'_>> {
        let pieces = pieces(text, 0).unwrap();
        pieces.into_iter().map(|(piece, _)| piece).collect()
    }

    #[test]
    fn names_and_repetitions_are_found_between_plain_text() {
        let times = 3;
        assert_eq!(
            found("oi <alice>, <ab * 3>!"),
            [
                Piece::Plain("oi "),
                Piece::Name("alice"),
                Piece::Plain(", "),
                Piece::Repeat { unit: "ab", times },
                Piece::Plain("!"),
            ]
        );
    }

    #[test]
    fn other_angle_brackets_are_plain_text() {
        for text in [
            "a < b > c",
            "<3",
            "<>",
            "<-",
            "</b>",
            "<é>",
            "<a b>",
            "< * 3>",
            "<a * >",
            "<a * x>",
            "<a",
            "<",
        ] {
            assert_eq!(found(text), [Piece::Plain(text)], "{text}");
        }
        assert_eq!(found("<<a>"), [Piece::Plain("<"), Piece::Name("a")]);
    }

    #[test]
    fn a_backslash_makes_a_placeholder_plain() {
        assert_eq!(
            found(r"a\<b>c"),
            [Piece::Plain("a"), Piece::Plain("<b>c")],
            "the backslash goes"
        );
        assert_eq!(found(r"a\< b"), [Piece::Plain(r"a\< b")], "it stays");
    }

    #[test]
    fn a_repetition_that_no_memory_holds_is_refused() {
        let error = pieces("ab<x * 99999999999>", 10).unwrap_err();
        assert_eq!(error.bytes, 12..29);
    }

    #[test]
    fn seconds_are_no_milliseconds() {
        assert!(Type::EpochMs.accepts(&1_733_702_400_000_u64.into()));
        for value in [Value::from(1_733_702_400), 1.5.into(), "now".into()] {
            assert!(!Type::EpochMs.accepts(&value), "{value}");
        }
    }
}
