//! Compares a binary frame with the one that is expected. `...` and names that capture take as little as they can.

use std::borrow::Cow;
use std::ops::Range;

use super::{Bytes, Part, TextPart};
use crate::json::Json;
use crate::pattern::{Capture, Captures, Mismatch};

/// A piece of an expected frame, and its place in the line.
enum Piece<'a> {
    /// These bytes.
    Fixed(&'a [u8]),
    /// One byte.
    One,
    /// Any number of bytes.
    Gap,
    /// Text: a known value, or any, which is captured.
    Name(&'a str),
}

/// A piece whose length is known, and its place in the line.
type Expected<'a> = (Known<'a>, Range<usize>);

enum Known<'a> {
    Bytes(Cow<'a, [u8]>),
    One,
}

impl Known<'_> {
    fn length(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::One => 1,
        }
    }
}

impl Bytes {
    /// Compares `bytes`. If everything matches, captures are added to `known` as captured in line `line`.
    ///
    /// # Errors
    ///
    /// The first difference.
    pub fn compare(&self, bytes: &[u8], known: &mut Captures, line: usize) -> Result<(), Mismatch> {
        let mut new = known.clone();
        let pieces = self.pieces();
        let mut rest = pieces.as_slice();
        let mut at = 0;
        // The gap before `rest`.
        let mut gap: Option<&(Piece<'_>, Range<usize>)> = None;
        loop {
            let is_gap = |(piece, _): &(Piece<'_>, _)| match piece {
                Piece::Gap => true,
                Piece::Name(name) => new.get(name).is_none(),
                Piece::Fixed(_) | Piece::One => false,
            };
            let length = rest.iter().position(is_gap).unwrap_or(rest.len());
            let (segment, after) = rest.split_at(length);
            let segment = resolved(segment, &new);
            at = match gap {
                None => anchored(&segment, bytes, at)?,
                Some((piece, place)) => {
                    let from = find(&segment, bytes, at, after.is_empty())
                        .ok_or_else(|| not_found(&segment, place, at, after.is_empty()))?;
                    if let Piece::Name(name) = piece {
                        capture(name, &bytes[at..from], place.clone(), &mut new, line)?;
                    }
                    anchored(&segment, bytes, from)?
                }
            };
            match after.split_first() {
                Some((next, after)) => (gap, rest) = (Some(next), after),
                None if at == bytes.len() => {
                    *known = new;
                    return Ok(());
                }
                None => {
                    let end = self.0.last().map_or(0..0, |(_, place)| place.clone());
                    let message = format!("the frame has {} more bytes", bytes.len() - at);
                    return Err(Mismatch {
                        bytes: end,
                        message,
                    });
                }
            }
        }
    }

    fn pieces(&self) -> Vec<(Piece<'_>, Range<usize>)> {
        let mut pieces = Vec::new();
        for (part, place) in &self.0 {
            match part {
                Part::Literal(bytes) => pieces.push((Piece::Fixed(bytes), place.clone())),
                Part::Any => pieces.push((Piece::One, place.clone())),
                Part::Gap => pieces.push((Piece::Gap, place.clone())),
                Part::Text(text) => {
                    for (part, place) in text.parts() {
                        let piece = match part {
                            TextPart::Literal(text) => Piece::Fixed(text.as_bytes()),
                            TextPart::Capture(name) => Piece::Name(name),
                            // The parser rejects everything else.
                            _ => Piece::Gap,
                        };
                        pieces.push((piece, place.clone()));
                    }
                }
            }
        }
        pieces
    }
}

/// Pieces without gaps, with known values in the place of names.
fn resolved<'a>(pieces: &[(Piece<'a>, Range<usize>)], known: &Captures) -> Vec<Expected<'a>> {
    let resolve = |(piece, place): &(Piece<'a>, Range<usize>)| {
        let known = match piece {
            Piece::Fixed(bytes) => Known::Bytes(Cow::Borrowed(*bytes)),
            Piece::Name(name) => {
                let text = known.get(name).map(Capture::text).unwrap_or_default();
                Known::Bytes(Cow::Owned(text.into_bytes()))
            }
            Piece::One | Piece::Gap => Known::One,
        };
        (known, place.clone())
    };
    pieces.iter().map(resolve).collect()
}

