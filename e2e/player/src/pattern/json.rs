//! Reads a [`Pattern`]: JSON, with placeholders outside quotes too, and `...` where a list goes on.

use std::ops::Range;

use super::placeholder::{Piece, Type, placeholder};
use super::template::{Notation, Template};
use super::{Field, Kind, Pattern, PatternError};

/// How deep arrays and objects may be nested: as deep as `serde_json` reads them.
const DEEPEST: usize = 127;

/// Reads the pattern that fills `text`; `start` is where `text` stands in its line.
///
/// # Errors
///
/// The first place where `text` is no pattern.
pub fn parse(text: &str, start: usize) -> Result<Pattern, PatternError> {
    read(text, start, false)
}

/// As [`parse`], for a pattern whose objects have no other fields than it names, unless `...` stands in them.
///
/// # Errors
///
/// The first place where `text` is no pattern.
pub fn parse_exact(text: &str, start: usize) -> Result<Pattern, PatternError> {
    read(text, start, true)
}

fn read(text: &str, start: usize, exact: bool) -> Result<Pattern, PatternError> {
    let mut parser = Parser {
        text,
        start,
        exact,
        at: 0,
        depth: 0,
    };
    let pattern = parser.value()?;
    parser.skip_blanks();
    if parser.at < text.len() {
        return Err(parser.error(parser.at..text.len(), "the value has ended before this"));
    }
    Ok(pattern)
}

