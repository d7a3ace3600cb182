//! Whether a draft can be sent. Pure.

use papo_protocol::MessageText;
use papo_protocol::limits::TEXT_BYTES;
use papo_protocol::text::InvalidText;

/// Whether a draft can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sendable {
    /// There is nothing to send.
    Empty,
    /// It can.
    Yes,
    /// It exceeds the limit.
    TooLong {
        /// By how many bytes.
        by: usize,
    },
}

/// Checks a draft.
pub(super) fn check(draft: &str) -> Sendable {
    match MessageText::parse(cleaned(draft)) {
        Ok(_) => Sendable::Yes,
        Err(InvalidText::TooLong { bytes }) => Sendable::TooLong {
            by: bytes - TEXT_BYTES,
        },
        Err(InvalidText::Empty | InvalidText::ForbiddenCharacter { .. }) => Sendable::Empty,
    }
}

/// The draft without what cannot be sent or is never meant: control characters, and white space around the text.
pub(super) fn cleaned(draft: &str) -> String {
    let kept = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    draft
        .chars()
        .filter(kept)
        .collect::<String>()
        .trim_end()
        .trim_start_matches('\n')
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_is_checked_as_it_would_be_sent() {
        assert_eq!(check(" \r\n\u{7}"), Sendable::Empty);
        assert_eq!(check("a"), Sendable::Yes);
        assert_eq!(
            check(&"é".repeat(TEXT_BYTES)),
            Sendable::TooLong { by: TEXT_BYTES }
        );
    }

    #[test]
    fn control_characters_and_surrounding_white_space_are_not_sent() {
        assert_eq!(cleaned("\r\n  a\r\nb\u{1b}[0m\t\n\n"), "  a\nb[0m");
    }
}
