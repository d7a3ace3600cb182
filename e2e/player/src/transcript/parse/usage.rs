//! Which values a transcript captures and uses. Finds captures that are never used: they accept anything, and are often misspelt
//! types.

use crate::diagnostic::Diagnostic;
use crate::pattern::Type;
use crate::source::Span;
use crate::transcript::{COUNTER, Step, suggest};

/// Captures so far, in order, with how many times each was used again.
#[derive(Debug, Default)]
pub(super) struct Usage(Vec<(String, Span, usize)>);

impl Usage {
    pub(super) fn is_captured(&self, name: &str) -> bool {
        self.0.iter().any(|(known, ..)| known == name)
    }

    /// Counts a name, which captures the first time and compares from then on. Variables are not captures.
    pub(super) fn used(&mut self, name: &str, span: Span) {
        if name.starts_with('$') {
            return;
        }
        match self.0.iter_mut().find(|(known, ..)| known == name) {
            Some((.., uses)) => *uses += 1,
            None => self.0.push((name.to_owned(), span, 0)),
        }
    }

    /// Counts the names of a step.
    pub(super) fn step(&mut self, step: &Step) {
        step.captures(&mut |name, span| self.used(name, span));
    }

    /// Counts the names of a step that is repeated: `<n>` counts, and any other name is used by the second repetition.
    pub(super) fn repeated(&mut self, step: &Step, times: u32) {
        step.captures(&mut |name, span| {
            if name == COUNTER {
                return;
            }
            if times > 1 {
                self.used(name, span.clone());
            }
            self.used(name, span);
        });
    }

    /// Counts the names of a line below `ignoring:`. It compares and does not capture, so a name that no line above captures would
    /// accept anything.
    pub(super) fn ignored(&mut self, step: &Step) -> Result<(), Diagnostic> {
        let mut unknown = None;
        step.captures(&mut |name, span| {
            if name.starts_with('$') {
                return;
            }
            if self.is_captured(name) {
                self.used(name, span);
            } else {
                unknown.get_or_insert((name.to_owned(), span));
            }
        });
        let Some((name, span)) = unknown else {
            return Ok(());
        };
        let title = format!("<{name}> is not captured above");
        Err(
            Diagnostic::new(title, span, "lines below ignoring: do not capture").help(
                "write <any> for a part that does not matter, or capture the value in a line above",
            ),
        )
    }

    /// Rejects the first capture that is never used.
    pub(super) fn check(&self) -> Result<(), Diagnostic> {
        let Some((name, span, _)) = self.0.iter().find(|(.., uses)| *uses == 0) else {
            return Ok(());
        };
        let title = format!("<{name}> accepts anything and is never used");
        let label = match suggest::nearest(name, Type::ALL.map(Type::name)) {
            Some(of) => format!("did you mean <{of}>?"),
            None => "nothing compares with this capture".to_owned(),
        };
        let help = format!(
            "write <string>, <number> or <any> for a value that is not used again, and \\<{name}> for this text itself; the types \
             are: <any>, <string>, <number>, <integer>, <boolean>, <object>, <array>, <uuid>, <date>, <epoch-ms>, <epoch-s>"
        );
        Err(Diagnostic::new(title, span.clone(), label).help(help))
    }
}
