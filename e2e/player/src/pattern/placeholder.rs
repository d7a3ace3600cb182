//! Finds placeholders, `<…>`, in text. The caller interprets them.

use std::ops::Range;

use super::PatternError;

/// Longest text that a repetition may make, in bytes: a hundred times what API Gateway accepts.
const REPEATED_BYTES: usize = 16 * 1024 * 1024;

/// A piece of a text that may contain placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Not a placeholder. `\<`, which keeps a placeholder from being read, is already a plain `<`.
    Plain(&'a str),
    /// `<name>` or `<$name>`
    Name(&'a str),
    /// `<ab * 3>`
    Repeat {
        /// What is repeated.
        unit: &'a str,
        /// How many times.
        times: usize,
    },
    /// `<a to 8192 bytes>`
    Pad {
        /// What is repeated.
        unit: &'a str,
        /// Until the frame has this size.
        bytes: usize,
    },
    /// `<matching v\d+>`: the regular expression.
    Matching(&'a str),
    /// `<\r\n>`: characters that cannot be typed, decoded.
    Escape(String),
}

/// Cuts `text` into pieces with their places; `start` is the place of `text` in its line. Escapes such as `<\n>` are found only if
/// `escapes` is set: JSON has its own.
pub(super) fn pieces(
    text: &str,
    start: usize,
    escapes: bool,
) -> Result<Vec<(Piece<'_>, Range<usize>)>, PatternError> {
    let mut pieces = Vec::new();
    let mut plain_from = 0;
    let mut at = 0;
    while let Some(found) = text[at..].find('<') {
        let open = at + found;
        let piece = placeholder(&text[open..]);
        let Some((piece, length)) =
            piece.filter(|(piece, _)| escapes || !matches!(piece, Piece::Escape(_)))
        else {
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
            _ => 0,
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
    let piece = if is_name(inner.strip_prefix('$').unwrap_or(inner)) {
        Piece::Name(inner)
    } else if let Some(regex) = inner.strip_prefix("matching ") {
        Piece::Matching(regex)
    } else if inner.starts_with('\\') {
        Piece::Escape(unescaped(inner)?)
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

/// `\r\n`, `\x1e`, `\u{feff}`: one or more escapes and nothing else.
fn unescaped(inner: &str) -> Option<String> {
    let mut text = String::new();
    let mut rest = inner;
    while let Some(escape) = rest.strip_prefix('\\') {
        let (kind, after) = escape.split_at_checked(1)?;
        let (c, after) = match kind {
            "n" => ('\n', after),
            "r" => ('\r', after),
            "t" => ('\t', after),
            "0" => ('\0', after),
            "x" => {
                let (digits, after) = after.split_at_checked(2)?;
                (char::from(u8::from_str_radix(digits, 16).ok()?), after)
            }
            "u" => {
                let (digits, after) = after.strip_prefix('{')?.split_once('}')?;
                (
                    char::from_u32(u32::from_str_radix(digits, 16).ok()?)?,
                    after,
                )
            }
            _ => return None,
        };
        text.push(c);
        rest = after;
    }
    rest.is_empty().then_some(text)
}

/// What [`is_name`] accepts, for messages.
pub(crate) const NAME_RULE: &str = "a name has letters, digits, - and _, and begins with a letter";

/// Whether `text` is a valid name of a variable, capture or terminal.
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
        let pieces = pieces(text, 0, true).unwrap();
        pieces.into_iter().map(|(piece, _)| piece).collect()
    }

    #[test]
    fn placeholders_are_found_between_plain_text() {
        let times = 3;
        assert_eq!(
            found("oi <alice>, <$token>, <ab * 3>!<\\r\\n\\x1e><matching v\\d+>"),
            [
                Piece::Plain("oi "),
                Piece::Name("alice"),
                Piece::Plain(", "),
                Piece::Name("$token"),
                Piece::Plain(", "),
                Piece::Repeat { unit: "ab", times },
                Piece::Plain("!"),
                Piece::Escape("\r\n\u{1e}".to_owned()),
                Piece::Matching("v\\d+"),
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
            "<\\q>",
            "<\\x1>",
            "<\\n b>",
            "<\\é>",
            "<$>",
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
    fn a_repetition_that_does_not_fit_into_memory_is_rejected() {
        let error = pieces("ab<x * 99999999999>", 10, true).unwrap_err();
        assert_eq!(error.bytes, 12..29);
    }
}
