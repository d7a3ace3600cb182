//! Reads a [`Pattern`]: JSON with placeholders, also outside quotes, and `...` where a list continues.

mod placeholder;

use std::ops::Range;

use super::template::{Notation, Template};
use super::{Array, Field, Kind, Pattern, PatternError, Type};
use crate::json::{Json, MAX_DEPTH};

/// Reads the pattern that fills `text`; `start` is the place of `text` in its line.
///
/// # Errors
///
/// The first place where `text` is not a pattern.
pub fn parse(text: &str, start: usize) -> Result<Pattern, PatternError> {
    read(text, start, false)
}

/// As [`parse`], for a pattern whose objects have only the fields that it names, unless they contain `...`.
///
/// # Errors
///
/// The first place where `text` is not a pattern.
pub(crate) fn parse_exact(text: &str, start: usize) -> Result<Pattern, PatternError> {
    read(text, start, true)
}

fn read(text: &str, start: usize, exact: bool) -> Result<Pattern, PatternError> {
    let mut parser = Parser {
        text,
        start,
        exact,
        at: 0,
        depth: 0,
        in_field: false,
        names_id: false,
    };
    let pattern = parser.value()?;
    parser.skip_blanks();
    if parser.at < text.len() {
        return Err(parser.error(parser.at..text.len(), "unexpected text after the value"));
    }
    Ok(pattern)
}

/// Whether a field with this name has an ID, such as `connectionId`, `ids`, `access_token` or `uid`.
fn names_id(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let name = name.strip_suffix('s').unwrap_or(&name);
    [
        "id", "token", "key", "nonce", "hash", "cursor", "session", "secret", "ticket",
    ]
    .iter()
    .any(|word| name.ends_with(word))
}

struct Parser<'a> {
    text: &'a str,
    /// The place of `text` in its line, in bytes.
    start: usize,
    /// Whether objects without `...` are closed.
    exact: bool,
    /// How far `text` has been read, in bytes.
    at: usize,
    depth: usize,
    /// Whether the next value belongs to a field.
    in_field: bool,
    /// Whether the field around the next value has the name of an ID.
    names_id: bool,
}

