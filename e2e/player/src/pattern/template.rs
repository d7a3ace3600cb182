//! Texts with placeholders: what is typed, and strings and lines that are expected.

use std::ops::Range;

use serde_json::Value;

use super::placeholder::{Piece, Type, pieces};
use super::{Capture, Captures, PatternError};

/// How a text is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notation {
    /// As it is.
    Plain,
    /// The inside of a JSON string, with JSON's escapes.
    Json,
}

/// A text with placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    parts: Vec<(Part, Range<usize>)>,
    anything: bool,
}

/// A part of a [`Template`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Just this.
    Literal(String),
    /// `<any>` or `<string>`: any text, the empty one too.
    Any,
    /// `<name>`: captures or compares.
    Capture(String),
    /// `<a to 8192 bytes>`: as many of the character as the whole text needs to have that size. Only in what is sent.
    Pad {
        /// One byte long.
        unit: char,
        /// The size of the text.
        bytes: usize,
    },
}

impl Template {
    /// Reads an expected text. One that ends with `...` accepts everything: ids are written so in documentation.
    ///
    /// # Errors
    ///
    /// A wrong escape, a placeholder that cannot stand inside a text, or two that nothing separates.
    pub fn expected(text: &str, start: usize, notation: Notation) -> Result<Self, PatternError> {
        let mut template = Self::parse(text, start, notation, |name, bytes| {
            Ok(match Type::named(name) {
                None => Part::Capture(name.to_owned()),
                Some(Type::Any | Type::String) => Part::Any,
                Some(of @ (Type::Number | Type::EpochMs)) => {
                    let message = format!("<{}> is {}, not text", of.name(), of.describe());
                    let error = PatternError::new(bytes, message);
                    return Err(error.help("write it without quotes, outside of strings"));
                }
            })
        })?;
        template.anything = text.ends_with("...");
        for (part, bytes) in &template.parts {
            if matches!(part, Part::Pad { .. }) {
                let message = "only what is sent can be filled up to a size";
                return Err(PatternError::new(bytes.clone(), message).help(
                    "a frame of a size is expected with <text of 8192 bytes>, alone on its line",
                ));
            }
        }
        template.reject_neighbours()?;
        Ok(template)
    }

    /// Reads a text that is sent. Only names that `is_captured` knows are placeholders; HTML is sent as it is.
    ///
    /// # Errors
    ///
    /// A repetition that would become too long, or a size that the text has exceeded already.
    pub fn sent(
        text: &str,
        start: usize,
        is_captured: impl Fn(&str) -> bool,
    ) -> Result<Self, PatternError> {
        let template = Self::parse(text, start, Notation::Plain, |name, _| {
            Ok(if is_captured(name) {
                Part::Capture(name.to_owned())
            } else {
                Part::Literal(format!("<{name}>"))
            })
        })?;
        template.check_padding()?;
        Ok(template)
    }

