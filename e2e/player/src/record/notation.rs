//! The frame that a typed line sends: lines have the notation of transcripts.

use std::fmt::Write as _;

use crate::pattern::Captures;
use crate::transcript::{Directive, Payload, Transcript};

const CANNOT: &str = "this cannot be sent";

/// The message to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// A text frame.
    Text(String),
    /// A binary frame.
    Binary(Vec<u8>),
}

/// The frame that `line` sends after `known` has been captured; the error says why it cannot be sent.
pub(super) fn sent(line: &str, known: &Captures) -> Result<Frame, String> {
    let mut text = "$ wscat -c ws://a\n".to_owned();
    for (name, _) in known.iter() {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "< [<{name}>]");
    }
    let _ = write!(text, "> {line}");
    let transcript = Transcript::fragment("what was typed", &text);
    let steps = transcript.map_err(|error| error.to_string())?.steps;
    match steps.into_iter().next_back().map(|step| step.directive) {
        Some(Directive::Send { payload, .. }) => {
            frame(&payload, known).ok_or_else(|| CANNOT.to_owned())
        }
        _ => Err(CANNOT.to_owned()),
    }
}

/// What `payload` sends.
pub(super) fn frame(payload: &Payload, known: &Captures) -> Option<Frame> {
    match payload {
        Payload::Text(text) => Some(Frame::Text(text.fill(known))),
        Payload::BinaryText(text) => Some(Frame::Binary(text.fill(known).into_bytes())),
        Payload::Binary(bytes) => Some(Frame::Binary(bytes.fill(known))),
        Payload::Ping(_) | Payload::Pong(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_lines_have_the_notation_of_transcripts() {
        let mut known = Captures::default();
        known.insert("bob", "b-2".into(), 1);
        for (line, text) in [
            ("<b>oi", "<b>oi"),
            ("<ab * 3>", "ababab"),
            ("", ""),
            ("<bob>!", "b-2!"),
        ] {
            assert_eq!(sent(line, &known), Ok(Frame::Text(text.to_owned())));
        }
        assert_eq!(
            sent("<bytes 00 ff>", &known),
            Ok(Frame::Binary(vec![0, 255]))
        );
        assert!(sent("<bytes 0>", &known).is_err());
    }
}
