//! Patterns of expected frames. Pure: parses the right-hand side of a `<` line, and compares it with received frames.
//!
//! JSON is compared as JSON: order and white space do not matter, and fields that the line does not name are allowed. A placeholder
//! stands for a value: a type such as `<number>`, a range `<1..10>`, alternatives `<"on" | "off">`, `<matching v\d+>`, or a name, which
//! captures the first value in its place and compares with it from then on. In quotes a placeholder stands for a string or a part of
//! one.

mod assign;
mod captures;
mod compare;
mod json;
mod placeholder;
mod template;
mod types;

use std::ops::Range;

pub(crate) use assign::assign;
pub use captures::{Capture, Captures};
pub use compare::{Mismatch, compare};
pub use json::parse;
pub(crate) use json::parse_exact;
pub(crate) use placeholder::{NAME_RULE, is_name};
pub use template::{Matcher, Notation, Part, Template};
pub use types::Type;
pub(crate) use types::has_shape;

use crate::json::{Json, Number};

/// A JSON value with placeholders.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    /// Its place, in bytes of its line.
    pub bytes: Range<usize>,
    /// What it accepts.
    pub kind: Kind,
}

/// What a [`Pattern`] accepts.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// `null`, `true`, `false` or a number: exactly this value.
    Literal(Json),
    /// A string that the template fits.
    String(Template),
    /// An array.
    Array(Array),
    /// These fields; open, also any others.
    Object {
        /// The fields that must be there.
        fields: Vec<Field>,
        /// Whether there may be others.
        open: bool,
    },
    /// `<any>`, `<epoch-ms>`, … outside quotes: a value of this type.
    Type(Type),
    /// `<name>` outside quotes: captures or compares a value of any type.
    Capture(String),
    /// `<1..10>` and `<20.5 ± 0.5>`: a number between these, both included.
    Range {
        /// The smallest, if there is one.
        from: Option<Number>,
        /// The largest, if there is one.
        to: Option<Number>,
        /// How it is written.
        shown: String,
    },
    /// `<"on" | "off" | null>`: any of these.
    OneOf(Vec<Pattern>),
    /// `<none>`, as the value of a field: there is no such field.
    Absent,
}

/// What an array must contain.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// The items' patterns.
    pub items: Vec<Pattern>,
    /// `[..., 3]`: more items may come before these.
    pub open_start: bool,
    /// `[1, ...]`: more items may follow.
    pub open_end: bool,
    /// `in any order [1, 2]`
    pub unordered: bool,
}

/// One field that must be there.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name, decoded.
    pub name: String,
    /// The place of the name, in bytes of the line.
    pub bytes: Range<usize>,
    /// What its value must be.
    pub value: Pattern,
}

/// Why a text is not a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// Where, in bytes of the line.
    pub bytes: Range<usize>,
    /// What is wrong there, lower case, without a full stop.
    pub message: String,
    /// What to write instead, if that is clear.
    pub help: Option<String>,
}

impl PatternError {
    pub(crate) fn new(bytes: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            bytes,
            message: message.into(),
            help: None,
        }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds to the help.
    pub(crate) fn help_also(self, more: &str) -> Self {
        let help = match &self.help {
            Some(help) => format!("{help}; {more}"),
            None => more.to_owned(),
        };
        self.help(help)
    }
}

impl Pattern {
    /// How many values it has that contain no others.
    pub(crate) fn leaves(&self) -> usize {
        match &self.kind {
            Kind::Array(Array { items, .. }) => items.iter().map(Self::leaves).sum(),
            Kind::Object { fields, .. } => fields.iter().map(|field| field.value.leaves()).sum(),
            _ => 1,
        }
    }

    /// Calls `found` with the name and place of every capture and variable in it.
    pub fn captures<'a>(&'a self, found: &mut impl FnMut(&'a str, Range<usize>)) {
        match &self.kind {
            Kind::Literal(_) | Kind::Type(_) | Kind::Range { .. } | Kind::Absent => {}
            Kind::Capture(name) => found(name, self.bytes.clone()),
            Kind::String(template) => template.captures(found),
            Kind::Array(Array { items, .. }) | Kind::OneOf(items) => {
                for item in items {
                    item.captures(found);
                }
            }
            Kind::Object { fields, .. } => {
                for field in fields {
                    field.value.captures(found);
                }
            }
        }
    }
}
