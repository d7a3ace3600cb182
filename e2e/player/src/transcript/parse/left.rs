//! Prompts that Ctrl-C leaves, and commands in quotations: they look like lines that send something.

use super::Parser;
use crate::pattern::Captures;
use crate::source::Source;
use crate::transcript::command::prompt::{self, Left};
use crate::transcript::{Directive, Payload, Step, TerminalId};

impl Parser {
    /// Discards the last line of the current terminal if it may be a prompt, below which a shell has run `wscat` again. Says whether it
    /// was one.
    pub(super) fn discard_left_prompt(&mut self) -> bool {
        let current = self.current;
        let is_left = |step: &mut Step| {
            Some(step.terminal) == current
                && sent(&step.directive)
                    .is_some_and(|text| Left::of(&format!("> {text}")).is_some())
        };
        self.steps.pop_if(is_left).is_some()
    }

    /// Discards the last line of a terminal if it is a prompt that is left of `wscat`, which sends nothing. One that may be a message must
    /// also be the last line of the file.
    pub(super) fn discard_left_prompts(&mut self, source: &Source) {
        for id in (0..self.terminals.len()).map(TerminalId) {
            let mut steps = self.steps.iter().enumerate().rev();
            let Some((at, step)) = steps.find(|(_, step)| step.terminal == id) else {
                continue;
            };
            let sends = matches!(step.directive, Directive::Send { .. });
            let is_left = match Left::of(source.line(step.span.line)) {
                Some(Left::Certain) => sends,
                Some(Left::Possible) => sends && at + 1 == self.steps.len(),
                None => false,
            };
            if is_left {
                self.steps.remove(at);
            }
        }
    }
}

/// Whether it sends a `wscat` command, as a quotation in Markdown shows it.
pub(super) fn is_command(directive: &Directive) -> bool {
    sent(directive).is_some_and(|text| prompt::command(&text).is_some())
}

/// The text that it sends, if it contains no placeholders.
fn sent(directive: &Directive) -> Option<String> {
    match directive {
        Directive::Send {
            payload: Payload::Text(text),
            frames: None,
        } => text.only_text(&Captures::default()),
        _ => None,
    }
}
