//! Reads texts with placeholders.

use std::ops::Range;

use super::json::is_json;
use super::matcher::{Matcher, check_expressions, unescaped};
use super::{Notation, Part, Template};
use crate::pattern::PatternError;
use crate::pattern::placeholder::{Piece, pieces};
use crate::pattern::types::{Type, reserved};

impl Template {
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
}

/// The meaning of a name in an expected text.
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
pub(in crate::pattern) fn check_name(name: &str, bytes: &Range<usize>) -> Result<(), PatternError> {
    match reserved(name) {
        Some(instead) => Err(PatternError::new(
            bytes.clone(),
            format!("<{name}> is not a type, and too much like one to name a capture"),
        )
        .help(format!("write {instead}"))),
        None => Ok(()),
    }
}

/// Whether it is one word like an ID: letters, digits and `-_+/=:.`, with a digit, or with letters of both cases.
pub(super) fn looks_like_id(text: &str) -> bool {
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
