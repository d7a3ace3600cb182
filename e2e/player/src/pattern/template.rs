//! Texts with placeholders: text that is sent, and strings and text frames that are expected.

mod fits;
mod json;
mod matcher;
mod parse;

use std::fmt::Write as _;
use std::ops::Range;

pub use matcher::Matcher;

pub(super) use matcher::check_expressions;
pub(super) use parse::check_name;

use fits::fixed_text;
use json::Place;

use super::Captures;

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notation {
    /// Verbatim.
    Plain,
    /// The inside of a JSON string, with JSON's escapes.
    Json,
}

/// A text with placeholders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    parts: Vec<(Part, Range<usize>)>,
    /// Whether it is JSON that is sent, in which values are inserted as JSON.
    is_json: bool,
}

/// A part of a [`Template`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Exactly this text.
    Literal(String),
    /// `<any>` or `<string>`: any text, even the empty one.
    Any,
    /// `<name>` captures or compares; `<$name>` is a variable.
    Capture(String),
    /// `<uuid>`, `<matching v\d+>`: text that a regular expression matches as a whole.
    Matching(Matcher),
    /// `"abc123xyz..."`, the whole string: an ID, shortened as in documentation. Accepts one word that looks like an ID and is at
    /// least as long.
    ShortenedId(String),
    /// `<a to 8192 bytes>`: repeats the character until the whole text has this size. Only in text that is sent.
    Pad {
        /// One byte long.
        unit: char,
        /// The size of the text.
        bytes: usize,
    },
}

impl Template {
    fn new(parts: Vec<(Part, Range<usize>)>) -> Self {
        let is_json = false;
        Self { parts, is_json }
    }

    /// The parts, with their places.
    pub(crate) fn parts(&self) -> &[(Part, Range<usize>)] {
        &self.parts
    }

    /// The same, but `...` at the end of a shortened ID stands for itself.
    pub(crate) fn verbatim(mut self) -> Self {
        for (part, _) in &mut self.parts {
            if let Part::ShortenedId(text) = part {
                *part = Part::Literal(std::mem::take(text));
            }
        }
        self
    }

    /// Moves all parts to `bytes`, for a text in quotes whose own offsets are unknown.
    pub(crate) fn stands_at(&mut self, bytes: &Range<usize>) {
        for (_, place) in &mut self.parts {
            *place = bytes.clone();
        }
    }

    /// Whether it consists of literals and captures, so that [`Self::fill`] returns exactly what it accepts once all captures are known.
    pub(crate) fn is_fixed(&self) -> bool {
        let fixed = |part: &Part| matches!(part, Part::Literal(_) | Part::Capture(_));
        self.parts.iter().all(|(part, _)| fixed(part))
    }

    /// The only text that it accepts, if there is just one.
    pub(crate) fn only_text(&self, known: &Captures) -> Option<String> {
        let fixed = |(part, _): &(Part, _)| fixed_text(part, known).is_some();
        self.parts.iter().all(fixed).then(|| self.fill(known))
    }

    /// Whether it is empty.
    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Calls `found` with the name and place of every capture and variable in it.
    pub fn captures<'a>(&'a self, found: &mut impl FnMut(&'a str, Range<usize>)) {
        for (part, bytes) in &self.parts {
            if let Part::Capture(name) = part {
                found(name, bytes.clone());
            }
        }
    }

    /// The text with known values in the place of placeholders. Anything unknown is shown as it is written.
    pub fn fill(&self, known: &Captures) -> String {
        let mut text = String::new();
        let mut padding = None;
        let mut place = Place::default();
        for (part, _) in &self.parts {
            match part {
                Part::Pad { unit, bytes } => padding = Some((text.len(), *unit, *bytes)),
                Part::Literal(literal) | Part::ShortenedId(literal) => {
                    if self.is_json {
                        place = place.after(literal);
                    }
                    text.push_str(literal);
                }
                Part::Any => text.push_str("<any>"),
                Part::Matching(matcher) => text.push_str(&matcher.shown),
                Part::Capture(name) => match known.get(name) {
                    Some(capture) => text.push_str(&place.inserted(&capture.value)),
                    None => {
                        // Writing into a string cannot fail.
                        let _ = write!(text, "<{name}>");
                    }
                },
            }
        }
        if let Some((at, unit, bytes)) = padding {
            let missing = bytes.saturating_sub(text.len());
            text.insert_str(at, &unit.to_string().repeat(missing));
        }
        text
    }
}

#[cfg(test)]
mod tests;
