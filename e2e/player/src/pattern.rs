//! What a frame has to look like. Pure: reads the right-hand side of a `<` line, and compares it with what arrived.
//!
//! JSON is compared as JSON: order and white space do not matter, and fields that the line does not name are allowed.
//! Inside, a placeholder stands for a value: `<any>`, `<string>`, `<number>`, `<epoch-ms>`, or any other name, which captures the value
//! where it stands first and compares with it from then on. In quotes a placeholder stands for a string or a part of one.

mod captures;
mod compare;
mod json;
mod placeholder;
mod template;

use std::ops::Range;

use serde_json::Value;

pub use captures::{Capture, Captures};
pub use compare::{Mismatch, compare};
pub use json::{parse, parse_exact};
pub use placeholder::Type;
pub(crate) use placeholder::is_name;
pub use template::{Notation, Part, Template};

/// A JSON value with placeholders.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    /// Where it stands, in bytes of its line.
    pub bytes: Range<usize>,
    /// What it accepts.
    pub kind: Kind,
}

/// What a [`Pattern`] accepts.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// `null`, `true`, `false` or a number: just this.
    Literal(Value),
    /// A string that the template fits.
    String(Template),
    /// As many items, each as its pattern wants it. Open, with `...` as the last item: at least as many.
    Array {
        /// The items' patterns, in order.
        items: Vec<Pattern>,
        /// Whether more may follow.
        open: bool,
    },
    /// These fields; open, also any others.
    Object {
        /// The fields that have to be there.
        fields: Vec<Field>,
        /// Whether there may be others.
        open: bool,
    },
    /// `<any>`, `<epoch-ms>`, … outside quotes: a value of this type.
    Type(Type),
    /// `<name>` outside quotes: captures or compares a value of any type.
    Capture(String),
}

/// One field that has to be there.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name, as decoded from JSON.
    pub name: String,
    /// Where the name stands, in bytes of the line.
    pub bytes: Range<usize>,
    /// What its value has to be.
    pub value: Pattern,
}

/// Why something is no pattern.
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
}

impl Pattern {
    /// Calls `found` with the name and place of every capture in it.
    pub fn captures<'a>(&'a self, found: &mut impl FnMut(&'a str, Range<usize>)) {
        match &self.kind {
            Kind::Literal(_) | Kind::Type(_) => {}
            Kind::Capture(name) => found(name, self.bytes.clone()),
            Kind::String(template) => template.captures(found),
            Kind::Array { items, .. } => items.iter().for_each(|item| item.captures(found)),
            Kind::Object { fields, .. } => {
                for field in fields {
                    field.value.captures(found);
                }
            }
        }
    }
}
