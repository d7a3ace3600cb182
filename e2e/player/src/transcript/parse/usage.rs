//! Which values a transcript captures and uses. Finds the types that were misspelt: they would accept anything, silently.

use crate::diagnostic::Diagnostic;
use crate::pattern::Type;
use crate::source::Span;
use crate::transcript::{Expected, suggest};

/// Captures so far, in order, with how often each was used again.
#[derive(Debug, Default)]
pub(super) struct Usage(Vec<(String, Span, usize)>);

impl Usage {
    pub(super) fn is_captured(&self, name: &str) -> bool {
        self.0.iter().any(|(known, ..)| known == name)
    }

    /// Counts a name that captures the first time and compares from then on.
    pub(super) fn used(&mut self, name: &str, span: Span) {
        match self.0.iter_mut().find(|(known, ..)| known == name) {
            Some((.., uses)) => *uses += 1,
            None => self.0.push((name.to_owned(), span, 0)),
        }
    }

    /// Counts the names in an expected frame.
    pub(super) fn expected(&mut self, expected: &Expected, line: usize) {
        let mut found = |name: &str, bytes| self.used(name, Span::new(line, bytes));
        expected.captures(&mut found);
    }

    /// Refuses a capture that is never used again and looks like a type.
    pub(super) fn check(&self) -> Result<(), Diagnostic> {
        for (name, span, uses) in &self.0 {
            if *uses > 0 {
                continue;
            }
            if let Some(of) = suggest::nearest(name, Type::ALL.map(Type::name)) {
                return Err(Diagnostic::new(
                    format!("<{name}> accepts anything and is never used again"),
                    span.clone(),
                    format!("did you mean <{of}>?"),
                ));
            }
        }
        Ok(())
    }
}
