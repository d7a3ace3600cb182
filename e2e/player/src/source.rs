//! The text of a transcript, and places in it. Decides how places are counted, and which lines belong together; reading files is left to
//! [`crate::files`].

mod continued;

use std::ops::Range;

use continued::continuations;

/// A transcript's text, with its name in messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    name: String,
    lines: Vec<String>,
    /// For each line, how many bytes precede the text with which it continues the line above; `None` if it begins.
    continues: Vec<Option<usize>>,
}

impl Source {
    /// Splits `text` into lines. `name` is printed before the line number in messages, and usually a path.
    pub fn new(name: impl Into<String>, text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let lines: Vec<_> = text.lines().map(str::to_owned).collect();
        Self {
            name: name.into(),
            continues: continuations(&lines),
            lines,
        }
    }

    /// The name that was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The line with this number, counted from 1; empty if there is none.
    pub fn line(&self, number: usize) -> &str {
        number
            .checked_sub(1)
            .and_then(|index| self.lines.get(index))
            .map_or("", String::as_str)
    }

    /// All lines with their numbers, counted from 1.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.lines.iter().map(String::as_str))
    }

    /// The line with this number, joined by newlines with the lines below that continue it. Places in a line count in this text.
    pub fn joined(&self, number: usize) -> String {
        let mut joined = self.line(number).to_owned();
        for (content, _) in (number + 1..).map_while(|next| self.continuation(next)) {
            joined.push('\n');
            joined.push_str(content);
        }
        joined
    }

    /// The text with which the line continues the one above, and how many bytes precede it.
    pub(crate) fn continuation(&self, number: usize) -> Option<(&str, usize)> {
        let before = (*self.continues.get(number.checked_sub(1)?)?)?;
        Some((self.line(number).get(before..)?, before))
    }

    /// The line with this number, and those below that continue it, as they are written.
    pub(crate) fn with_continued(&self, number: usize) -> Vec<String> {
        let continued = (number..).take_while(|line| self.is_continued(*line));
        let lines = std::iter::once(number).chain(continued.map(|line| line + 1));
        lines.map(|line| self.line(line).to_owned()).collect()
    }

    /// Whether lines below continue this one.
    fn is_continued(&self, number: usize) -> bool {
        self.continuation(number + 1).is_some()
    }

    /// All lines, each joined with those that continue it.
    pub(crate) fn joined_lines(&self) -> impl Iterator<Item = (usize, String)> {
        let begins = |number: &usize| self.continuation(*number).is_none();
        (1..=self.lines.len())
            .filter(begins)
            .map(|number| (number, self.joined(number)))
    }

    /// The place in the file of a place in a joined line. It is cut off at the end of its line.
    pub(crate) fn physical(&self, span: &Span) -> Span {
        let (mut line, mut start) = (span.line, span.bytes.start);
        let mut prefix = 0;
        let mut length = self.line(line).len();
        while start > length && self.is_continued(line) {
            start -= length + 1;
            line += 1;
            let (content, before) = self.continuation(line).unwrap_or_default();
            (length, prefix) = (content.len(), before);
        }
        let width = span.bytes.len();
        // A place outside of the text keeps its width.
        let width = match length.checked_sub(start) {
            Some(left) => width.min(left),
            None => width,
        };
        Span::new(line, prefix + start..prefix + start + width)
    }
}

/// The lines of a line that was joined: the first one, and those that continue it.
pub(crate) fn split(joined: &str) -> Vec<String> {
    let mut lines = joined.split('\n');
    let first = lines.next().unwrap_or_default();
    let indent = &first[..first.len() - first.trim_start().len()];
    let continued = lines.map(|line| match line {
        "" => format!("{indent}|"),
        line => format!("{indent}| {line}"),
    });
    std::iter::once(first.to_owned()).chain(continued).collect()
}

/// A part of one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The line, counted from 1.
    pub line: usize,
    /// Bytes of the line, joined with those that continue it, counted from 0.
    pub bytes: Range<usize>,
}

impl Span {
    /// The part `bytes` of line `line`.
    pub fn new(line: usize, bytes: Range<usize>) -> Self {
        Self { line, bytes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn continued_lines_are_joined_and_places_lead_back() {
        let source = Source::new("a", "> one\n  | two\n|\n| four\n< x\n||\n");
        assert_eq!(source.joined(1), "> one\ntwo\n\nfour");
        let numbers: Vec<_> = source.joined_lines().map(|(number, _)| number).collect();
        assert_eq!(numbers, [1, 5, 6]);
        for (bytes, line, there) in [
            (2..5, 1, 2..5),
            (6..9, 2, 4..7),
            (11..13, 4, 2..4),
            (2..9, 1, 2..5),
        ] {
            let found = source.physical(&Span::new(1, bytes));
            assert_eq!(found, Span::new(line, there));
        }
        assert_eq!(source.physical(&Span::new(9, 90..99)), Span::new(9, 90..99));
    }

    #[test]
    fn a_joined_line_is_split_into_lines_that_join_to_it() {
        let lines = split("  > one\ntwo\n\n four");
        assert_eq!(lines, ["  > one", "  | two", "  |", "  |  four"]);
        let source = Source::new("a", &lines.join("\n"));
        assert_eq!(source.joined(1), "  > one\ntwo\n\n four");
    }
}
