//! Characters that cannot be seen, and those that change the direction of text.

/// Whether `c` is white space or invisible by itself.
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

/// How many characters a reader counts in `text`, approximately.
///
/// Marks, joiners, skin tones and variation selectors belong to the character before them, what follows a joiner too, and
/// two regional indicators are one flag. Grapheme clusters (Unicode Annex 29) are more exact for some Asian scripts; their
/// tables would be a twentieth of the app's download.
pub(crate) fn count_characters(text: &str) -> usize {
    starts(text).count()
}

/// The first character of `text` with what belongs to it.
pub(crate) fn first_character(text: &str) -> &str {
    let end = starts(text).nth(1);
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}

/// Where each character of `text` starts, in bytes.
fn starts(text: &str) -> impl Iterator<Item = usize> {
    let mut is_joined = false;
    let mut is_half_flag = false;
    text.char_indices().filter_map(move |(at, c)| {
        let is_indicator = matches!(c, '\u{1f1e6}'..='\u{1f1ff}');
        let completes_flag = is_indicator && is_half_flag;
        let is_start = !(is_joined || completes_flag || extends(c));
        is_joined = c == '\u{200d}';
        is_half_flag = is_indicator && !completes_flag;
        is_start.then_some(at)
    })
}

/// Whether `c` belongs to the character before it: combining marks (the blocks of that name), skin tones, and what is
/// invisible.
fn extends(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}'
        | '\u{fe20}'..='\u{fe2f}' | '\u{1f3fb}'..='\u{1f3ff}'
    ) || is_default_ignorable(c)
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

    #[test]
    fn counts_characters_as_a_reader_does() {
        for (text, characters) in [
            ("", 0),
            ("Ana", 3),
            ("e\u{301}\u{302}", 1),
            ("👍🏽", 1),
            ("👩\u{200d}👩\u{200d}👧\u{200d}👦", 1),
            ("🇧🇷🇵🇹", 2),
            ("🇧🇷🇵", 2),
            ("1\u{fe0f}\u{20e3}", 1),
            ("👍👍", 2),
        ] {
            assert_eq!(count_characters(text), characters, "{text:?}");
        }
    }

    #[test]
    fn the_first_character_includes_its_modifiers() {
        for (text, first) in [
            ("", ""),
            ("Ana", "A"),
            ("e\u{301}a", "e\u{301}"),
            ("🇧🇷x", "🇧🇷"),
        ] {
            assert_eq!(first_character(text), first, "{text:?}");
        }
    }
}
