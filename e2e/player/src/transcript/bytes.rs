//! Binary frames: `<bytes 10 "MQTT" 04 ?? ...>`.

use std::ops::Range;

use crate::pattern::{Captures, PatternError, Template};

/// Longest binary frame that a line may make, in bytes: a hundred times what API Gateway accepts.
const LONGEST: usize = 16 * 1024 * 1024;

const HELP: &str = "write for example <bytes 00 ff>, <bytes 00 * 1000> (16 MiB at most), <bytes \"text\" 00>; \
                    in < lines ?? is any byte, and ... at the end any more";

/// A binary frame that is sent or expected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bytes(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// `00 ff`
    Literal(Vec<u8>),
    /// `"text"`, with captured values.
    Text(Template),
    /// `??`: one byte.
    Any,
    /// `...`, at the end: any number of bytes.
    Rest,
}

impl Bytes {
    /// The bytes of a line whose text is all `<bytes …>`; `None` if it is something else. Only names that `is_captured` knows are
    /// placeholders in quoted text.
    pub(super) fn parse(
        frame: &str,
        start: usize,
        is_captured: &dyn Fn(&str) -> bool,
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
        let invalid = |range: Range<usize>| {
            let message = "each byte has two hexadecimal digits, and text is in double quotes";
            PatternError::new(at + range.start..at + range.end, message).help(HELP)
        };
        let mut parts: Vec<Part> = Vec::new();
        let mut rest = inside;
        while !rest.trim_start().is_empty() {
            rest = rest.trim_start();
            let from = inside.len() - rest.len();
            if parts.last() == Some(&Part::Rest) {
                return Err(invalid(from..inside.len()));
            }
            if let Some(quoted) = rest.strip_prefix('"') {
                let end = quoted
                    .find('"')
                    .ok_or_else(|| invalid(from..inside.len()))?;
                let text = Template::sent(&quoted[..end], at + from + 1, is_captured)?;
                parts.push(Part::Text(text));
                rest = &quoted[end + 1..];
                continue;
            }
            let word = rest.split_whitespace().next().unwrap_or_default();
            rest = &rest[word.len()..];
            let place = || invalid(from..from + word.len());
            match word {
                "??" => parts.push(Part::Any),
                "..." => parts.push(Part::Rest),
                "*" => {
                    let times = rest.split_whitespace().next().unwrap_or_default();
                    let end = rest.len() - rest.trim_start().len() + times.len();
                    rest = &rest[end..];
                    let Some(Part::Literal(bytes)) = parts.last_mut() else {
                        return Err(place());
                    };
                    // The first of them is there already.
                    let more = times
                        .parse()
                        .ok()
                        .and_then(|times: usize| times.checked_sub(1));
                    let more = more.filter(|more| bytes.len().saturating_add(*more) <= LONGEST);
                    let (Some(more), Some(last)) = (more, bytes.last().copied()) else {
                        return Err(place());
                    };
                    bytes.extend(std::iter::repeat_n(last, more));
                }
                _ => {
                    let is_byte = word.len() == 2 && word.bytes().all(|b| b.is_ascii_hexdigit());
                    let byte = u8::from_str_radix(word, 16).ok().filter(|_| is_byte);
                    let byte = byte.ok_or_else(place)?;
                    match parts.last_mut() {
                        Some(Part::Literal(bytes)) => bytes.push(byte),
                        _ => parts.push(Part::Literal(vec![byte])),
                    }
                }
            }
        }
        Ok(Some(Self(parts)))
    }

    /// Whether it says every byte, as a frame that is sent must.
    pub(super) fn is_fixed(&self) -> bool {
        !self
            .0
            .iter()
            .any(|part| matches!(part, Part::Any | Part::Rest))
    }

    /// Calls `found` with the name and place of every captured value and variable in it.
    pub fn captures<'a>(&'a self, found: &mut impl FnMut(&'a str, Range<usize>)) {
        for part in &self.0 {
            if let Part::Text(text) = part {
                text.captures(found);
            }
        }
    }

    /// The frame, with known values in the place of placeholders.
    pub fn fill(&self, known: &Captures) -> Vec<u8> {
        let mut bytes = Vec::new();
        for part in &self.0 {
            match part {
                Part::Literal(literal) => bytes.extend(literal),
                Part::Text(text) => bytes.extend(text.fill(known).into_bytes()),
                Part::Any | Part::Rest => {}
            }
        }
        bytes
    }

    /// Whether `bytes` are these.
    pub fn fits(&self, bytes: &[u8], known: &Captures) -> bool {
        let mut rest = bytes;
        for part in &self.0 {
            let after = match part {
                Part::Literal(literal) => rest.strip_prefix(literal.as_slice()),
                Part::Text(text) => rest.strip_prefix(text.fill(known).as_bytes()),
                Part::Any => rest.split_first().map(|(_, after)| after),
                Part::Rest => return true,
            };
            match after {
                Some(after) => rest = after,
                None => return false,
            }
        }
        rest.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn bytes(frame: &str) -> Bytes {
        Bytes::parse(frame, 0, &|name| name == "id")
            .unwrap()
            .expect(frame)
    }

    #[test]
    fn digits_text_and_repetitions_make_a_frame() {
        let mut known = Captures::default();
        known.insert("id", "x-1".into(), 1);
        let filled = |frame| bytes(frame).fill(&known);
        assert_eq!(filled("<bytes 00 ff * 3 01>"), [0, 255, 255, 255, 1]);
        assert_eq!(filled("<bytes>"), [] as [u8; 0]);
        assert_eq!(
            filled("<bytes 04 \"MQTT <id> <b>\" 00>"),
            b"\x04MQTT x-1 <b>\0"
        );
    }

    #[test]
    fn unknown_bytes_are_skipped() {
        let fits = |frame, actual: &[u8]| bytes(frame).fits(actual, &Captures::default());
        assert!(fits("<bytes 20 ?? 00 ...>", &[0x20, 9, 0, 1, 2]));
        assert!(fits("<bytes 20 ...>", &[0x20]));
        assert!(!fits("<bytes 20 ??>", &[0x20]));
        assert!(!fits("<bytes 20>", &[0x20, 0]));
    }

    #[test]
    fn anything_else_is_rejected_at_its_place() {
        for (frame, at) in [
            ("<bytes 0>", 7..8),
            ("<bytes * 3>", 7..8),
            ("<bytes 00 *>", 10..11),
            ("<bytes 00 * 0>", 10..11),
            ("<bytes 00 * 99999999999>", 10..11),
            ("<bytes ... 00>", 11..13),
            ("<bytes \"a>", 7..9),
        ] {
            let error = Bytes::parse(frame, 0, &|_| false).unwrap_err();
            assert_eq!(error.bytes, at, "{frame}");
        }
        assert_eq!(Bytes::parse("<bytes>x", 0, &|_| false), Ok(None));
    }
}
