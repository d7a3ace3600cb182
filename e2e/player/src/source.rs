//! The text of a transcript, and places in it. Decides how places are counted; reading files is left to [`crate::files`].

use std::ops::Range;

/// A transcript's text, with the name by which a person finds it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    name: String,
    lines: Vec<String>,
}

impl Source {
    /// Splits `text` into lines. `name` is what stands before the line number in messages, usually a path.
    pub fn new(name: impl Into<String>, text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Self {
            name: name.into(),
            lines: text.lines().map(str::to_owned).collect(),
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
}

/// A part of one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The line, counted from 1.
    pub line: usize,
    /// Bytes of the line, counted from 0.
    pub bytes: Range<usize>,
}

impl Span {
    /// The part `bytes` of line `line`.
    pub fn new(line: usize, bytes: Range<usize>) -> Self {
        Self { line, bytes }
    }
}
