//! Texts with placeholders: text that is sent, and strings and text frames that are expected.

mod fits;
mod json;
mod matcher;

use std::fmt::Write as _;
use std::ops::Range;

pub use matcher::Matcher;

use json::{Place, is_json};
use matcher::{check_expressions, unescaped};

use super::placeholder::{Piece, pieces};
use super::types::{Type, reserved};
use super::{Captures, PatternError};

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
    /// Whether it is JSON that is sent, in which values are inserted as JSON has them.
    is_json: bool,
}

/// A part of a [`Template`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Exactly this text.
    Literal(String),
    /// `<any>` or `<string>`: any text, also the empty one.
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

    /// Reads an expected text.
    ///
    /// # Errors
    ///
    /// An invalid escape or regular expression, a placeholder that cannot be used inside a text, or two with nothing between them.
    pub fn expected(text: &str, start: usize, notation: Notation) -> Result<Self, PatternError> {
        if notation == Notation::Json
            && let Some(begin) = text.strip_suffix("...")
            && looks_like_id(begin)
        {
            let part = Part::ShortenedId(text.to_owned());
            return Ok(Self::new(vec![(part, start..start + text.len())]));
        }
        check_expressions(text, start)?;
        let template = Self::parse(text, start, notation, |name, bytes| {
            expected_name(name, bytes, notation)
        })?;
        for (part, bytes) in &template.parts {
            if matches!(part, Part::Pad { .. }) {
                let message = "only text that is sent can be padded to a size";
                return Err(PatternError::new(bytes.clone(), message)
                    .help("expect a frame of a size with <text of 8192 bytes> alone on its line"));
            }
        }
        template.reject_neighbours()?;
        Ok(template)
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

    /// Reads the reason of a close frame: as [`Self::expected`], and `...` alone accepts any.
    ///
    /// # Errors
    ///
    /// As [`Self::expected`].
    pub fn reason(text: &str, start: usize) -> Result<Self, PatternError> {
        if text == "..." {
            return Ok(Self::new(vec![(Part::Any, start..start + text.len())]));
        }
        Self::expected(text, start, Notation::Plain)
    }

    /// Reads a text that is sent. Only variables and names that `is_captured` knows are placeholders; HTML is sent unchanged.
    ///
    /// # Errors
    ///
    /// A repetition that would become too long, or a size that the rest of the text exceeds.
    pub fn sent(
        text: &str,
        start: usize,
        is_captured: impl Fn(&str) -> bool,
    ) -> Result<Self, PatternError> {
        let template = Self::parse(text, start, Notation::Plain, |name, _| {
            Ok(if name.starts_with('$') || is_captured(name) {
                Part::Capture(name.to_owned())
            } else {
                Part::Literal(format!("<{name}>"))
            })
        })?;
        let verbatim = |(part, bytes): (Part, Range<usize>)| match part {
            Part::Matching(matcher) => (Part::Literal(matcher.shown), bytes),
            other => (other, bytes),
        };
        let mut template = Self::new(template.parts.into_iter().map(verbatim).collect());
        template.is_json = is_json(template.parts.iter().map(|(part, _)| part));
        template.check_padding()?;
        Ok(template)
    }

    /// Moves all parts to `bytes`, for a text in quotes whose own offsets are unknown.
    pub(crate) fn stands_at(&mut self, bytes: &Range<usize>) {
        for (_, place) in &mut self.parts {
            *place = bytes.clone();
        }
    }

    /// Whether it consists of literals and captures, so that [`Self::fill`] says exactly what it accepts once all captures are known.
    pub(crate) fn is_fixed(&self) -> bool {
        let fixed = |part: &Part| matches!(part, Part::Literal(_) | Part::Capture(_));
        self.parts.iter().all(|(part, _)| fixed(part))
    }

    /// The only text that it accepts, if there is just one.
    pub(crate) fn only_text(&self, known: &Captures) -> Option<String> {
        let is_known = |part: &Part| match part {
            Part::Literal(_) => true,
            Part::Capture(name) => known.get(name).is_some(),
            _ => false,
        };
        self.parts
            .iter()
            .all(|(part, _)| is_known(part))
            .then(|| self.fill(known))
    }

    /// Whether it is empty.
    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    fn check_padding(&self) -> Result<(), PatternError> {
        let mut pads = self.parts.iter().filter_map(|(part, place)| match part {
            Part::Pad { bytes, .. } => Some((*bytes, place)),
            _ => None,
        });
        let Some((bytes, place)) = pads.next() else {
            return Ok(());
        };
        if let Some((_, second)) = pads.next() {
            let message = "a text can be padded in one place only";
            return Err(PatternError::new(second.clone(), message));
        }
        let literal = self.parts.iter().map(|(part, _)| match part {
            Part::Literal(literal) => literal.len(),
            _ => 0,
        });
        let length: usize = literal.sum();
        if length > bytes {
            let message = format!("the rest of the line already has {length} bytes");
            return Err(PatternError::new(place.clone(), message));
        }
        Ok(())
    }

    fn parse(
        text: &str,
        start: usize,
        notation: Notation,
        mut name: impl FnMut(&str, Range<usize>) -> Result<Part, PatternError>,
    ) -> Result<Self, PatternError> {
        let mut parts = Vec::new();
        for (piece, bytes) in pieces(text, start, notation == Notation::Plain)? {
            let part = match piece {
                Piece::Plain(text) => Part::Literal(decode(text, &bytes, notation)?),
                Piece::Escape(text) => Part::Literal(text),
                Piece::Name(text) => name(text, bytes.clone())?,
                Piece::Matching(expression) => {
                    let expression = match notation {
                        Notation::Plain => expression.to_owned(),
                        Notation::Json => unescaped(expression),
                    };
                    let shown = format!("<matching {expression}>");
                    Part::Matching(Matcher::new(shown, &expression, None, &bytes)?)
                }
                Piece::Repeat { unit, times } => {
                    Part::Literal(decode(unit, &bytes, notation)?.repeat(times))
                }
                Piece::Pad { unit, bytes: size } => {
                    let mut chars = unit.chars();
                    match (chars.next(), chars.next()) {
                        (Some(unit), None) if unit.is_ascii() => Part::Pad { unit, bytes: size },
                        _ => {
                            let message = "only one ASCII character can pad a text";
                            return Err(PatternError::new(bytes, message)
                                .help("write for example <a to 8192 bytes>"));
                        }
                    }
                }
            };
            parts.push((part, bytes));
        }
        Ok(Self::new(parts))
    }

    fn reject_neighbours(&self) -> Result<(), PatternError> {
        for pair in self.parts.windows(2) {
            if let [
                (Part::Any | Part::Capture(_), left),
                (Part::Any | Part::Capture(_), right),
            ] = pair
            {
                return Err(PatternError::new(
                    left.start..right.end,
                    "nothing separates these placeholders",
                )
                .help("put text between them"));
            }
        }
        Ok(())
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

/// What a name means in a text that is expected.
fn expected_name(
    name: &str,
    bytes: Range<usize>,
    notation: Notation,
) -> Result<Part, PatternError> {
    check_name(name, &bytes)?;
    let Some(of) = Type::named(name) else {
        return Ok(Part::Capture(name.to_owned()));
    };
    if matches!(of, Type::Any | Type::String) {
        return Ok(Part::Any);
    }
    let is_text = matches!(of, Type::Uuid | Type::Date);
    match of.inside_text() {
        Some(expression) if is_text || notation == Notation::Plain => {
            let of = is_text.then_some(of);
            Matcher::new(format!("<{name}>"), expression, of, &bytes).map(Part::Matching)
        }
        _ => {
            let message = format!("<{name}> is {}, not text", of.describe());
            Err(PatternError::new(bytes, message)
                .help("write it without quotes, outside of strings"))
        }
    }
}

/// Rejects names that look like a type and would accept anything.
pub(super) fn check_name(name: &str, bytes: &Range<usize>) -> Result<(), PatternError> {
    match reserved(name) {
        Some(instead) => Err(PatternError::new(
            bytes.clone(),
            format!("<{name}> is not a type, and too much like one to name a capture"),
        )
        .help(format!("write {instead}"))),
        None => Ok(()),
    }
}

/// One word as IDs are: letters, digits and `-_+/=:.`, with a digit, or with letters of both cases.
fn looks_like_id(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_+/=:.".contains(c);
    let has = |test: fn(&char) -> bool| text.chars().any(|c| test(&c));
    let letters = has(char::is_ascii_alphabetic);
    let mixed = has(char::is_ascii_lowercase) && has(char::is_ascii_uppercase);
    let is_capitalised = text.chars().skip(1).all(|c| !c.is_ascii_uppercase());
    text.chars().all(allowed)
        && letters
        && (has(char::is_ascii_digit) || (mixed && !is_capitalised))
}

fn decode(text: &str, bytes: &Range<usize>, notation: Notation) -> Result<String, PatternError> {
    match notation {
        Notation::Plain => Ok(text.to_owned()),
        Notation::Json => serde_json::from_str(&format!("\"{text}\"")).map_err(|_| {
            PatternError::new(
                bytes.clone(),
                "this is not a JSON string: it contains an invalid escape or character",
            )
        }),
    }
}

#[cfg(test)]
mod tests;
