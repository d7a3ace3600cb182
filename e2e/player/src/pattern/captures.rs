//! The values that placeholders stand for: captured by a transcript, or given as variables.

use std::collections::BTreeMap;

use crate::json::Json;

/// Everything known so far, by name. The names of variables begin with `$`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Captures(BTreeMap<String, Capture>);

/// A known value.
#[derive(Clone, Debug, PartialEq)]
pub struct Capture {
    /// The value.
    pub value: Json,
    /// The line that captured it, counted from 1; 0 for variables.
    pub line: usize,
}

impl Capture {
    /// The value as it appears inside a text: strings without quotes, anything else as JSON.
    pub fn text(&self) -> String {
        self.value.to_text()
    }
}

impl Captures {
    /// The value that `name` stands for, if it is known.
    pub fn get(&self, name: &str) -> Option<&Capture> {
        self.0.get(name)
    }

    /// All values with their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Capture)> {
        self.0
            .iter()
            .map(|(name, capture)| (name.as_str(), capture))
    }

    /// Sets what `name` stands for, or forgets it. Returns what it stood for before.
    pub(crate) fn replace(&mut self, name: &str, capture: Option<Capture>) -> Option<Capture> {
        match capture {
            Some(capture) => self.0.insert(name.to_owned(), capture),
            None => self.0.remove(name),
        }
    }

    /// Captures `value` in line `line`. The first capture of a name stays.
    pub fn insert(&mut self, name: &str, value: Json, line: usize) {
        self.0
            .entry(name.to_owned())
            .or_insert(Capture { value, line });
    }
}
