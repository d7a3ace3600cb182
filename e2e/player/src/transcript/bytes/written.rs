//! Writes a binary frame in the notation of a line: hexadecimal digits, readable text in quotes, and repeated bytes once.

use std::fmt::Write as _;

/// Shorter texts are written as digits: they are readable by chance.
const MIN_TEXT: usize = 4;

/// So many bytes between others that differ may be equal by chance.
const MAX_EQUAL: usize = 2;

/// This many equal bytes are written once.
const MIN_RUN: usize = 9;

/// `<bytes 10 "MQTT" 00 * 12>`
pub(crate) fn written(bytes: &[u8]) -> String {
    let mut text = String::from("<bytes");
    write_into(&mut text, bytes);
    text.push('>');
    text
}

/// As [`written`], with `??` for each byte that `before`, the bytes that were expected, does not contain at the same place, and for
/// one or two between such bytes: random values are sometimes equal.
pub(crate) fn written_open(bytes: &[u8], before: &[Option<u8>]) -> String {
    let pairs = bytes.iter().zip(before);
    let mut is_same: Vec<_> = pairs.map(|(byte, before)| *before == Some(*byte)).collect();
    let mut last = None;
    for at in 0..is_same.len() {
        if is_same[at] {
            continue;
        }
        if let Some(last) = last
            && at - last <= MAX_EQUAL + 1
        {
            is_same[last..at].fill(false);
        }
        last = Some(at);
    }
    let mut text = String::from("<bytes");
    let mut rest = bytes;
    for run in is_same.chunk_by(PartialEq::eq) {
        let (bytes, after) = rest.split_at(run.len());
        rest = after;
        if run.contains(&true) {
            write_into(&mut text, bytes);
        } else {
            text.push_str(&" ??".repeat(bytes.len()));
        }
    }
    text.push('>');
    text
}

fn write_into(written: &mut String, bytes: &[u8]) {
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        let run = rest.iter().take_while(|next| **next == byte).count();
        let text = rest.iter().take_while(|byte| is_plain(**byte)).count();
        // Writing into a string cannot fail.
        let _ = if run >= MIN_RUN {
            rest = &rest[run..];
            write!(written, " {byte:02x} * {run}")
        } else if text >= MIN_TEXT {
            let (text, after) = rest.split_at(text);
            rest = after;
            write!(written, " \"{}\"", String::from_utf8_lossy(text))
        } else {
            rest = after;
            write!(written, " {byte:02x}")
        };
    }
}

/// Whether it is readable, and stands for itself in quotes.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'<' | b'\\')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Bytes;
    use super::*;
    use crate::pattern::Captures;

    #[test]
    fn text_is_readable_and_repetition_short() {
        assert_eq!(
            written(b"\x10\x0c\x00\x04MQTT\x04"),
            "<bytes 10 0c 00 04 \"MQTT\" 04>"
        );
        assert_eq!(written(&[0; 1000]), "<bytes 00 * 1000>");
        assert_eq!(
            written(b"ab\"cdef<any>"),
            "<bytes 61 62 22 \"cdef\" 3c \"any>\">"
        );
        assert_eq!(written(&[]), "<bytes>");
    }

    #[test]
    fn bytes_that_differ_are_left_open() {
        let before: Vec<_> = b"\x01MQTTabc\x02\x07\x08\x09".map(Some).to_vec();
        assert_eq!(
            written_open(b"\x01MQTTxyc\x03\x07\x08\x09", &before),
            "<bytes 01 \"MQTT\" ?? ?? ?? ?? 07 08 09>"
        );
        assert_eq!(written_open(b"\x01", &[None]), "<bytes ??>");
    }

    proptest! {
        #[test]
        fn a_line_expects_the_frame_that_it_was_written_from(
            bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(b'a'), b' '..b'~'], 0..60),
        ) {
            let line = written(&bytes);
            let expected = Bytes::expected(&line, 0).unwrap().unwrap();
            prop_assert!(expected.compare(&bytes, &mut Captures::default(), 1).is_ok(), "{}", line);
        }
    }
}
