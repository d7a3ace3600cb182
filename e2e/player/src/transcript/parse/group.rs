//! Lines that belong together: the lines below `in any order:`, `one of:`, `ignoring:` and `50 times:`.

use super::Parser;
use super::syntax::GroupKind;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::transcript::{Candidate, Directive, Step};

/// Maximum number of lines in a group. Every frame is compared with every line.
const MAX_IN_GROUP: usize = 50;

/// The lines of a group so far.
pub(super) struct Group {
    kind: GroupKind,
    /// The place of the line that begins it.
    span: Span,
    steps: Vec<Step>,
}

impl Group {
    /// A group without lines, whose first line is at `span`.
    pub(super) fn new(kind: GroupKind, span: Span) -> Self {
        let steps = Vec::new();
        Self { kind, span, steps }
    }

    pub(super) fn kind(&self) -> GroupKind {
        self.kind
    }

    /// Whether the lines are repeated.
    pub(super) fn repeats(&self) -> bool {
        matches!(self.kind, GroupKind::Repeat(_))
    }

    /// Whether such a line can be in the group; any other ends it.
    pub(super) fn takes(&self, directive: &Directive) -> bool {
        match directive {
            Directive::Receive(_) => true,
            Directive::Send { .. } | Directive::Skip | Directive::Pause(_) => self.repeats(),
            _ => false,
        }
    }

    pub(super) fn push(&mut self, step: Step) {
        self.steps.push(step);
    }

    fn candidates(self) -> Vec<Candidate> {
        let candidate = |step: Step| match step.directive {
            Directive::Receive(expected) => Some(Candidate {
                span: step.span,
                expected,
            }),
            _ => None,
        };
        self.steps.into_iter().filter_map(candidate).collect()
    }
}

impl Parser {
    /// Rejects a line, at `span`, that cannot be in a group, if there is one.
    pub(super) fn no_group_around(&self, span: &Span) -> Result<(), Diagnostic> {
        let Some(group) = &self.group else {
            return Ok(());
        };
        let title = "a repetition cannot be part of a group";
        let help = format!(
            "end the group of line {} with an empty line",
            group.span.line
        );
        Err(Diagnostic::new(title, span.clone(), "this line is repeated").help(help))
    }

    /// Makes a step of the group's lines, if there is a group.
    pub(super) fn end_group(&mut self) -> Result<(), Diagnostic> {
        let Some(group) = self.group.take() else {
            return Ok(());
        };
        let (kind, span) = (group.kind, group.span.clone());
        let min = match kind {
            GroupKind::Unordered | GroupKind::OneOf => 2,
            GroupKind::Ignore | GroupKind::Repeat(_) => 1,
        };
        if group.steps.len() < min {
            let label = match kind {
                GroupKind::Unordered | GroupKind::OneOf => "expected two < lines or more below",
                GroupKind::Ignore => "expected a < line below",
                GroupKind::Repeat(_) => "expected > or < lines below",
            };
            return Err(Diagnostic::new("this group has too few lines", span, label));
        }
        if group.steps.len() > MAX_IN_GROUP {
            let label = format!("{MAX_IN_GROUP} lines at most");
            return Err(Diagnostic::new(
                "this group has too many lines",
                span,
                label,
            ));
        }
        let directive = match kind {
            GroupKind::Unordered => Directive::Unordered(group.candidates()),
            GroupKind::OneOf => Directive::OneOf(group.candidates()),
            GroupKind::Ignore => Directive::Ignore(group.candidates()),
            GroupKind::Repeat(times) => Directive::Repeat {
                times,
                steps: group.steps,
            },
        };
        self.step(directive, None, span)
    }
}
