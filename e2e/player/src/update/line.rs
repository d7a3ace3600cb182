//! Rewrites one line from what arrived, and keeps what still fits.

use crate::json::{Json, Number};

use crate::expectation::{self, literal, volatile};
use crate::pattern::{Array, Captures, Field, Kind, Pattern, compare};
use crate::player::{Actual, Arrival};
use crate::transcript::{Directive, Expected, Outcome, Step, Transcript};

/// How wscat announces a connection.
const CONNECTED: &str = "Connected (press CTRL+C to quit)";

/// The number of the line that `actual` contradicts: the step's own, or one below it that says how its handshake ends.
/// `None` if there is no such line, or if it stands for several.
pub(super) fn of(step: &Step, actual: &Actual) -> Option<usize> {
    match (&step.directive, actual) {
        (_, Actual::Header { line, .. }) => Some(*line),
        (Directive::Connect(connect), actual) => match (&connect.outcome, actual) {
            (Outcome::Refused { body, .. }, Actual::Body(_)) => {
                body.as_ref().map(|body| body.span.line)
            }
            (Outcome::Refused { span, .. } | Outcome::Failed { span, .. }, _) => Some(span.line),
            // It would take a new line to say that it was refused.
            (Outcome::Accepted, _) => None,
        },
        (Directive::Receive(_) | Directive::Silence(_) | Directive::Disconnected(_), _) => {
            Some(step.span.line)
        }
        _ => None,
    }
}

/// The text of line `number`, which belongs to `step`, from what arrived. With `types`, values that do not fit become types.
pub(super) fn rewritten(
    transcript: &Transcript,
    (number, step): (usize, &Step),
    actual: &Actual,
    known: &Captures,
    types: bool,
) -> String {
    let old = transcript.source.line(number);
    let rewriter = Rewriter {
        transcript,
        line: old,
        number,
        known,
        types,
    };
    let text = match actual {
        Actual::Accepted => CONNECTED.to_owned(),
        Actual::Refused(status) => format!("error: Unexpected server response: {status}"),
        Actual::Failed(reason) => format!("error: {}", literal::text(reason)),
        Actual::Header { value, .. } => rewriter.header(value.as_deref()),
        Actual::Body(body) => rewriter.body(step, body),
        Actual::Arrival(arrival) => {
            let expected = match &step.directive {
                Directive::Receive(expected) => Some(expected),
                _ => None,
            };
            rewriter.arrival(expected, arrival)
        }
    };
    let indent = &old[..old.len() - old.trim_start().len()];
    format!("{indent}{text}")
}

struct Rewriter<'a> {
    transcript: &'a Transcript,
    /// The line as it is.
    line: &'a str,
    number: usize,
    known: &'a Captures,
    types: bool,
}

