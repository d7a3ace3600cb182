//! Reads mapping templates.

use super::{Expression, Function, Part, Template};

/// Directives of the language; other uses of `#` are text.
const DIRECTIVES: &[&str] = &[
    "if", "else", "elseif", "end", "foreach", "macro", "parse", "include", "stop", "break",
    "evaluate", "define",
];

/// Reads a template.
///
/// # Errors
/// The construct that is not supported, as it is written.
pub(super) fn parse(text: &str) -> Result<Template, String> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut reader = Reader { rest: text };
    while let Some(c) = reader.peek() {
        let at = reader.rest;
        let part = match c {
            '$' => reader.reference()?,
            '#' => reader.directive()?,
            _ => None,
        };
        match part {
            Some(Part::Reference(expression, _)) => {
                parts.extend(flush(&mut plain));
                let written = at[..at.len() - reader.rest.len()].to_owned();
                parts.push(Part::Reference(expression, written));
            }
            Some(part) => {
                parts.extend(flush(&mut plain));
                parts.push(part);
            }
            None => {
                plain.push(c);
                reader.rest = &at[c.len_utf8()..];
            }
        }
    }
    parts.extend(flush(&mut plain));
    Ok(Template(parts))
}

fn flush(plain: &mut String) -> Option<Part> {
    (!plain.is_empty()).then(|| Part::Text(std::mem::take(plain)))
}

