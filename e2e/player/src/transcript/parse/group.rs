//! `in any order:` and the lines below it.

use super::Parser;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::transcript::{Action, Expected, OneOf};

/// Lines whose order does not matter.
pub(super) struct Group {
    /// Where `in any order:` stands.
    span: Span,
    lines: Vec<OneOf>,
}

/// Most lines in a group. Every frame is compared with every line.
const MOST_IN_GROUP: usize = 50;

impl Group {
    /// A group without lines; `span` is where `in any order:` stands.
    pub(super) fn new(span: Span) -> Self {
        let lines = Vec::new();
        Self { span, lines }
    }

    pub(super) fn push(&mut self, span: Span, expected: Expected) {
        self.lines.push(OneOf { span, expected });
    }
}

impl Parser {
    /// Refuses a line, at `span`, that cannot stand in a group, if there is one.
    pub(super) fn no_group_around(&self, span: &Span) -> Result<(), Diagnostic> {
        let Some(group) = &self.group else {
            return Ok(());
        };
        let title = "a repetition cannot stand among lines in any order";
        let help = format!(
            "end the group of line {} with an empty line",
            group.span.line
        );
        Err(Diagnostic::new(title, span.clone(), "this line is repeated").help(help))
    }

    /// Makes a step of the lines below `in any order:`, if there are any.
    pub(super) fn end_group(&mut self) -> Result<(), Diagnostic> {
        let Some(Group { span, lines }) = self.group.take() else {
            return Ok(());
        };
        if lines.len() < 2 {
            return Err(Diagnostic::new(
                "these lines have just one order",
                span,
                "two < lines at least stand right below",
            ));
        }
        if lines.len() > MOST_IN_GROUP {
            let label = format!("{MOST_IN_GROUP} lines at most");
            return Err(Diagnostic::new(
                "this group has too many lines",
                span,
                label,
            ));
        }
        self.step(Action::Unordered(lines), span)
    }
}
