//! Placeholders outside of quotes: types, captures, ranges and alternatives.

use super::Parser;
use crate::json::{Json, Number};
use crate::pattern::placeholder::{Piece, placeholder};
use crate::pattern::template::{Notation, Template, check_expressions, check_name};
use crate::pattern::types::Type;
use crate::pattern::{Kind, PatternError};

impl Parser<'_> {
    pub(super) fn placeholder(&mut self, from: usize) -> Result<Kind, PatternError> {
        match placeholder(&self.text[self.at..]) {
            Some((Piece::Name("none"), length)) => {
                self.at += length;
                Ok(Kind::Absent)
            }
            Some((Piece::Name(name), length)) => {
                let place = self.start + from..self.start + from + length;
                check_name(name, &place)?;
                self.at += length;
                Ok(Type::named(name).map_or_else(|| Kind::Capture(name.to_owned()), Kind::Type))
            }
            Some((Piece::Matching(_), length)) => {
                let (text, after) = self.text[from..].split_at(length);
                let after = after.trim_start();
                if !after.is_empty() && !after.starts_with([',', ']', '}', '|', '>']) {
                    return Err(self
                        .error(from..from + length, "this expression ends at the first >")
                        .help("in an expression write \\x3c for < and \\x3e for >"));
                }
                self.at += length;
                let template = Template::expected(text, self.start + from, Notation::Plain)?;
                Ok(Kind::String(template))
            }
            Some((_, length)) => Err(self
                .error(
                    self.at..self.at + length,
                    "this makes text, and text is written in quotes",
                )
                .help("write it inside a string")),
            None => {
                if self.text[self.at..].starts_with("<matching ") {
                    check_expressions(&self.text[self.at..], self.start + self.at)?;
                }
                match self.range()? {
                    Some(range) => Ok(range),
                    None => self.alternatives(),
                }
            }
        }
    }

    /// `<1..10>`, `<1..>`, `<..10>` or `<20.5 ± 0.5>`
    fn range(&mut self) -> Result<Option<Kind>, PatternError> {
        let rest = &self.text[self.at..];
        let Some((inner, _)) = rest[1..].split_once('>') else {
            return Ok(None);
        };
        let Some((from, to)) = bounds(inner) else {
            return Ok(None);
        };
        let length = inner.len() + "<>".len();
        let shown = rest[..length].to_owned();
        let is_empty = |from: &Number| to.as_ref().is_some_and(|to| from.compare(to).is_gt());
        if from.as_ref().is_some_and(is_empty) {
            let place = self.at..self.at + length;
            return Err(self.error(place, "no number is in this range"));
        }
        self.at += length;
        Ok(Some(Kind::Range { from, to, shown }))
    }

    /// `<"on" | "off" | null>`
    fn alternatives(&mut self) -> Result<Kind, PatternError> {
        let from = self.at;
        self.in_field = false;
        let not_one = |parser: &Self| {
            parser
                .error(from..from + 1, "this is not a placeholder")
                .help(
                    "write a name or type such as <alice> or <any>, a range <1..10> or <1..>, an expression <matching v\\d+>, \
                     alternatives <\"a\" | \"b\">, or <none> for a field that must be absent",
                )
        };
        let mut values = Vec::new();
        loop {
            self.at += 1;
            let Ok(value) = self.value() else {
                return Err(not_one(self));
            };
            values.push(value);
            self.skip_blanks();
            match self.peek() {
                Some('|') => {}
                Some('>') if values.len() > 1 => {
                    self.at += 1;
                    return Ok(Kind::OneOf(values));
                }
                _ => return Err(not_one(self)),
            }
        }
    }
}

/// The bounds of `1..10`, `1..`, `..10` or `20.5 ± 0.5`, all included.
fn bounds(text: &str) -> Option<(Option<Number>, Option<Number>)> {
    let number = |text: &str| match Json::parse(text) {
        Ok(Json::Number(number)) => Some(number),
        _ => None,
    };
    if let Some((from, to)) = text.split_once("..") {
        return match (number(from), number(to)) {
            (Some(from), None) if to.is_empty() => Some((Some(from), None)),
            (None, Some(to)) if from.is_empty() => Some((None, Some(to))),
            (Some(from), Some(to)) => Some((Some(from), Some(to))),
            _ => None,
        };
    }
    let (middle, tolerance) = text.split_once('±').or_else(|| text.split_once("+-"))?;
    let (from, to) = number(middle)?.minus_and_plus(&number(tolerance)?)?;
    Some((Some(from), Some(to)))
}
