//! Regular expressions in texts.

use std::ops::Range;

use regex::Regex;

use crate::pattern::placeholder::placeholder;
use crate::pattern::{PatternError, Type};

/// A compiled regular expression with the placeholder that it came from.
#[derive(Clone, Debug)]
pub struct Matcher {
    pub(super) shown: String,
    pub(super) expression: String,
    /// The type that the matched text must also have: an expression does not know how many days a month has.
    pub(super) of: Option<Type>,
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        self.expression == other.expression
    }
}

impl Eq for Matcher {}

impl Matcher {
    pub(super) fn new(
        shown: String,
        expression: &str,
        of: Option<Type>,
        bytes: &Range<usize>,
    ) -> Result<Self, PatternError> {
        // Valid alone, so that it cannot close the group that it is put into; and valid in that group.
        match Regex::new(expression).and_then(|_| Regex::new(&grouped(expression))) {
            Ok(_) => Ok(Self {
                shown,
                expression: expression.to_owned(),
                of,
            }),
            Err(error) => {
                // The library's message ends with the reason, below a picture of the expression.
                let error = error.to_string();
                let reason = error.lines().last().unwrap_or_default();
                let reason = reason.strip_prefix("error: ").unwrap_or(reason);
                let message = format!("invalid regular expression: {reason}");
                Err(PatternError::new(bytes.clone(), message))
            }
        }
    }
}

/// Rejects regular expressions that are not closed, or contain an angle bracket: they would be plain text.
pub(in crate::pattern) fn check_expressions(text: &str, start: usize) -> Result<(), PatternError> {
    const BEGIN: &str = "<matching ";
    for (at, _) in text.match_indices(BEGIN) {
        if !text[..at].ends_with('\\') && placeholder(&text[at..]).is_none() {
            let place = start + at..start + at + BEGIN.trim_end().len();
            let message = "this expression is not closed before the next <";
            return Err(PatternError::new(place, message)
                .help("in an expression write \\x3c for < and \\x3e for >"));
        }
    }
    Ok(())
}

/// An expression in a JSON string, where a backslash and a quote may be escaped: `\\d` and `\d` are the same.
pub(super) fn unescaped(expression: &str) -> String {
    let mut plain = String::with_capacity(expression.len());
    let mut chars = expression.chars().peekable();
    while let Some(c) = chars.next() {
        plain.push(match (c, chars.peek()) {
            ('\\', Some(&next @ ('\\' | '"' | '/'))) => {
                chars.next();
                next
            }
            _ => c,
        });
    }
    plain
}

/// The expression as one part of a larger one; `.` does not match a newline in it.
pub(super) fn grouped(expression: &str) -> String {
    format!("(?:(?-s){expression})")
}
