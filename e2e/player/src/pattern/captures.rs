//! Values that a transcript has captured.

use std::collections::BTreeMap;

use serde_json::Value;

/// Everything captured so far, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Captures(BTreeMap<String, Capture>);

/// A captured value.
#[derive(Clone, Debug, PartialEq)]
pub struct Capture {
    /// The value.
    pub value: Value,
    /// The line that captured it, counted from 1.
    pub line: usize,
}

impl Capture {
    /// The value as it stands inside a text: strings without quotes, anything else as JSON.
    pub fn text(&self) -> String {
        match &self.value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }
}

impl Captures {
    /// The value that `name` stands for, if it was captured.
    pub fn get(&self, name: &str) -> Option<&Capture> {
        self.0.get(name)
    }

    /// Everything captured, with its name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Capture)> {
        self.0
            .iter()
            .map(|(name, capture)| (name.as_str(), capture))
    }

    /// Sets what `name` stands for, or forgets it. Gives what it stood for before.
    pub(crate) fn replace(&mut self, name: &str, capture: Option<Capture>) -> Option<Capture> {
        match capture {
            Some(capture) => self.0.insert(name.to_owned(), capture),
            None => self.0.remove(name),
        }
    }

    /// Captures `value`, in line `line`. The first capture of a name stays.
    pub fn insert(&mut self, name: &str, value: Value, line: usize) {
        self.0
            .entry(name.to_owned())
            .or_insert(Capture { value, line });
    }
}
