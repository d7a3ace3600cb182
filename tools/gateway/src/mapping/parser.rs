//! Reads mapping templates: text, references and directives.

use super::{Part, Template, syntax::Reader};
use crate::proxy::first_chars;

/// Directives of the language that are not supported; other uses of `#` are text.
const UNSUPPORTED: &[&str] = &[
    "macro", "parse", "include", "stop", "break", "evaluate", "define",
];

/// Maximum depth of nested directives. Each level takes a stack frame.
const MAX_DEPTH: usize = 32;

/// Reads a template.
pub(super) fn parse(text: &str) -> Result<Template, String> {
    let mut reader = Reader { rest: text };
    let (parts, end) = block(&mut reader, 0)?;
    match end {
        End::OfText => Ok(Template(parts)),
        End::Directive(name) => Err(format!("#{name} without #if or #foreach")),
    }
}

/// The end of a block.
#[derive(PartialEq)]
enum End {
    OfText,
    /// `#end`, `#else` or `#elseif`.
    Directive(String),
}

/// Reads parts up to and including the directive that ends them.
fn block(reader: &mut Reader<'_>, depth: usize) -> Result<(Vec<Part>, End), String> {
    if depth > MAX_DEPTH {
        return Err(format!("directives nested deeper than {MAX_DEPTH} levels"));
    }
    let mut parts = Vec::new();
    let mut plain = String::new();
    while let Some(c) = reader.peek() {
        let at = reader.rest;
        let found = match c {
            '$' => reader.reference()?.map(Found::Part),
            '#' => directive(reader, depth)?,
            // Keeps a reference from being evaluated.
            '\\' if reader.take("\\$") => {
                plain.push_str("\\$");
                continue;
            }
            _ => None,
        };
        match found {
            Some(Found::Part(part)) => {
                parts.extend(flush(&mut plain));
                parts.push(part);
            }
            Some(Found::Comment) => {}
            Some(Found::End(name)) => {
                parts.extend(flush(&mut plain));
                return Ok((parts, End::Directive(name)));
            }
            None => {
                plain.push(c);
                reader.rest = &at[c.len_utf8()..];
            }
        }
    }
    parts.extend(flush(&mut plain));
    Ok((parts, End::OfText))
}

fn flush(plain: &mut String) -> Option<Part> {
    (!plain.is_empty()).then(|| Part::Text(std::mem::take(plain)))
}

enum Found {
    Part(Part),
    Comment,
    End(String),
}

/// A directive or a comment; `None` for a `#` that is text.
fn directive(reader: &mut Reader<'_>, depth: usize) -> Result<Option<Found>, String> {
    let start = reader.rest;
    reader.take("#");
    if reader.take("#") {
        let end = reader
            .rest
            .find('\n')
            .map_or(reader.rest.len(), |end| end + 1);
        reader.rest = &reader.rest[end..];
        return Ok(Some(Found::Comment));
    }
    if reader.take("*") {
        let end = reader.rest.find("*#").ok_or("#* without *#")?;
        reader.rest = &reader.rest[end + 2..];
        return Ok(Some(Found::Comment));
    }
    let in_braces = reader.take("{");
    let name = reader.name();
    if UNSUPPORTED.contains(&name) {
        return Err(format!("#{name}"));
    }
    if !["set", "if", "elseif", "else", "end", "foreach"].contains(&name)
        || (in_braces && !reader.take("}"))
    {
        reader.rest = start;
        return Ok(None);
    }
    let found = match name {
        "set" => Found::Part(set(reader)?),
        "if" => Found::Part(condition(reader, depth)?),
        "foreach" => Found::Part(for_each(reader, depth)?),
        ending => {
            if ending != "elseif" {
                end_line(reader);
            }
            Found::End(ending.to_owned())
        }
    };
    Ok(Some(found))
}

/// `($name = expression)`.
fn set(reader: &mut Reader<'_>) -> Result<Part, String> {
    let written = reader.rest;
    let refused = || format!("#set{}", excerpt(written));
    let name = variable(reader).ok_or_else(refused)?;
    if !reader.symbol("=") {
        return Err(refused());
    }
    let value = reader.expression(0)?.ok_or_else(refused)?;
    if !reader.symbol(")") {
        return Err(refused());
    }
    end_line(reader);
    Ok(Part::Set(name, value))
}

/// The name in `($name` or `(${name}`.
fn variable(reader: &mut Reader<'_>) -> Option<String> {
    if !reader.symbol("(") || !reader.symbol("$") {
        return None;
    }
    let in_braces = reader.take("{");
    let name = reader.name().to_owned();
    let is_closed = !in_braces || reader.take("}");
    (!name.is_empty() && is_closed).then_some(name)
}

/// Skips the end of the line after a directive, if it is blank: Velocity treats it as a part of the directive.
fn end_line(reader: &mut Reader<'_>) {
    let line_end = reader.rest.trim_start_matches([' ', '\t', '\r']);
    if let Some(next_line) = line_end.strip_prefix('\n') {
        reader.rest = next_line;
    }
}

/// `(expression)`, the branches of an `#if`, and its `#end`.
fn condition(reader: &mut Reader<'_>, depth: usize) -> Result<Part, String> {
    let mut branches = Vec::new();
    let mut otherwise = Vec::new();
    let mut directive = "if".to_owned();
    loop {
        let test = match directive.as_str() {
            "else" => None,
            _ => Some(in_parentheses(reader, &directive)?),
        };
        let (parts, end) = block(reader, depth + 1)?;
        match test {
            Some(test) => branches.push((test, parts)),
            None => otherwise = parts,
        }
        match end {
            End::OfText => return Err("#if without #end".to_owned()),
            End::Directive(end) if end == "end" => return Ok(Part::If(branches, otherwise)),
            End::Directive(next) if directive == "else" => {
                return Err(format!("#{next} after #else"));
            }
            End::Directive(next) => directive = next,
        }
    }
}

fn in_parentheses(reader: &mut Reader<'_>, directive: &str) -> Result<super::Expression, String> {
    let written = reader.rest;
    let refused = || format!("#{directive}{}", excerpt(written));
    if !reader.symbol("(") {
        return Err(refused());
    }
    let expression = reader.expression(0)?.ok_or_else(refused)?;
    if reader.symbol(")") {
        end_line(reader);
        Ok(expression)
    } else {
        Err(refused())
    }
}

/// `($name in expression)`, the body, and `#end`.
fn for_each(reader: &mut Reader<'_>, depth: usize) -> Result<Part, String> {
    let written = reader.rest;
    let refused = || format!("#foreach{}", excerpt(written));
    let name = variable(reader).ok_or_else(refused)?;
    if !reader.symbol("in") {
        return Err(refused());
    }
    let list = reader.expression(0)?.ok_or_else(refused)?;
    if !reader.symbol(")") {
        return Err(refused());
    }
    end_line(reader);
    match block(reader, depth + 1)? {
        (body, End::Directive(end)) if end == "end" => Ok(Part::ForEach(name, list, body)),
        _ => Err("#foreach without #end".to_owned()),
    }
}

/// The start of a construct, for messages.
fn excerpt(text: &str) -> String {
    first_chars(text.lines().next().unwrap_or_default(), 60)
}
