//! Rewrites expected JSON from what arrived. What still fits stays as it is written, with its placeholders, its blanks and its line ends.

use crate::expectation::{json, literal};
use crate::json::Json;
use crate::pattern::{Array, Captures, Field, Kind, Pattern, compare};

pub(super) struct Rewriter<'a> {
    /// The line of the pattern, with those that continue it.
    pub(super) line: &'a str,
    pub(super) number: usize,
    pub(super) known: &'a Captures,
    /// What stands for a value that the next run will not have again, by the name of its field; `None` for the value itself.
    pub(super) leaf: &'a dyn Fn(Option<&str>, &Json) -> Option<String>,
}

impl Rewriter<'_> {
    /// `pattern`, changed so that it expects `actual`. `key` is the name of the field around it.
    pub(super) fn value(&self, key: Option<&str>, pattern: &Pattern, actual: &Json) -> String {
        let fits = compare(pattern, actual, &mut self.known.clone(), self.number).is_ok();
        match (&pattern.kind, actual) {
            _ if fits => self.line[pattern.bytes.clone()].to_owned(),
            (Kind::Object { fields, open }, Json::Object(_)) => {
                self.object(pattern, fields, *open, actual)
            }
            (Kind::Array(array), Json::Array(values))
                if !array.open_start && !array.unordered && !array.items.is_empty() =>
            {
                self.array(key, pattern, array, values)
            }
            _ => self.written(key, actual),
        }
    }

    /// The items in the order of the line; those that are new after them.
    fn array(
        &self,
        key: Option<&str>,
        pattern: &Pattern,
        array: &Array,
        values: &[Json],
    ) -> String {
        let places: Vec<_> = array.items.iter().map(|item| item.bytes.clone()).collect();
        let mut list = List::new(self.line, pattern, &places);
        for (index, (item, value)) in array.items.iter().zip(values).enumerate() {
            list.keep(index, &self.value(key, item, value));
        }
        if !array.open_end {
            for value in values.iter().skip(array.items.len()) {
                list.add(&self.written(key, value));
            }
        }
        list.end()
    }

    /// The fields that are still there, in the order of the line; an exact object also gets those that are new.
    fn object(&self, pattern: &Pattern, fields: &[Field], open: bool, actual: &Json) -> String {
        let place = |field: &Field| field.bytes.start..field.value.bytes.end;
        let places: Vec<_> = fields.iter().map(place).collect();
        let mut list = List::new(self.line, pattern, &places);
        for (index, field) in fields.iter().enumerate() {
            let value = match actual.get(&field.name) {
                Some(value) => self.value(Some(&field.name), &field.value, value),
                None if field.value.kind == Kind::Absent => {
                    self.line[field.value.bytes.clone()].to_owned()
                }
                None => continue,
            };
            let name = &self.line[field.bytes.start..field.value.bytes.start];
            list.keep(index, &format!("{name}{value}"));
        }
        if list.is_empty() && !fields.is_empty() {
            return self.written(None, actual);
        }
        let colon = fields.first().map_or(":", |field| {
            &self.line[field.bytes.end..field.value.bytes.start]
        });
        let named = |name: &str| fields.iter().any(|field| field.name == name);
        for (name, value) in actual.as_object().into_iter().flatten() {
            if !open && !named(name) {
                let value = self.written(Some(name), value);
                list.add(&format!("{}{colon}{value}", Json::from(name.as_str())));
            }
        }
        list.end()
    }

    /// A value for which the line has nothing yet.
    fn written(&self, key: Option<&str>, actual: &Json) -> String {
        if actual.as_object().is_some() || actual.as_array().is_some() {
            let text = actual.to_string();
            return json::rewritten(&text, &mut |inner, value| (self.leaf)(inner.or(key), value));
        }
        let text = || match actual {
            Json::String(_) => literal::in_json(&actual.to_string()),
            other => other.to_string(),
        };
        (self.leaf)(key, actual).unwrap_or_else(text)
    }
}

/// The items of an array or the fields of an object, with what stood between them.
struct List<'a> {
    line: &'a str,
    pattern: &'a Pattern,
    /// Where they are in the line.
    places: &'a [std::ops::Range<usize>],
    written: String,
    is_empty: bool,
}

impl<'a> List<'a> {
    fn new(line: &'a str, pattern: &'a Pattern, places: &'a [std::ops::Range<usize>]) -> Self {
        Self {
            line,
            pattern,
            places,
            written: line[pattern.bytes.start..=pattern.bytes.start].to_owned(),
            is_empty: true,
        }
    }

    fn is_empty(&self) -> bool {
        self.is_empty
    }

    /// Takes the entry that stands at the place `index`, now written as `text`.
    fn keep(&mut self, index: usize, text: &str) {
        let between = match index.checked_sub(1) {
            Some(before) if !self.is_empty => {
                &self.line[self.places[before].end..self.places[index].start]
            }
            _ => self.opening(),
        };
        self.push(between, text);
    }

    /// Takes a new entry, after what stands between the others.
    fn add(&mut self, text: &str) {
        let between = match self.places {
            _ if self.is_empty => String::new(),
            [first, second, ..] => self.line[first.end..second.start].to_owned(),
            _ => format!(",{}", self.opening()),
        };
        self.push(&between, text);
    }

    fn push(&mut self, between: &str, text: &str) {
        self.written.push_str(between);
        self.written.push_str(text);
        self.is_empty = false;
    }

    /// The blanks before the first entry.
    fn opening(&self) -> &'a str {
        let first = self.places.first().map_or(0, |place| place.start);
        self.line
            .get(self.pattern.bytes.start + 1..first)
            .unwrap_or_default()
    }

    fn end(mut self) -> String {
        let last = self.places.last().map(|place| place.end);
        let last = last.unwrap_or(self.pattern.bytes.end - 1);
        let end = &self.line[last..self.pattern.bytes.end];
        // No entry is left before a comma.
        let end = if self.is_empty {
            end.trim_start_matches(',')
        } else {
            end
        };
        self.written.push_str(end);
        self.written
    }
}
