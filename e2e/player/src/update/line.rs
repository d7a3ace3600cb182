//! Rewrites one line, with those that continue it, from what arrived, and keeps what still fits.

use crate::expectation::{self, literal, volatile, words};
use crate::json::{Json, Number};
use crate::pattern::Captures;
use crate::player::{Actual, Arrival};
use crate::transcript::{
    CONNECTED, Directive, Expected, JsonFrame, Outcome, Step, Transcript, written_open,
};

use super::{align, json};

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

/// The text of line `number`, which belongs to `step`, from what arrived; newlines separate the lines that continue it. With `types`,
/// values that do not fit become types.
pub(super) fn rewritten(
    transcript: &Transcript,
    (number, step): (usize, &Step),
    actual: &Actual,
    known: &Captures,
    types: bool,
) -> String {
    let old = transcript.source.joined(number);
    let rewriter = Rewriter {
        transcript,
        line: &old,
        number,
        known,
        types,
    };
    match actual {
        Actual::Accepted => rewriter.indented(CONNECTED),
        Actual::Refused(status) => {
            rewriter.indented(&format!("error: Unexpected server response: {status}"))
        }
        Actual::Failed(reason) => rewriter.indented(&format!("error: {}", literal::text(reason))),
        Actual::Header { value, .. } => rewriter.header(value.as_deref()),
        Actual::Body(body) => rewriter.body(step, body),
        Actual::Arrival(arrival) => {
            let expected = match &step.directive {
                Directive::Receive(expected) => Some(expected),
                _ => None,
            };
            rewriter.arrival(expected, arrival)
        }
    }
}

struct Rewriter<'a> {
    transcript: &'a Transcript,
    /// The line as it is, with those that continue it.
    line: &'a str,
    number: usize,
    known: &'a Captures,
    types: bool,
}

impl Rewriter<'_> {
    /// `text` after the blanks before the line.
    fn indented(&self, text: &str) -> String {
        let indent = self.line.len() - self.line.trim_start().len();
        format!("{}{text}", &self.line[..indent])
    }

    fn header(&self, value: Option<&str>) -> String {
        let name = self.line.split(':').next().unwrap_or_default();
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
        let kept = match (expected, arrival) {
            (Some(Expected::Json(frame)), Arrival::Text(text)) if !frame.binary => {
                self.json(frame, text)
            }
            (Some(Expected::Json(frame)), Arrival::Binary(bytes)) if frame.binary => {
                str::from_utf8(bytes)
                    .ok()
                    .and_then(|text| self.json(frame, text))
            }
            (Some(Expected::Text(_)), Arrival::Text(text)) => self.text(text),
            (Some(Expected::TextOf(_)), Arrival::Text(text)) => {
                Some(format!("< <text of {} bytes>", text.len()))
            }
            (Some(Expected::Binary(before)), Arrival::Binary(bytes)) if self.types => before
                .each(self.known)
                .filter(|before| before.len() == bytes.len())
                .map(|before| format!("< {}", written_open(bytes, &before))),
            (Some(Expected::BinaryOf(_)), Arrival::Binary(bytes)) => {
                Some(format!("< <binary of {} bytes>", bytes.len()))
            }
            _ => None,
        };
        let fits = |line: &String| match expected {
            Some(Expected::TextOf(_) | Expected::BinaryOf(_)) => true,
            _ => expectation::fits(line, arrival, self.known),
        };
        let line = kept.filter(fits).unwrap_or_else(|| {
            expectation::line(arrival, self.known, &mut |key, value| self.leaf(key, value))
        });
        format!("{}{line}", self.lead())
    }

    /// What stands before the prompt or the end, such as `within 30 s `.
    fn lead(&self) -> &str {
        let prompt = [self.line.find('<'), self.line.find("Disconnected")];
        let prompt = prompt.into_iter().flatten().min().unwrap_or_default();
        &self.line[..prompt]
    }

    /// The line that expects `text`, if that is JSON too, and what surrounds it is the same.
    fn json(&self, frame: &JsonFrame, text: &str) -> Option<String> {
        let text = text.strip_prefix(frame.before.fill(self.known).as_str())?;
        let text = text.strip_suffix(frame.after.fill(self.known).as_str())?;
        let actual = Json::parse(text).ok()?;
        let rewriter = json::Rewriter {
            line: self.line,
            number: self.number,
            known: self.known,
            leaf: &|key, value| self.leaf(key, value),
        };
        let value = rewriter.value(None, &frame.pattern, &actual);
        let place = &frame.pattern.bytes;
        let before = &self.line[self.lead().len()..place.start];
        let after = &self.line[place.end..];
        Some(if before.contains("<json>") {
            format!("{before}{value}{after}")
        } else {
            // The prompt, and words such as `exactly`.
            let before: Vec<_> = before.split_whitespace().collect();
            format!("{} {value}", before.join(" "))
        })
    }

    /// The line that expects `text`, which is not JSON. What still fits stays.
    fn text(&self, text: &str) -> Option<String> {
        if expectation::json_in(text).is_some() {
            return None;
        }
        let old = &self.line[self.lead().len() + 1..];
        let old = old.strip_prefix(' ').unwrap_or(old);
        let plain = match old.strip_prefix('\\') {
            Some(plain) if plain.starts_with(['{', '[']) => plain,
            _ => old,
        };
        let mut written =
            |part: &str| words::rewritten(part, &mut |key, value| self.leaf(key, value));
        let mut new = align::text(plain, text, self.known, &mut written);
        if new.starts_with(['{', '[']) {
            new.insert(0, '\\');
        }
        if new.ends_with('\n') && !old.ends_with('\n') {
            new.pop();
            new.push_str(r"<\n>");
        }
        Some(if new.is_empty() {
            "<".to_owned()
        } else {
            format!("< {new}")
        })
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