impl Rewriter<'_> {
    fn header(&self, value: Option<&str>) -> String {
        let name = self.line.split(':').next().unwrap_or_default().trim_start();
        let value = match value {
            None => "<none>".to_owned(),
            Some(_) if self.types => "<string>".to_owned(),
            Some(value) => literal::text(value),
        };
        format!("{name}: {value}")
    }

    fn body(&self, step: &Step, body: &str) -> String {
        let expected = match &step.directive {
            Directive::Connect(connect) => match &connect.outcome {
                Outcome::Refused { body, .. } => body.as_ref().map(|body| &body.expected),
                _ => None,
            },
            _ => None,
        };
        // The player compares it without a newline at its end, too.
        let body = match Json::parse(body) {
            Ok(_) => body,
            Err(_) => body.trim_end_matches(['\r', '\n']),
        };
        self.arrival(expected, &Arrival::Text(body.to_owned()))
    }

    fn arrival(&self, expected: Option<&Expected>, arrival: &Arrival) -> String {
        if let (Some(Expected::Json(frame)), Arrival::Text(text)) = (expected, arrival)
            && frame.before.is_empty()
            && frame.after.is_empty()
            && let Ok(actual) = Json::parse(text)
        {
            let pattern = &frame.pattern;
            // Everything before the pattern stays, such as `exactly`.
            let before: Vec<_> = self.line[..pattern.bytes.start]
                .split_whitespace()
                .collect();
            let line = format!(
                "{} {}",
                before.join(" "),
                self.value(None, pattern, &actual)
            );
            if expectation::fits(&line, text, self.known) {
                return line;
            }
        }
        match (expected, arrival) {
            (Some(Expected::TextOf(_)), Arrival::Text(text)) => {
                format!("< <text of {} bytes>", text.len())
            }
            (Some(Expected::BinaryOf(_)), Arrival::Binary(bytes)) => {
                format!("< <binary of {} bytes>", bytes.len())
            }
            _ => expectation::line(arrival, self.known, &mut |key, value| self.leaf(key, value)),
        }
    }

    fn value(&self, key: Option<&str>, pattern: &Pattern, actual: &Json) -> String {
        let mut known = self.known.clone();
        let fits = compare(pattern, actual, &mut known, self.number).is_ok();
        match (&pattern.kind, actual) {
            _ if fits => self.line[pattern.bytes.clone()].to_owned(),
            (Kind::Object { fields, open }, Json::Object(_)) => {
                self.object(pattern, fields, *open, actual)
            }
            (
                Kind::Array(Array {
                    items,
                    open_start: false,
                    open_end,
                    unordered: false,
                }),
                Json::Array(values),
            ) if values.len() == items.len() || (*open_end && values.len() > items.len()) => {
                let mut written: Vec<_> = items
                    .iter()
                    .zip(values)
                    .map(|(item, value)| self.value(key, item, value))
                    .collect();
                if *open_end {
                    written.push("...".to_owned());
                }
                format!("[{}]", written.join(self.comma()))
            }
            _ => self.written(key, actual),
        }
    }

    /// The fields that are still there, in the order of the line; an exact object also gets those that are new.
    fn object(&self, pattern: &Pattern, fields: &[Field], open: bool, actual: &Json) -> String {
        let mut written: Vec<String> = Vec::new();
        for field in fields {
            if let Some(value) = actual.get(&field.name) {
                let between = &self.line[field.bytes.end..field.value.bytes.start];
                let name = &self.line[field.bytes.clone()];
                let value = self.value(Some(&field.name), &field.value, value);
                written.push(format!("{name}{between}{value}"));
            }
        }
        if written.is_empty() && !fields.is_empty() {
            return self.written(None, actual);
        }
        let named = |name: &str| fields.iter().any(|field| field.name == name);
        for (name, value) in actual.as_object().into_iter().flatten() {
            if !open && !named(name) {
                let name = Json::from(name.as_str()).to_string();
                written.push(format!("{name}:{}", self.written(None, value)));
            }
        }
        let last = fields.last().map(|field| field.value.bytes.end);
        let after = &self.line[last.unwrap_or(pattern.bytes.start)..pattern.bytes.end];
        if after.contains("...") {
            written.push("...".to_owned());
        }
        format!("{{{}}}", written.join(self.comma()))
    }

    /// As the line has it.
    fn comma(&self) -> &'static str {
        if self.line.contains(", ") { ", " } else { "," }
    }

    /// A value for which the line has nothing yet.
    fn written(&self, key: Option<&str>, actual: &Json) -> String {
        if actual.as_object().is_some() || actual.as_array().is_some() {
            let text = actual.to_string();
            return expectation::json::rewritten(&text, &mut |inner, value| {
                self.leaf(inner.or(key), value)
            });
        }
        let text = || match actual {
            Json::String(_) => literal::in_json(&actual.to_string()),
            other => other.to_string(),
        };
        self.leaf(key, actual).unwrap_or_else(text)
    }

    /// What stands for a value: the capture that has it, or its type if the next run will have another one.
    fn leaf(&self, key: Option<&str>, value: &Json) -> Option<String> {
        if let Some(name) = self.capture_of(value) {
            let quote = if value.is_string() { "\"" } else { "" };
            return Some(format!("{quote}<{name}>{quote}"));
        }
        if self.is_typed(value) {
            return None;
        }
        let placeholder = if self.types {
            Some(volatile::typed(value))
        } else {
            volatile::placeholder(key, value)
        };
        placeholder.map(str::to_owned)
    }

    /// The name that `value` was captured under. Short ones are equal by chance.
    fn capture_of(&self, value: &Json) -> Option<&str> {
        let is_worth_it = value
            .as_str()
            .map_or(is_whole(value), |text| text.len() > 2);
        self.known
            .iter()
            .find(|(_, capture)| is_worth_it && capture.value == *value)
            .map(|(name, _)| name)
    }

    /// Whether a line above sends it: then it will be the same in the next run.
    fn is_typed(&self, value: &Json) -> bool {
        let text = match value {
            Json::String(text) if !text.is_empty() => text.clone(),
            Json::Number(number) => number.to_string(),
            _ => return false,
        };
        self.transcript.source.lines().any(|(number, line)| {
            number < self.number && line.trim_start().starts_with('>') && line.contains(&text)
        })
    }
}

/// Whether it is a whole number that is not negative, as IDs are.
fn is_whole(value: &Json) -> bool {
    value
        .as_number()
        .is_some_and(|number| Number::as_u64(number).is_some())
}
