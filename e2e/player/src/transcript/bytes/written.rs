//! Writes a binary frame in the notation of a line: hexadecimal digits, readable text in quotes, and repeated bytes once.

use std::fmt::Write as _;

/// Shorter texts are written as digits: they are readable by chance.
const MIN_TEXT: usize = 4;

/// This many equal bytes are written once.
const MIN_RUN: usize = 9;

/// `<bytes 10 "MQTT" 00 * 12>`
pub(crate) fn written(bytes: &[u8]) -> String {
    let mut written = String::from("<bytes");
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
    written.push('>');
    written
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