impl Parser<'_> {
    fn value(&mut self) -> Result<Pattern, PatternError> {
        self.skip_blanks();
        let from = self.at;
        let kind = match self.peek() {
            Some('{') => self.nested(Self::object)?,
            Some('[') => self.nested(|parser| parser.array(false))?,
            Some('i') if self.eat("in any order") => {
                self.skip_blanks();
                if self.peek() != Some('[') {
                    return Err(self.error_here("an array is missing here"));
                }
                self.nested(|parser| parser.array(true))?
            }
            Some('"') => {
                let template = self.string(Template::expected)?;
                // In other fields, the dots stand for themselves.
                Kind::String(if self.names_id {
                    template
                } else {
                    template.verbatim()
                })
            }
            Some('<') => self.placeholder(from)?,
            Some(_) => self.literal()?,
            None => return Err(self.error_here("expected a value")),
        };
        if kind == Kind::Absent && !self.in_field {
            return Err(self
                .error(from..self.at, "only a field can be absent")
                .help("write it as the value of a field, such as {\"error\": <none>}"));
        }
        self.in_field = false;
        Ok(Pattern {
            bytes: self.start + from..self.start + self.at,
            kind,
        })
    }

    fn nested(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<Kind, PatternError>,
    ) -> Result<Kind, PatternError> {
        if self.depth == MAX_DEPTH {
            return Err(self.error_here("this is nested too deeply"));
        }
        self.depth += 1;
        self.in_field = false;
        let names_id = self.names_id;
        let kind = read(self)?;
        self.names_id = names_id;
        self.depth -= 1;
        Ok(kind)
    }

    fn object(&mut self) -> Result<Kind, PatternError> {
        let opened = self.at;
        self.at += 1;
        let mut fields: Vec<Field> = Vec::new();
        loop {
            self.skip_blanks();
            if self.eat("}") {
                // `{}` says that there are no fields; `{...}` is any object.
                let open = !self.exact && !fields.is_empty();
                return Ok(Kind::Object { fields, open });
            }
            if !fields.is_empty() {
                self.comma(opened, "}")?;
            }
            if self.eat("...") {
                self.close(opened, "}")?;
                return Ok(Kind::Object { fields, open: true });
            }
            let field = self.field(opened)?;
            if fields.iter().any(|other| other.name == field.name) {
                return Err(PatternError::new(
                    field.bytes,
                    "the object already has this field",
                ));
            }
            fields.push(field);
        }
    }

    fn field(&mut self, opened: usize) -> Result<Field, PatternError> {
        let from = self.at;
        match self.peek() {
            Some('"') => {}
            None => return Err(self.unclosed(opened, "}")),
            Some(_) => {
                return Err(self
                    .error_here("expected a field name in double quotes")
                    .help("a field looks like \"message\": \"Olá\""));
            }
        }
        // Names have no placeholders: a `<` in one is a `<`.
        let name = self.string(|text, start, _| {
            serde_json::from_str::<String>(&format!("\"{text}\"")).map_err(|_| {
                PatternError::new(start..start + text.len(), "this is not a JSON string")
            })
        })?;
        let bytes = self.start + from..self.start + self.at;
        self.skip_blanks();
        if !self.eat(":") {
            return Err(self.error_here("expected a colon"));
        }
        self.in_field = true;
        self.names_id = names_id(&name);
        let value = self.value()?;
        Ok(Field { name, bytes, value })
    }

    fn array(&mut self, unordered: bool) -> Result<Kind, PatternError> {
        let opened = self.at;
        self.at += 1;
        let mut array = Array {
            items: Vec::new(),
            open_start: false,
            open_end: false,
            unordered,
        };
        loop {
            self.skip_blanks();
            if self.eat("]") {
                return Ok(Kind::Array(array));
            }
            if !array.items.is_empty() || array.open_start {
                self.comma(opened, "]")?;
            }
            if self.eat("...") {
                self.skip_blanks();
                let is_first = array.items.is_empty() && !array.open_start;
                if is_first && self.peek() == Some(',') {
                    array.open_start = true;
                    continue;
                }
                self.close(opened, "]")?;
                array.open_end = true;
                return Ok(Kind::Array(array));
            }
            if self.peek().is_none() {
                return Err(self.unclosed(opened, "]"));
            }
            array.items.push(self.value()?);
        }
    }

    fn comma(&mut self, opened: usize, closing: &str) -> Result<(), PatternError> {
        if self.peek().is_none() {
            return Err(self.unclosed(opened, closing));
        }
        if !self.eat(",") {
            return Err(self.error_here(format!("expected a comma or {closing}")));
        }
        self.skip_blanks();
        if self.text[self.at..].starts_with(closing) {
            return Err(self
                .error_here("expected a value after the comma")
                .help("write ... where more may follow"));
        }
        Ok(())
    }

    fn close(&mut self, opened: usize, closing: &str) -> Result<(), PatternError> {
        self.skip_blanks();
        match self.peek() {
            None => Err(self.unclosed(opened, closing)),
            Some(_) if self.eat(closing) => Ok(()),
            Some(_) => Err(self.error_here(format!("only {closing} can follow ..."))),
        }
    }

    fn string<T>(
        &mut self,
        read: impl FnOnce(&str, usize, Notation) -> Result<T, PatternError>,
    ) -> Result<T, PatternError> {
        let from = self.at + 1;
        let mut escaped = false;
        for (offset, c) in self.text[from..].char_indices() {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => {
                    self.at = from + offset + 1;
                    let text = &self.text[from..from + offset];
                    return read(text, self.start + from, Notation::Json);
                }
                _ => {}
            }
        }
        Err(self.error(self.at..self.text.len(), "this string is not closed"))
    }

    fn literal(&mut self) -> Result<Kind, PatternError> {
        let rest = &self.text[self.at..];
        let length = rest
            .find(|c: char| {
                c.is_whitespace() || matches!(c, ',' | ':' | ']' | '}' | '"' | '|' | '>')
            })
            .unwrap_or(rest.len())
            .max(rest.chars().next().map_or(0, char::len_utf8));
        let bytes = self.at..self.at + length;
        if let Ok(value) = Json::parse(&rest[..length]) {
            self.at = bytes.end;
            return Ok(Kind::Literal(value));
        }
        let help = match Type::named(&rest[..length]) {
            Some(of) => format!("for a value of this type, write <{}>", of.name()),
            None if rest.starts_with("...") => "for any value, write <any>".to_owned(),
            None => "a value is text in double quotes, a number, true, false, null, an array, an object or a placeholder"
                .to_owned(),
        };
        Err(self.error(bytes, "this is not a JSON value").help(help))
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.text[self.at..].starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn skip_blanks(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn error(&self, bytes: Range<usize>, message: impl Into<String>) -> PatternError {
        PatternError::new(self.start + bytes.start..self.start + bytes.end, message)
    }

    fn error_here(&self, message: impl Into<String>) -> PatternError {
        let width = self.peek().map_or(0, char::len_utf8);
        self.error(self.at..self.at + width, message)
    }

    fn unclosed(&self, opened: usize, closing: &str) -> PatternError {
        self.error(
            opened..opened + 1,
            format!("this is not closed: {closing} is missing"),
        )
    }
}

#[cfg(test)]
mod tests;