struct Parser<'a> {
    text: &'a str,
    /// Where `text` stands in its line, in bytes.
    start: usize,
    /// Whether objects are closed that do not say otherwise.
    exact: bool,
    /// How far it was read, in bytes.
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn value(&mut self) -> Result<Pattern, PatternError> {
        self.skip_blanks();
        let from = self.at;
        let kind = match self.peek() {
            Some('{') => self.nested(Self::object)?,
            Some('[') => self.nested(Self::array)?,
            Some('"') => Kind::String(self.string(Template::expected)?),
            Some('<') => self.placeholder()?,
            Some(_) => self.literal()?,
            None => return Err(self.error_here("a value is missing here")),
        };
        Ok(Pattern {
            bytes: self.start + from..self.start + self.at,
            kind,
        })
    }

    fn nested(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<Kind, PatternError>,
    ) -> Result<Kind, PatternError> {
        if self.depth == DEEPEST {
            return Err(self.error_here("this is nested too deeply"));
        }
        self.depth += 1;
        let kind = read(self)?;
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
                let open = !self.exact;
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
                    "the object has this field already",
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
                    .error_here("a field's name in double quotes is missing here")
                    .help("a field looks like \"message\": \"Olá\""));
            }
        }
        // Names are plain: a `<` in one is a `<`.
        let name = self.string(|text, start, _| {
            serde_json::from_str::<String>(&format!("\"{text}\""))
                .map_err(|_| PatternError::new(start..start + text.len(), "this is no JSON string"))
        })?;
        let bytes = self.start + from..self.start + self.at;
        self.skip_blanks();
        if !self.eat(":") {
            return Err(self.error_here("a colon is missing here"));
        }
        let value = self.value()?;
        Ok(Field { name, bytes, value })
    }

    fn array(&mut self) -> Result<Kind, PatternError> {
        let opened = self.at;
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip_blanks();
            if self.eat("]") {
                return Ok(Kind::Array { items, open: false });
            }
            if !items.is_empty() {
                self.comma(opened, "]")?;
            }
            if self.eat("...") {
                self.close(opened, "]")?;
                return Ok(Kind::Array { items, open: true });
            }
            if self.peek().is_none() {
                return Err(self.unclosed(opened, "]"));
            }
            items.push(self.value()?);
        }
    }

    fn comma(&mut self, opened: usize, closing: &str) -> Result<(), PatternError> {
        if self.peek().is_none() {
            return Err(self.unclosed(opened, closing));
        }
        if !self.eat(",") {
            return Err(self.error_here(format!("a comma or {closing} is missing here")));
        }
        self.skip_blanks();
        if self.text[self.at..].starts_with(closing) {
            return Err(self
                .error_here("after a comma something has to follow")
                .help("write ... where anything may follow"));
        }
        Ok(())
    }

    fn close(&mut self, opened: usize, closing: &str) -> Result<(), PatternError> {
        self.skip_blanks();
        match self.peek() {
            None => Err(self.unclosed(opened, closing)),
            Some(_) if self.eat(closing) => Ok(()),
            Some(_) => Err(self.error_here(format!("after ... only {closing} can follow"))),
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
        Err(self.error(self.at..self.text.len(), "this string has no end"))
    }

    fn placeholder(&mut self) -> Result<Kind, PatternError> {
        match placeholder(&self.text[self.at..]) {
            Some((Piece::Name(name), length)) => {
                let kind =
                    Type::named(name).map_or_else(|| Kind::Capture(name.to_owned()), Kind::Type);
                self.at += length;
                Ok(kind)
            }
            Some((_, length)) => Err(self
                .error(
                    self.at..self.at + length,
                    "this makes text, and text stands in quotes",
                )
                .help("write it inside a string")),
            None => Err(self
                .error_here("this is no placeholder")
                .help("a placeholder is a name in angle brackets, such as <any> or <alice>")),
        }
    }

    fn literal(&mut self) -> Result<Kind, PatternError> {
        let rest = &self.text[self.at..];
        let length = rest
            .find(|c: char| c.is_whitespace() || matches!(c, ',' | ':' | ']' | '}' | '"'))
            .unwrap_or(rest.len())
            .max(rest.chars().next().map_or(0, char::len_utf8));
        let bytes = self.at..self.at + length;
        match serde_json::from_str(&rest[..length]) {
            Ok(value) => {
                self.at = bytes.end;
                Ok(Kind::Literal(value))
            }
            Err(_) => Err(self.error(bytes, "this is no JSON value").help(
                "a value is text in double quotes, a number, true, false, null, an array, an object or a placeholder",
            )),
        }
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
            format!("this is never closed: {closing} is missing"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(text: &str) -> (Range<usize>, String) {
        let error = parse(text, 0).expect_err(text);
        (error.bytes, error.message)
    }

    #[test]
    fn the_examples_of_the_documentation_are_patterns() {
        for text in [
            r#"{"type":"connected","connectionId":"abc123xyz..."}"#,
            r#"{"connectionId":"user1-abc123","message":"Mensagem do usuário 1",...}"#,
            r#"{"message": "Internal server error"}"#,
            r#"{ "a" : [ 1 , 2.5e3, ... ] , "b" : <epoch-ms>, "c": <who>, "d": null, ... }"#,
            "{}",
            "{...}",
            "[...]",
            "<any>",
        ] {
            parse(text, 0).expect(text);
        }
    }

    #[test]
    fn places_are_counted_from_the_start_of_the_line() {
        let pattern = parse(r#"{"é":"x"}"#, 2).unwrap();
        assert_eq!(pattern.bytes, 2..12);
        let Kind::Object { fields, .. } = pattern.kind else {
            panic!("it is an object");
        };
        assert_eq!(fields[0].bytes, 3..7);
        assert_eq!(fields[0].value.bytes, 8..11);
    }

    #[test]
    fn a_fault_is_found_where_it_is() {
        for (text, bytes, words) in [
            (r#"{"a":1"#, 0..1, "never closed: }"),
            (r#"{"a":[1,2}"#, 9..10, "a comma or ]"),
            (r#"{"a":1,}"#, 7..8, "something has to follow"),
            (r#"{"a" 1}"#, 5..6, "a colon"),
            ("{a:1}", 1..2, "double quotes"),
            (r#"{"a":tru}"#, 5..8, "no JSON value"),
            (r#"{"a":"b}"#, 5..8, "no end"),
            (r#"{"a":"\x"}"#, 6..8, "no JSON string"),
            (r#"{"a":1,"a":2}"#, 7..10, "already"),
            (r#"{"a":1,... "b":2}"#, 11..12, "only } can follow"),
            (r#"{"a":<b c>}"#, 5..6, "no placeholder"),
            (r#"{"a":<b * 3>}"#, 5..12, "in quotes"),
            (r#"{"a":1} x"#, 8..9, "has ended"),
            (r#"{"a":}"#, 5..6, "no JSON value"),
            (r#"{"a":"#, 5..5, "a value is missing"),
            ("", 0..0, "a value is missing"),
        ] {
            let (at, message) = refused(text);
            assert_eq!(at, bytes, "{text}: {message}");
            assert!(message.contains(words), "{text}: {message}");
        }
    }

    #[test]
    fn deep_nesting_is_refused_before_the_stack_ends() {
        let (_, message) = refused(&"[".repeat(100_000));
        assert!(message.contains("too deeply"), "{message}");
    }
}
