//! Messages that point into a transcript. Decides how they look; their text is left to the caller.
//!
//! In colour the error is red, what was expected green, and the frame around them blue. Everything is bounded: a message about a line
//! of a megabyte shows the part around the error.

mod excerpt;

use std::fmt::{self, Write as _};

use anstream::adapter::strip_str;
use anstyle::{AnsiColor, Style};

use excerpt::{FRAME_CHARS, clip, text_before, underline, visible, window};
pub(crate) use excerpt::{VALUE_CHARS, clip_frame, clip_value};

use crate::source::{Source, Span};

/// One error in one transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The fault, in one lower-case sentence without a full stop.
    pub title: String,
    /// Where, most important first. All in one line, unless more lines belong to the fault.
    pub labels: Vec<Label>,
    /// Further information, in this order.
    pub notes: Vec<Note>,
}

/// A place in the file with an explanation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The text above the carets.
    pub span: Span,
    /// The text after the carets. May be empty.
    pub text: String,
}

/// Information about a fault that has no place in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// `= got: {"type":"connected"}`
    Value {
        /// What it is.
        name: String,
        /// The value, shown clipped.
        value: String,
    },
    /// The expected value above the one that arrived.
    Compared {
        /// The line, shown clipped.
        expected: String,
        /// What arrived, shown clipped.
        actual: String,
    },
    /// A heading, and a line for each item below it.
    List {
        /// The heading; ends with a colon.
        heading: String,
        /// The items, each shown clipped.
        items: Vec<String>,
    },
    /// What to do about it.
    Help(String),
    /// Anything else, as a sentence.
    Remark(String),
}

/// A message as a person reads it: plain as `{}`, and in colours as `{:#}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered(String);

impl Rendered {
    /// What `message` says as `{:#}`.
    pub(crate) fn of(message: &impl fmt::Display) -> Self {
        Self(format!("{message:#}"))
    }
}

impl fmt::Display for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            f.write_str(&self.0)
        } else {
            strip_str(&self.0).fmt(f)
        }
    }
}

const BOLD: Style = Style::new().bold();
const FAULT: Style = AnsiColor::Red.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const FRAME: Style = AnsiColor::Blue.on_default().bold();
const HELP: Style = AnsiColor::Cyan.on_default().bold();

impl Diagnostic {
    /// A fault at one place.
    pub fn new(title: impl Into<String>, span: Span, label: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            labels: vec![Label {
                span,
                text: label.into(),
            }],
            notes: Vec::new(),
        }
    }

    /// The same with every text changed by `change`.
    pub(crate) fn mapped(mut self, change: impl Fn(&str) -> String) -> Self {
        let map = |text: &mut String| *text = change(text);
        map(&mut self.title);
        self.labels
            .iter_mut()
            .for_each(|label| map(&mut label.text));
        for note in &mut self.notes {
            match note {
                Note::Value { value, .. } => map(value),
                Note::Compared { expected, actual } => {
                    map(expected);
                    map(actual);
                }
                Note::List { items, .. } => items.iter_mut().for_each(map),
                Note::Help(text) | Note::Remark(text) => map(text),
            }
        }
        self
    }

    /// Adds what to do about it.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.notes.push(Note::Help(help.into()));
        self
    }

    /// The message as a person reads it, with the lines of `source` that it is about.
    pub fn render(&self, source: &Source) -> Rendered {
        let mut out = String::new();
        // Writing into a string cannot fail.
        let _ = self.write(source, &mut out);
        out.truncate(out.trim_end().len());
        Rendered(out)
    }

    fn write(&self, source: &Source, out: &mut String) -> fmt::Result {
        writeln!(out, "{FAULT}error{FAULT:#}{BOLD}: {}{BOLD:#}", self.title)?;
        let place = |label: &Label| Label {
            span: source.physical(&label.span),
            text: label.text.clone(),
        };
        let labels: Vec<_> = self.labels.iter().map(place).collect();
        let last = labels.iter().map(|label| label.span.line).max();
        let margin = " ".repeat(last.unwrap_or(0).to_string().len());
        let mut shown = None;
        for Label { span, text } in &labels {
            let whole = source.line(span.line);
            let (line, span) = &window(whole, span);
            if shown != Some(span.line) {
                let arrow = if shown.is_none() { "-->" } else { ":::" };
                let place = source.physical(&self.labels[0].span);
                let place = if shown.is_none() { place } else { span.clone() };
                let column = text_before(whole, place.bytes.start).chars().count() + 1;
                let (name, number) = (source.name(), span.line);
                writeln!(
                    out,
                    "{FRAME}{margin}{arrow}{FRAME:#} {name}:{number}:{column}"
                )?;
                writeln!(out, "{FRAME}{margin} |{FRAME:#}")?;
                let width = margin.len();
                writeln!(out, "{FRAME}{number:>width$} |{FRAME:#} {}", visible(line))?;
                shown = Some(span.line);
            }
            let (pad, carets) = underline(line, span);
            let text = if text.is_empty() {
                String::new()
            } else {
                format!(" {}", visible(text))
            };
            writeln!(
                out,
                "{FRAME}{margin} |{FRAME:#} {pad}{FAULT}{carets}{text}{FAULT:#}"
            )?;
        }
        if !self.notes.is_empty() {
            writeln!(out, "{FRAME}{margin} |{FRAME:#}")?;
        }
        for note in &self.notes {
            note.write(&margin, out)?;
        }
        Ok(())
    }
}

