//! Binary frames: `<bytes 10 "MQTT" 04 ?? ...>`.
//!
//! # Layout
//!
//! - [`mod@compare`]: whether a frame is what a line expects, and where it first differs
//! - [`mod@written`]: the notation of a frame that arrived

mod compare;
mod written;

use std::ops::Range;

pub(crate) use written::{written, written_open};

use crate::pattern::{Captures, Notation, Part as TextPart, PatternError, Template};

/// Longest binary frame that a line may make, in bytes: a hundred times what API Gateway accepts.
const MAX_LENGTH: usize = 16 * 1024 * 1024;

const HELP: &str = "write for example <bytes 00 ff>, <bytes 00 * 1000> (16 MiB at most), <bytes \"text\" 00>; \
                    in < lines ?? is any byte, and ... any number of bytes";

/// A binary frame that is sent or expected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bytes(Vec<(Part, Range<usize>)>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// `00` and `00 * 1000`
    Literal(Vec<u8>),
    /// `"text"`
    Text(Template),
    /// `??`: one byte.
    Any,
    /// `...`: any number of bytes.
    Gap,
}

impl Bytes {
    /// The bytes of a line whose text is all `<bytes …>`, and that is sent; `None` if it is something else. Only names that
    /// `is_captured` knows are placeholders in quoted text.
    pub(super) fn sent(
        frame: &str,
        start: usize,
        is_captured: &dyn Fn(&str) -> bool,
    ) -> Result<Option<Self>, PatternError> {
        let text = |text: &str, at| Template::sent(text, at, is_captured);
        let Some(bytes) = Self::parse(frame, start, &text)? else {
            return Ok(None);
        };
        let is_open = |(part, _): &&(Part, _)| matches!(part, Part::Any | Part::Gap);
        match bytes.0.iter().find(is_open) {
            Some((_, place)) => {
                let message = "?? and ... can only be expected, not sent";
                Err(PatternError::new(place.clone(), message))
            }
            None => Ok(Some(bytes)),
        }
    }

    /// As [`Self::sent`], for a frame that is expected: names in quoted text capture or compare.
    pub(super) fn expected(frame: &str, start: usize) -> Result<Option<Self>, PatternError> {
        Self::parse(frame, start, &expected_text)
    }

    fn parse(
        frame: &str,
        start: usize,
        text: &dyn Fn(&str, usize) -> Result<Template, PatternError>,
    ) -> Result<Option<Self>, PatternError> {
        let inside = frame
            .trim_end()
            .strip_prefix("<bytes")
            .and_then(|rest| rest.strip_suffix('>'))
            .filter(|inside| inside.is_empty() || inside.starts_with(' '));
        let Some(inside) = inside else {
            return Ok(None);
        };
        let at = start + "<bytes".len();
        let invalid = |place: &Range<usize>| {
            let message = "each byte has two hexadecimal digits, and text is in double quotes";
            PatternError::new(place.clone(), message).help(HELP)
        };
        let mut parts: Vec<(Part, Range<usize>)> = Vec::new();
        let mut rest = inside.trim_start();
        while !rest.is_empty() {
            let token = token(rest);
            let from = at + inside.len() - rest.len();
            let place = from..from + token.len();
            rest = rest[token.len()..].trim_start();
            let part = match token {
                "??" => Some(Part::Any),
                "..." => Some(Part::Gap),
                "*" => {
                    let times = self::token(rest);
                    let end = at + inside.len() - rest.len() + times.len();
                    rest = rest[times.len()..].trim_start();
                    repeat(&mut parts, times, end).ok_or_else(|| invalid(&place))?;
                    continue;
                }
                _ if token.starts_with('"') => {
                    let quoted = token[1..].strip_suffix('"');
                    let quoted = quoted.map(|quoted| text(quoted, from + 1)).transpose()?;
                    quoted.map(Part::Text)
                }
                _ => byte(token).map(|byte| Part::Literal(vec![byte])),
            };
            parts.push((part.ok_or_else(|| invalid(&place))?, place));
        }
        Ok(Some(Self(parts)))
    }

    /// Calls `found` with the name and place of every captured value and variable in it.
    pub fn captures<'a>(&'a self, found: &mut impl FnMut(&'a str, Range<usize>)) {
        for (part, _) in &self.0 {
            if let Part::Text(text) = part {
                text.captures(found);
            }
        }
    }