struct Reader<'t> {
    rest: &'t str,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn take(&mut self, token: &str) -> bool {
        self.rest.strip_prefix(token).is_some_and(|rest| {
            self.rest = rest;
            true
        })
    }

    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// An identifier; empty when there is none.
    fn name(&mut self) -> &'t str {
        let is_part = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
        let starts = self
            .peek()
            .is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
        let end = if starts {
            self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len())
        } else {
            0
        };
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        name
    }

    /// Names that follow, each behind a dot.
    fn names(&mut self) -> Vec<String> {
        let mut names = Vec::new();
        loop {
            let before = self.rest;
            let name = if self.take(".") { self.name() } else { "" };
            if name.is_empty() {
                // A dot that ends a sentence.
                self.rest = before;
                return names;
            }
            names.push(name.to_owned());
        }
    }

    /// `#set(…)`; `None` for a `#` that is text.
    fn directive(&mut self) -> Result<Option<Part>, String> {
        let start = self.rest;
        self.take("#");
        let in_braces = self.take("{");
        let name = self.name();
        if DIRECTIVES.contains(&name) {
            return Err(format!("#{name}"));
        }
        if name != "set" || in_braces {
            self.rest = start;
            return Ok(None);
        }
        let refused = || "#set with more than a reference or a text".to_owned();
        self.skip_blanks();
        let opened = self.take("(");
        self.skip_blanks();
        let variable = if opened && self.take("$") {
            self.name()
        } else {
            ""
        };
        self.skip_blanks();
        if variable.is_empty() || !self.take("=") {
            return Err(refused());
        }
        let value = self.argument()?.ok_or_else(refused)?;
        self.skip_blanks();
        if self.take(")") {
            Ok(Some(Part::Set(variable.to_owned(), value)))
        } else {
            Err(refused())
        }
    }

    /// A reference; `None` for a `$` that is text.
    fn reference(&mut self) -> Result<Option<Part>, String> {
        self.take("$");
        self.take("!");
        let in_braces = self.take("{");
        let Some(expression) = self.expression()? else {
            return Ok(None);
        };
        if in_braces && !self.take("}") {
            return Ok(None);
        }
        Ok(Some(Part::Reference(expression, String::new())))
    }

    /// What follows the `$` of a reference.
    fn expression(&mut self) -> Result<Option<Expression>, String> {
        let start = self.rest;
        let written = |reader: &Self| format!("${}", &start[..start.len() - reader.rest.len()]);
        let root = self.name();
        let names = match root {
            "input" | "util" | "context" | "stageVariables" => self.names(),
            "" => return Ok(None),
            _ => {
                let more = self.names();
                return if more.is_empty() || self.peek() != Some('(') {
                    // Of a variable only the name is known; what follows is text.
                    self.rest = &start[root.len()..];
                    Ok(Some(Expression::Variable(root.to_owned())))
                } else {
                    Err(written(self))
                };
            }
        };
        let method: Vec<_> = names.iter().map(String::as_str).collect();
        let argument = if self.take("(") {
            let argument = self.argument()?;
            self.skip_blanks();
            match argument {
                Some(argument) if self.take(")") => Some(argument),
                _ => return Err(written(self)),
            }
        } else {
            None
        };
        let expression = match (root, method.as_slice(), argument) {
            ("input", ["body"], None) => Expression::Body,
            ("input", ["path"], Some(Expression::Literal(path))) => {
                Expression::Path(json_path(&path).ok_or_else(|| written(self))?)
            }
            ("input", ["json"], Some(Expression::Literal(path))) => {
                Expression::Json(json_path(&path).ok_or_else(|| written(self))?)
            }
            ("context", [_, ..], None) => Expression::Context(names),
            ("stageVariables", [name], None) => Expression::StageVariable((*name).to_owned()),
            ("stageVariables", ["get"], Some(Expression::Literal(name))) => {
                Expression::StageVariable(name)
            }
            ("util", [name], Some(argument)) => {
                let function = function(name).ok_or_else(|| written(self))?;
                Expression::Util(function, Box::new(argument))
            }
            _ => return Err(written(self)),
        };
        // A method of the result.
        let behind = self.rest;
        if !self.names().is_empty() && self.peek() == Some('(') {
            return Err(written(self));
        }
        self.rest = behind;
        Ok(Some(expression))
    }

    /// A text in quotes or a reference; `None` for anything else.
    fn argument(&mut self) -> Result<Option<Expression>, String> {
        self.skip_blanks();
        let quote = match self.peek() {
            Some('$') => {
                self.take("$");
                let in_braces = self.take("{");
                let expression = self.expression()?;
                return Ok(expression.filter(|_| !in_braces || self.take("}")));
            }
            Some(quote @ ('\'' | '"')) => quote,
            _ => return Ok(None),
        };
        let Some((text, rest)) = self.rest[1..].split_once(quote) else {
            return Ok(None);
        };
        self.rest = rest;
        // A JSON path starts with `$` and is not a reference.
        Ok(Some(if quote == '"' && json_path(text).is_none() {
            Expression::Quoted(parse(text)?)
        } else {
            Expression::Literal(text.to_owned())
        }))
    }
}

fn function(name: &str) -> Option<Function> {
    Some(match name {
        "escapeJavaScript" => Function::EscapeJavaScript,
        "urlEncode" => Function::UrlEncode,
        "urlDecode" => Function::UrlDecode,
        "base64Encode" => Function::Base64Encode,
        "base64Decode" => Function::Base64Decode,
        _ => return None,
    })
}

/// The steps of a path such as `$.a['b'][0]`; `None` for a path with other operators.
fn json_path(text: &str) -> Option<Vec<String>> {
    let mut steps = Vec::new();
    let mut rest = text.strip_prefix('$')?;
    while !rest.is_empty() {
        let (step, behind) = if let Some(named) = rest.strip_prefix('.') {
            named.split_at(named.find(['.', '[']).unwrap_or(named.len()))
        } else {
            let (step, behind) = rest.strip_prefix('[')?.split_once(']')?;
            (step.trim_matches(['\'', '"']), behind)
        };
        let is_plain = |c: char| c.is_alphanumeric() || "_- ".contains(c);
        if step.is_empty() || !step.chars().all(is_plain) {
            return None;
        }
        steps.push(step.to_owned());
        rest = behind;
    }
    Some(steps)
}