impl Note {
    fn write(&self, margin: &str, out: &mut String) -> fmt::Result {
        let begin = format!("{FRAME}{margin} ={FRAME:#}");
        match self {
            Self::Value { name, value } => {
                writeln!(out, "{begin} {name}: {}", clip(value, FRAME_CHARS))
            }
            Self::Compared { expected, actual } => {
                let (expected, actual) = (clip(expected, FRAME_CHARS), clip(actual, FRAME_CHARS));
                writeln!(out, "{begin} expected: {GOOD}{expected}{GOOD:#}")?;
                writeln!(out, "{begin}      got: {FAULT}{actual}{FAULT:#}")
            }
            Self::List { heading, items } => {
                writeln!(out, "{begin} {heading}")?;
                for item in items {
                    writeln!(out, "{margin}     {}", clip(item, FRAME_CHARS))?;
                }
                Ok(())
            }
            Self::Help(text) => writeln!(out, "{begin} {HELP}help{HELP:#}: {}", visible(text)),
            Self::Remark(remark) => writeln!(out, "{begin} {}", visible(remark)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A fault at these bytes of the first line.
    #[track_caller]
    fn shown(line: &str, bytes: std::ops::Range<usize>) -> String {
        let fault = Diagnostic::new("wrong", Span::new(1, bytes), "here");
        fault.render(&Source::new("a.wscat", line)).to_string()
    }

    #[test]
    fn the_caret_stands_under_the_value_whatever_stands_before_it() {
        let line = "> \t漢 é x";
        let start = line.find('x').unwrap();
        assert_eq!(
            shown(line, start..start + 1),
            "error: wrong\n --> a.wscat:1:8\n  |\n1 | > \t漢 é x\n  |   \t     ^ here"
        );
    }

    #[test]
    fn a_long_place_does_not_push_its_text_out_of_sight() {
        let shown = shown(&"x".repeat(300), 0..300);
        let end = format!("| {} here", "^".repeat(120));
        assert!(shown.ends_with(&end), "{shown}");
    }

    #[test]
    fn colours_are_added_to_the_same_text() {
        let mut fault = Diagnostic::new("wrong", Span::new(1, 2..3), "here").help("do it right");
        fault.notes.push(Note::Compared {
            expected: "< a".into(),
            actual: "< b".into(),
        });
        let rendered = fault.render(&Source::new("a.wscat", "< a"));
        assert!(format!("{rendered:#}").contains("\u{1b}[31m"));
        assert_eq!(
            rendered.to_string(),
            "error: wrong\n --> a.wscat:1:3\n  |\n1 | < a\n  |   ^ here\n  |\n  = help: do it right\n  = expected: < a\n  =      got: < b"
        );
    }

    #[test]
    fn a_place_outside_the_line_is_shown_at_its_end() {
        let fault = Diagnostic::new("wrong", Span::new(7, 90..99), "");
        assert_eq!(
            fault.render(&Source::new("a.wscat", "")).to_string(),
            "error: wrong\n --> a.wscat:7:1\n  |\n7 | \n  | ^"
        );
    }

    #[test]
    fn of_a_long_line_the_part_around_the_error_is_shown() {
        let line = format!("{}x{}", "a".repeat(500_000), "b".repeat(500_000));
        let message = shown(&line, 500_000..500_001);
        assert!(message.len() < 2_000, "{}", message.len());
        assert!(
            message.contains("--> a.wscat:1:500001") && message.contains("aaxbb"),
            "{message}"
        );
        let caret = message.lines().last().and_then(|line| line.find('^'));
        let x = message.lines().nth(3).and_then(|line| line.find('x'));
        // The ellipsis is three bytes wide and one column.
        assert_eq!(caret.map(|at| at + 2), x);
    }

    #[test]
    fn control_characters_of_a_line_are_shown_as_symbols() {
        assert_eq!(
            shown("< \u{1b}[2Kx", 6..7),
            "error: wrong\n --> a.wscat:1:7\n  |\n1 | < ␛[2Kx\n  |       ^ here"
        );
    }

    #[test]
    fn control_characters_are_shown_escaped() {
        assert_eq!(clip("a\nb\u{1b}é", 400), "a\\nb\\u{1b}é");
    }
}