    /// Puts all parts at `bytes`: for texts that stand in quotes, where places are not theirs.
    pub(crate) fn stands_at(&mut self, bytes: &Range<usize>) {
        for (_, place) in &mut self.parts {
            *place = bytes.clone();
        }
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
            let message = "a text can be filled up in one place only";
            return Err(PatternError::new(second.clone(), message));
        }
        let literal = self.parts.iter().map(|(part, _)| match part {
            Part::Literal(literal) => literal.len(),
            _ => 0,
        });
        let length: usize = literal.sum();
        if length > bytes {
            let message = format!("the rest of the line has {length} bytes already");
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
        for (piece, bytes) in pieces(text, start)? {
            let part = match piece {
                Piece::Plain(text) => Part::Literal(decode(text, &bytes, notation)?),
                Piece::Name(text) => name(text, bytes.clone())?,
                Piece::Repeat { unit, times } => {
                    Part::Literal(decode(unit, &bytes, notation)?.repeat(times))
                }
                Piece::Pad { unit, bytes: size } => {
                    let mut chars = unit.chars();
                    match (chars.next(), chars.next()) {
                        (Some(unit), None) if unit.is_ascii() => Part::Pad { unit, bytes: size },
                        _ => {
                            let message = "only one character of one byte can fill a text up";
                            return Err(PatternError::new(bytes, message)
                                .help("write for example <a to 8192 bytes>"));
                        }
                    }
                }
            };
            parts.push((part, bytes));
        }
        Ok(Self {
            parts,
            anything: false,
        })
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
                    "nothing says where the first placeholder ends and the second begins",
                )
                .help("put text between them"));
            }
        }
        Ok(())
    }

    /// Calls `found` with the name and place of every capture in it.
    pub fn captures<'a>(&'a self, found: &mut impl FnMut(&'a str, Range<usize>)) {
        for (part, bytes) in &self.parts {
            if let Part::Capture(name) = part {
                found(name, bytes.clone());
            }
        }
    }

    /// The text with captured values in the place of placeholders. What is not captured is shown as it is written.
    pub fn fill(&self, known: &Captures) -> String {
        let mut text = String::new();
        let mut padding = None;
        for (part, _) in &self.parts {
            match part {
                Part::Pad { unit, bytes } => padding = Some((text.len(), *unit, *bytes)),
                Part::Literal(literal) => text.push_str(literal),
                Part::Any => text.push_str("<any>"),
                Part::Capture(name) => {
                    let value = known.get(name).map(Capture::text);
                    text.push_str(&value.unwrap_or_else(|| format!("<{name}>")));
                }
            }
        }
        if let Some((at, unit, bytes)) = padding {
            let missing = bytes.saturating_sub(text.len());
            text.insert_str(at, &unit.to_string().repeat(missing));
        }
        text
    }

    /// Whether `text` fits; what it captures is added to `known`, as captured in line `line`, if it does.
    ///
    /// Each placeholder takes as little as it can, the last one what is left.
    pub fn fits(&self, text: &str, known: &mut Captures, line: usize) -> bool {
        if self.anything {
            return true;
        }
        let mut new = known.clone();
        let fits = self.fits_from(text, &mut new, line);
        if fits {
            *known = new;
        }
        fits
    }

    fn fits_from(&self, text: &str, known: &mut Captures, line: usize) -> bool {
        // The placeholder before `rest`, if its end is still open.
        let mut open: Option<Option<&str>> = None;
        let mut rest = text;
        let last = self.parts.len().saturating_sub(1);
        for (index, (part, _)) in self.parts.iter().enumerate() {
            let literal = match part {
                Part::Literal(literal) => literal.clone(),
                // There is none in what is expected.
                Part::Pad { .. } => return false,
                Part::Any => {
                    open = Some(None);
                    continue;
                }
                Part::Capture(name) => {
                    if let Some(capture) = known.get(name) {
                        capture.text()
                    } else {
                        open = Some(Some(name));
                        continue;
                    }
                }
            };
            let taken = match open.take() {
                None => rest.strip_prefix(&literal).map(|after| ("", None, after)),
                Some(name) if index == last => {
                    rest.strip_suffix(&literal).map(|before| (before, name, ""))
                }
                Some(name) => rest
                    .split_once(&literal)
                    .map(|(before, after)| (before, name, after)),
            };
            let Some((before, name, after)) = taken else {
                return false;
            };
            if let Some(name) = name {
                known.insert(name, Value::from(before), line);
            }
            rest = after;
        }
        match open {
            None => rest.is_empty(),
            Some(name) => {
                if let Some(name) = name {
                    known.insert(name, Value::from(rest), line);
                }
                true
            }
        }
    }
}

fn decode(text: &str, bytes: &Range<usize>, notation: Notation) -> Result<String, PatternError> {
    match notation {
        Notation::Plain => Ok(text.to_owned()),
        Notation::Json => serde_json::from_str(&format!("\"{text}\"")).map_err(|_| {
            PatternError::new(
                bytes.clone(),
                "this is no JSON string: an escape or a character in it is not allowed",
            )
        }),
    }
}

#[cfg(test)]
mod tests;
