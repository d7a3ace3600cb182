//! The frame that a typed line sends: lines have the notation of transcripts.

use std::fmt::Write as _;

use tokio_tungstenite::tungstenite::Message;

use crate::pattern::Captures;
use crate::player::message;
use crate::transcript::{Directive, Transcript};

/// The frame that `line` sends after `known` has been captured; the error says why it cannot be sent.
pub(super) fn sent(line: &str, known: &Captures) -> Result<Message, String> {
    let mut text = "$ wscat -c ws://a\n".to_owned();
    for (name, _) in known.iter() {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "< [<{name}>]");
    }
    let _ = write!(text, "> {line}");
    let transcript = Transcript::fragment("what was typed", &text);
    let steps = transcript.map_err(|error| error.to_string())?.steps;
    match steps.into_iter().next_back().map(|step| step.directive) {
        Some(Directive::Send { payload, .. }) => Ok(message(&payload, known)),
        _ => Err("this cannot be sent".to_owned()),
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
            assert_eq!(sent(line, &known), Ok(Message::text(text)));
        }
        let bytes = Message::binary(vec![0, 255]);
        assert_eq!(sent("<bytes 00 ff>", &known), Ok(bytes));
        assert!(sent("<bytes 0>", &known).is_err());
    }
}
