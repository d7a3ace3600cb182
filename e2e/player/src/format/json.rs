//! Expected JSON in one form: everything as it is written, except for blanks outside of strings.

/// `text` with a blank after every `:` and `,` if there is one after the first, else without blanks. Programs print either form, and
/// pasted JSON keeps its form.
pub(super) fn formatted(text: &str) -> String {
    let spaced = is_spaced(text);
    let mut formatted = String::with_capacity(text.len());
    let mut inside = Inside::default();
    for c in text.chars() {
        if inside.string(c) {
            formatted.push(c);
            continue;
        }
        if c.is_whitespace() {
            continue;
        }
        formatted.push(c);
        if spaced && matches!(c, ':' | ',') {
            formatted.push(' ');
        }
    }
    formatted
}

fn is_spaced(text: &str) -> bool {
    let mut inside = Inside::default();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if !inside.string(c) && matches!(c, ':' | ',') {
            return chars.next().is_some_and(char::is_whitespace);
        }
    }
    false
}

/// Where in JSON a character is.
#[derive(Default)]
enum Inside {
    /// Between strings.
    #[default]
    Outside,
    /// Behind a quote.
    String,
    /// Behind a backslash in a string.
    Escape,
}

impl Inside {
    /// Whether `c`, the next character, belongs to a string; its quotes do.
    fn string(&mut self, c: char) -> bool {
        let (belongs, next) = match (&self, c) {
            (Self::Outside, '"') => (true, Self::String),
            (Self::Outside, _) => (false, Self::Outside),
            (Self::String, '\\') => (true, Self::Escape),
            (Self::String, '"') => (true, Self::Outside),
            (Self::String | Self::Escape, _) => (true, Self::String),
        };
        *self = next;
        belongs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_keeps_its_way_of_spacing() {
        for (text, expected) in [
            (r#"{"a":1,"b":[2,...]}"#, r#"{"a":1,"b":[2,...]}"#),
            (r#"{"a": 1, "b": [2, ...]}"#, r#"{"a": 1, "b": [2, ...]}"#),
            (r#"{"a":1, "b": [2 ,3]}"#, r#"{"a":1,"b":[2,3]}"#),
            (r#" { "a" :  1,"b":<x> } "#, r#"{"a": 1, "b": <x>}"#),
            ("[1 , 2]", "[1, 2]"),
            ("[1 ,2, 3]", "[1,2,3]"),
            ("[ ]", "[]"),
        ] {
            assert_eq!(formatted(text), expected, "{text}");
        }
    }

    #[test]
    fn strings_stay_as_they_are() {
        let text = r#"{"a: ,b  c":"d , \" : e\\"}"#;
        assert_eq!(formatted(text), text);
    }
}
