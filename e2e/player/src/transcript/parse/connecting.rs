//! A `wscat` line, and the lines below it that say how its handshake ended.

use super::syntax::{Header, Options};
use super::{Link, Parser};
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::transcript::{Candidate, Connect, Directive, ExpectedHeader, Outcome, Step};

impl Parser {
    pub(super) fn connect(&mut self, connect: Connect, span: Span) -> Result<(), Diagnostic> {
        let terminal = self.current();
        if matches!(self.connected[terminal.0], Link::Open(_)) {
            return Err(Diagnostic::new(
                format!("{} is already connected", self.terminals[terminal.0]),
                span,
                "a second connection needs another terminal",
            )
            .help("write a name above it, such as [bob], or close the first one with: exit"));
        }
        self.connected[terminal.0] = Link::Open(Options {
            slash: connect.slash,
            shows_pings: connect.shows_pings,
            executes: !connect.execute.is_empty(),
        });
        self.in_headers = connect.shows_headers;
        self.is_announced = false;
        let step = self.new_step(Directive::Connect(connect), None, span);
        self.usage.step(&step);
        self.steps.push(step);
        Ok(())
    }

    /// The connect of the line above in this terminal, if there is one.
    pub(super) fn connect_above(&mut self) -> Option<&mut Connect> {
        let terminal = self.current();
        match self.steps.last_mut() {
            Some(Step {
                directive: Directive::Connect(connect),
                terminal: of,
                ..
            }) if *of == terminal => Some(connect),
            _ => None,
        }
    }

    /// `Connected …` and `error: …` say how the `wscat` line above them ended.
    pub(super) fn outcome(&mut self, outcome: Outcome, span: Span) -> Result<(), Diagnostic> {
        let terminal = self.current();
        let is_open = matches!(self.connected[terminal.0], Link::Open(_));
        let fails = outcome != Outcome::Accepted;
        if let Outcome::Failed { reason, span } = &outcome {
            reason.captures(&mut |name, bytes| self.usage.used(name, Span::new(span.line, bytes)));
        }
        let Some(connect) = self.connect_above().filter(|_| is_open) else {
            return Err(Diagnostic::new(
                "this line belongs below a wscat line",
                span,
                "it says how a connection began",
            )
            .help("write it right below: $ wscat -c URL"));
        };
        connect.outcome = outcome;
        if fails {
            self.connected[terminal.0] = Link::None;
        }
        Ok(())
    }

    /// The place for the body of the rejected handshake right above, which a `<` line says.
    pub(super) fn body(&mut self) -> Option<&mut Option<Box<Candidate>>> {
        match self.connect_above() {
            Some(Connect {
                outcome: Outcome::Refused { body, .. },
                ..
            }) if body.is_none() => Some(body),
            _ => None,
        }
    }

    /// A header that the response of the `wscat` line above must have.
    pub(super) fn header(&mut self, header: Header, span: Span) {
        if let Some(value) = &header.value {
            value.captures(&mut |name, bytes| {
                self.usage.used(name, Span::new(span.line, bytes));
            });
        }
        if let Some(connect) = self.connect_above() {
            connect.headers_expected.push(ExpectedHeader {
                span,
                name: header.name,
                value: header.value,
            });
        }
    }
}