    /// Each byte that it expects, with `None` for any; `None` if its length is not fixed.
    pub(crate) fn each(&self, known: &Captures) -> Option<Vec<Option<u8>>> {
        let mut each = Vec::new();
        for (part, _) in &self.0 {
            match part {
                Part::Literal(literal) => each.extend(literal.iter().copied().map(Some)),
                Part::Text(text) => {
                    let text = text.only_text(known)?;
                    each.extend(text.into_bytes().into_iter().map(Some));
                }
                Part::Any => each.push(None),
                Part::Gap => return None,
            }
        }
        Some(each)
    }

    /// The frame, with known values in the place of placeholders.
    pub fn fill(&self, known: &Captures) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (part, _) in &self.0 {
            match part {
                Part::Literal(literal) => bytes.extend(literal),
                Part::Text(text) => bytes.extend(text.fill(known).into_bytes()),
                Part::Any | Part::Gap => {}
            }
        }
        bytes
    }
}

/// What `text` begins with: a word, or text in quotes.
fn token(text: &str) -> &str {
    let end = match text.strip_prefix('"') {
        Some(quoted) => quoted.find('"').map(|end| end + "\"\"".len()),
        None => text.find(char::is_whitespace),
    };
    &text[..end.unwrap_or(text.len())]
}

/// The byte that two hexadecimal digits stand for.
fn byte(word: &str) -> Option<u8> {
    let is_byte = word.len() == 2 && word.bytes().all(|b| b.is_ascii_hexdigit());
    u8::from_str_radix(word, 16).ok().filter(|_| is_byte)
}

/// Makes `times` bytes of the last one, up to byte `end` of the line. `None` if that is impossible.
fn repeat(parts: &mut [(Part, Range<usize>)], times: &str, end: usize) -> Option<()> {
    let literals = parts.iter().map(|(part, _)| match part {
        Part::Literal(bytes) => bytes.len(),
        _ => 0,
    });
    let length: usize = literals.sum();
    let (Part::Literal(bytes), place) = parts.last_mut()? else {
        return None;
    };
    // The first of them is there already.
    let more = times.parse::<usize>().ok()?.checked_sub(1)?;
    if length.saturating_add(more) > MAX_LENGTH {
        return None;
    }
    bytes.extend(std::iter::repeat_n(*bytes.last()?, more));
    place.end = end;
    Some(())
}

/// The text in quotes of a frame that is expected.
fn expected_text(text: &str, at: usize) -> Result<Template, PatternError> {
    let template = Template::expected(text, at, Notation::Plain)?;
    let is_simple = |part: &TextPart| {
        matches!(
            part,
            TextPart::Literal(_) | TextPart::Any | TextPart::Capture(_)
        )
    };
    match template.parts().iter().find(|(part, _)| !is_simple(part)) {
        Some((_, place)) => {
            let message = "in bytes a placeholder is <any>, a captured name or a variable";
            Err(PatternError::new(place.clone(), message))
        }
        None => Ok(template),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn sent(frame: &str) -> Bytes {
        Bytes::sent(frame, 0, &|name| name == "id")
            .unwrap()
            .expect(frame)
    }

    #[test]
    fn digits_text_and_repetitions_make_a_frame() {
        let mut known = Captures::default();
        known.insert("id", "x-1".into(), 1);
        let filled = |frame| sent(frame).fill(&known);
        assert_eq!(filled("<bytes 00 ff * 3 01>"), [0, 255, 255, 255, 1]);
        assert_eq!(filled("<bytes>"), [] as [u8; 0]);
        assert_eq!(
            filled("<bytes 04 \"MQTT <id> <b>\" 00>"),
            b"\x04MQTT x-1 <b>\0"
        );
    }

    #[test]
    fn anything_else_is_rejected_at_its_place() {
        for (frame, at) in [
            ("<bytes 0>", 7..8),
            ("<bytes * 3>", 7..8),
            ("<bytes 00 *>", 10..11),
            ("<bytes 00 * 0>", 10..11),
            ("<bytes 00 * 99999999999>", 10..11),
            ("<bytes \"a>", 7..9),
            ("<bytes \"<integer>\">", 8..17),
        ] {
            let error = Bytes::expected(frame, 0).unwrap_err();
            assert_eq!(error.bytes, at, "{frame}");
        }
        let error = Bytes::sent("<bytes 00 ??>", 0, &|_| false).unwrap_err();
        assert_eq!(error.bytes, 10..12);
        assert_eq!(Bytes::expected("<bytes>x", 0), Ok(None));
    }
}
