//! Characters that cannot be seen, and those that change the direction of text.

/// Whether `c` is white space or has no visible form of its own.
///
/// The ranges are `Default_Ignorable_Code_Point` of Unicode 16 (`DerivedCoreProperties.txt`).
pub(crate) fn is_invisible(c: char) -> bool {
    c.is_whitespace() || is_default_ignorable(c)
}

/// Whether a renderer shows nothing for `c`.
pub(crate) fn is_default_ignorable(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}'
        | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_marks_and_emoji_are_visible() {
        for c in ['a', 'é', '\u{301}', 'ç', '漢', 'ש', '👋', '.'] {
            assert!(!is_invisible(c), "{c:?}");
        }
    }

    #[test]
    fn white_space_joiners_and_direction_marks_are_invisible() {
        for c in [
            ' ',
            '\n',
            '\u{a0}',
            '\u{200b}',
            '\u{200d}',
            '\u{202e}',
            '\u{2066}',
            '\u{3164}',
            '\u{e0041}',
        ] {
            assert!(is_invisible(c), "{c:?}");
        }
    }
}