/// Where the segment begins, at `at` or behind it; if it `is_last`, so that the frame ends with it.
fn find(segment: &[Expected<'_>], bytes: &[u8], at: usize, is_last: bool) -> Option<usize> {
    let length: usize = segment.iter().map(|(known, _)| known.length()).sum();
    let last = bytes.len().checked_sub(length)?;
    let first = if is_last { at.max(last) } else { at };
    (first..=last).find(|from| anchored(segment, bytes, *from).is_ok())
}

/// A segment that [`find`] does not find behind the gap at `gap`.
fn not_found(segment: &[Expected<'_>], gap: &Range<usize>, at: usize, is_last: bool) -> Mismatch {
    let message = match (is_last, at) {
        (true, _) => "the frame does not end with this".to_owned(),
        (false, 0) => "the frame does not contain this".to_owned(),
        (false, _) => format!("this does not follow byte {at}"),
    };
    let first = segment.first().map_or(gap, |(_, place)| place);
    let last = segment.last().map_or(gap, |(_, place)| place);
    Mismatch {
        bytes: first.start..last.end,
        message,
    }
}

/// Compares the bytes from `at` on. Returns where the segment ends.
fn anchored(segment: &[Expected<'_>], bytes: &[u8], at: usize) -> Result<usize, Mismatch> {
    let mut at = at;
    for (known, place) in segment {
        let got = &bytes[at..];
        let mismatch = |message| Mismatch {
            bytes: place.clone(),
            message,
        };
        let expected = match known {
            Known::Bytes(expected) => expected,
            Known::One => &got[..got.len().min(1)],
        };
        let differs = expected
            .iter()
            .zip(got)
            .position(|(one, other)| one != other);
        if let Some(differs) = differs {
            let (expected, got) = (shown(expected[differs]), shown(got[differs]));
            let number = at + differs + 1;
            return Err(mismatch(format!(
                "expected {expected}, got {got}, which is byte {number}"
            )));
        }
        if got.len() < known.length() {
            return Err(mismatch(format!(
                "the frame ends after {} bytes",
                bytes.len()
            )));
        }
        at += known.length();
    }
    Ok(at)
}

/// A byte as two digits, and as the character that stands in a text.
fn shown(byte: u8) -> String {
    if byte.is_ascii_graphic() {
        format!("{byte:02x} (\"{}\")", char::from(byte))
    } else {
        format!("{byte:02x}")
    }
}

fn capture(
    name: &str,
    bytes: &[u8],
    place: Range<usize>,
    known: &mut Captures,
    line: usize,
) -> Result<(), Mismatch> {
    let mismatch = |message: &str| Mismatch {
        bytes: place.clone(),
        message: message.to_owned(),
    };
    let Ok(text) = str::from_utf8(bytes) else {
        return Err(mismatch("these bytes are not text"));
    };
    let value = Json::from(text);
    match known.get(name) {
        Some(capture) if capture.value != value => Err(mismatch("this name has another value")),
        _ => {
            known.insert(name, value, line);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(frame: &str, bytes: &[u8]) -> Result<Captures, Mismatch> {
        let mut known = Captures::default();
        known.insert("known", "abc".into(), 1);
        let expected = Bytes::expected(frame, 0).unwrap().expect(frame);
        expected.compare(bytes, &mut known, 2).map(|()| known)
    }

    #[track_caller]
    fn differs(frame: &str, bytes: &[u8], part: &str, message: &str) {
        let mismatch = compared(frame, bytes).unwrap_err();
        assert_eq!(&frame[mismatch.bytes.clone()], part, "{mismatch:?}");
        assert!(mismatch.message.contains(message), "{mismatch:?}");
    }

    #[test]
    fn unknown_bytes_are_skipped() {
        for (frame, bytes) in [
            ("<bytes 20 ?? 00 ...>", &[0x20, 9, 0, 1, 2][..]),
            ("<bytes 20 ...>", &[0x20]),
            ("<bytes ...>", &[]),
            ("<bytes ... 02 ?? ... 05>", &[1, 2, 3, 4, 5]),
            ("<bytes ... 01 01>", &[1, 1, 1]),
            ("<bytes 20 \"<known>\" 00>", b"\x20abc\0"),
            ("<bytes \"a<any>c\">", b"abbc"),
        ] {
            compared(frame, bytes).expect(frame);
        }
    }

    #[test]
    fn names_in_quotes_capture_text() {
        let known = compared(
            "<bytes ... a2 \"id\" a3 \"<id>\" c3 ...>",
            b"\x81\xa2id\xa3x-1\xc3\0",
        );
        assert_eq!(known.unwrap().get("id").unwrap().text(), "x-1");
        compared("<bytes \"<a>=<a>\">", b"1=1").unwrap();
        differs("<bytes \"<a>=<a>\">", b"1=2", "<a>", "another value");
        differs("<bytes \"<a>\" 00>", &[0xff, 0], "<a>", "not text");
    }

    #[test]
    fn the_first_difference_is_shown_at_its_place() {
        differs(
            "<bytes 00 fe 01>",
            &[0, 255, 1],
            "fe",
            "expected fe, got ff, which is byte 2",
        );
        differs("<bytes 00 01 * 9>", &[0, 1], "01 * 9", "ends after 2 bytes");
        differs("<bytes 00 01>", &[0, 1, 2, 3], "01", "2 more bytes");
        differs("<bytes 20 ??>", &[0x20], "??", "ends after 1 bytes");
        differs(
            "<bytes 20 ... 05 06 ...>",
            &[0x20, 5, 5],
            "05 06",
            "this does not follow byte 1",
        );
        differs("<bytes ... \"x\">", b"xy", "x", "does not end with this");
        differs(
            "<bytes \"<known>!\">",
            b"abd!",
            "<known>",
            "expected 63 (\"c\"), got 64 (\"d\")",
        );
    }

    #[test]
    fn a_mismatch_captures_nothing() {
        let mut known = Captures::default();
        let expected = Bytes::expected("<bytes \"<a>\" 00>", 0).unwrap().unwrap();
        expected.compare(b"x\x01", &mut known, 1).unwrap_err();
        assert_eq!(known, Captures::default());
    }
}
