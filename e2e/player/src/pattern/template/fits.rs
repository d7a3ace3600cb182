//! Whether a text fits a template, and what it captures.

use std::fmt::Write as _;

use regex::Regex;

use super::matcher::grouped;
use super::parse::looks_like_id;
use super::{Part, Template};
use crate::json::Json;
use crate::pattern::{Capture, Captures};

impl Template {
    /// Whether `text` fits. If it does, what it captures is added to `known` as captured in line `line`.
    ///
    /// Each placeholder takes as little text as possible; the last one takes the rest.
    pub fn fits(&self, text: &str, known: &mut Captures, line: usize) -> bool {
        if let [(Part::ShortenedId(shown), _)] = self.parts.as_slice() {
            let min_length = shown.len() - "...".len();
            return text.len() >= min_length && looks_like_id(text);
        }
        let mut new = known.clone();
        let is_matching = |(part, _): &(Part, _)| matches!(part, Part::Matching(_));
        let fits = if self.parts.iter().any(is_matching) {
            self.fits_expression(text, &mut new, line)
        } else {
            self.fits_from(text, &mut new, line)
        };
        if fits {
            *known = new;
        }
        fits
    }

    /// As one regular expression, with a group for each new capture.
    fn fits_expression(&self, text: &str, known: &mut Captures, line: usize) -> bool {
        let mut expression = String::from(r"(?s)\A");
        let mut groups = Vec::new();
        let mut types = Vec::new();
        for (part, _) in &self.parts {
            match part {
                Part::Literal(literal) => expression.push_str(&regex::escape(literal)),
                Part::Any => expression.push_str(".*?"),
                // An alternative of the expression must not bypass `\z` below.
                Part::Matching(matcher) => {
                    let inner = grouped(&matcher.expression);
                    if let Some(of) = matcher.of {
                        types.push(of);
                        let _ = write!(expression, "(?<type{}>{inner})", types.len());
                    } else {
                        expression.push_str(&inner);
                    }
                }
                Part::Capture(name) => {
                    if let Some(capture) = known.get(name) {
                        expression.push_str(&regex::escape(&capture.text()));
                    } else {
                        groups.push(name);
                        let _ = write!(expression, "(?<capture{}>.*?)", groups.len());
                    }
                }
                Part::ShortenedId(_) | Part::Pad { .. } => return false,
            }
        }
        expression.push_str(r"\z");
        // It compiled in `Matcher::new`; only its size can still be refused.
        let Ok(regex) = Regex::new(&expression) else {
            return false;
        };
        let Some(found) = regex.captures(text) else {
            return false;
        };
        let are_of_type = (1..).zip(types).all(|(number, of)| {
            let value = found.name(&format!("type{number}"));
            value.is_some_and(|value| of.accepts(&value.as_str().into()))
        });
        are_of_type
            && (1..).zip(groups).all(|(number, name)| {
                let value = found.name(&format!("capture{number}"));
                let value = Json::from(value.map_or("", |value| value.as_str()));
                // A name that occurs twice must have one value.
                let is_same = known.get(name).is_none_or(|known| known.value == value);
                known.insert(name, value, line);
                is_same
            })
    }

    fn fits_from(&self, text: &str, known: &mut Captures, line: usize) -> bool {
        // The placeholder before `rest`, if its end is still open.
        let mut open: Option<Option<&str>> = None;
        let mut rest = text;
        let mut parts = self.parts.iter().map(|(part, _)| part).peekable();
        while let Some(part) = parts.next() {
            let mut literal = match part {
                Part::Any => {
                    open = Some(None);
                    continue;
                }
                Part::Capture(name) if known.get(name).is_none() => {
                    open = Some(Some(name));
                    continue;
                }
                fixed => match fixed_text(fixed, known) {
                    Some(text) => text,
                    None => return false,
                },
            };
            // A known value belongs to the text before it: where one of them begins, the other may not follow.
            while let Some(text) = parts.peek().and_then(|next| fixed_text(next, known)) {
                literal.push_str(&text);
                parts.next();
            }
            let is_last = parts.peek().is_none();
            let taken = match open.take() {
                None => rest.strip_prefix(&literal).map(|after| ("", None, after)),
                Some(name) if is_last => {
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
                known.insert(name, Json::from(before), line);
            }
            rest = after;
        }
        match open {
            None => rest.is_empty(),
            Some(name) => {
                if let Some(name) = name {
                    known.insert(name, Json::from(rest), line);
                }
                true
            }
        }
    }
}

/// The only text that a part accepts, if there is just one.
pub(super) fn fixed_text(part: &Part, known: &Captures) -> Option<String> {
    match part {
        Part::Literal(literal) => Some(literal.clone()),
        Part::Capture(name) => known.get(name).map(Capture::text),
        _ => None,
    }
}
