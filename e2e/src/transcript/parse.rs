//! Reads the lines of a transcript into steps, and refuses what could never be played.

mod line;
mod usage;

use self::line::{Line, classify};
use self::usage::Usage;
use super::{Action, Connect, Outcome, Payload, Step, TerminalId, TerminalName, command};
use crate::diagnostic::Diagnostic;
use crate::pattern::{PatternError, is_name};
use crate::source::{Source, Span};

/// The terminals and the steps of `source`.
pub(super) fn steps(source: &Source) -> Result<(Vec<TerminalName>, Vec<Step>), Diagnostic> {
    let mut parser = Parser::default();
    for (number, line) in source.lines() {
        parser.line(number, line)?;
    }
    if parser.steps.is_empty() {
        return Err(Diagnostic::new(
            "the file holds no conversation",
            Span::new(1, 0..0),
            "nothing happens here",
        )
        .help("begin with: $ wscat -c ws://127.0.0.1:3001/dev"));
    }
    parser.usage.check()?;
    Ok((parser.terminals, parser.steps))
}

#[derive(Default)]
struct Parser {
    terminals: Vec<TerminalName>,
    /// Beside each terminal, whether it is connected.
    connected: Vec<Link>,
    current: Option<TerminalId>,
    steps: Vec<Step>,
    usage: Usage,
}

/// A terminal's connection, as far as the file has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    /// At first, and after `Disconnected` or a refused handshake.
    None,
    /// After `wscat`.
    Open,
    /// After `exit`; `Disconnected` may still be shown.
    Closed,
}

impl Parser {
    fn line(&mut self, number: usize, line: &str) -> Result<(), Diagnostic> {
        let whole = {
            let text = line.trim();
            let from = line.len() - line.trim_start().len();
            Span::new(number, from..from + text.len())
        };
        let fault = |error: PatternError| {
            let diagnostic = Diagnostic::new(
                "this line cannot be read",
                Span::new(number, error.bytes),
                error.message,
            );
            match error.help {
                Some(help) => diagnostic.help(help),
                None => diagnostic,
            }
        };
        let usage = &self.usage;
        let parsed = classify(line, |name| usage.is_captured(name)).map_err(fault)?;
        match parsed {
            Line::Blank => Ok(()),
            Line::Terminal(name) => self.switch(name, whole),
            Line::Command { text, start } => {
                let connect = command::parse(text, start).map_err(fault)?;
                self.connect(connect, whole)
            }
            Line::Connected => self.outcome(Outcome::Accepted, whole),
            Line::Refused(status) => {
                let span = whole.clone();
                self.outcome(Outcome::Refused { status, span }, whole)
            }
            Line::Send(payload) => {
                self.use_captures_of(&payload, number);
                self.step(Action::Send(payload), whole)
            }
            Line::Receive(expected) => {
                self.usage.expected(&expected, number);
                self.step(Action::Receive(expected), whole)
            }
            Line::Silence(duration) => self.step(Action::Silence(duration), whole),
            Line::Exit => self.step(Action::Exit, whole),
            Line::Disconnected(ending) => self.step(Action::Disconnected(ending), whole),
        }
    }

    fn switch(&mut self, name: &str, span: Span) -> Result<(), Diagnostic> {
        if !is_name(name) {
            return Err(Diagnostic::new(
                "a terminal needs another name",
                span,
                "letters, digits, - and _ are allowed, a letter first",
            ));
        }
        if self.terminals.contains(&TerminalName::Only) {
            return Err(Diagnostic::new(
                "the lines above belong to no terminal",
                span,
                "the first name stands here",
            )
            .help("name a terminal above the first wscat line too, or name none"));
        }
        let name = TerminalName::Named(name.to_owned());
        self.current = Some(self.terminal(name));
        Ok(())
    }

    fn terminal(&mut self, name: TerminalName) -> TerminalId {
        let index = self.terminals.iter().position(|known| *known == name);
        TerminalId(index.unwrap_or_else(|| {
            self.terminals.push(name);
            self.connected.push(Link::None);
            self.terminals.len() - 1
        }))
    }

    fn current(&mut self) -> TerminalId {
        if let Some(id) = self.current {
            return id;
        }
        let id = self.terminal(TerminalName::Only);
        self.current = Some(id);
        id
    }

    fn connect(&mut self, connect: Connect, span: Span) -> Result<(), Diagnostic> {
        let terminal = self.current();
        if self.connected[terminal.0] == Link::Open {
            return Err(Diagnostic::new(
                format!("{} is connected already", self.terminals[terminal.0]),
                span,
                "a second connection needs a terminal of its own",
            )
            .help("write a name above it, such as [bob], or close the first one with: exit"));
        }
        self.connected[terminal.0] = Link::Open;
        self.push(terminal, Action::Connect(connect), span);
        Ok(())
    }

    /// `Connected …` and `error: …` say how the `wscat` line above them ended.
    fn outcome(&mut self, outcome: Outcome, span: Span) -> Result<(), Diagnostic> {
        let terminal = self.current();
        match self.steps.last_mut() {
            Some(Step {
                action: Action::Connect(connect),
                terminal: of,
                ..
            }) if *of == terminal && self.connected[terminal.0] == Link::Open => {
                if matches!(outcome, Outcome::Refused { .. }) {
                    self.connected[terminal.0] = Link::None;
                }
                connect.outcome = outcome;
                Ok(())
            }
            _ => Err(Diagnostic::new(
                "this line has no wscat line",
                span,
                "it says how a connection began, so it stands right below: $ wscat -c URL",
            )),
        }
    }

    fn use_captures_of(&mut self, payload: &Payload, number: usize) {
        if let Payload::Text(template) = payload {
            template.captures(&mut |name, bytes| self.usage.used(name, Span::new(number, bytes)));
        }
    }

    /// A step that needs a connection.
    fn step(&mut self, action: Action, span: Span) -> Result<(), Diagnostic> {
        let terminal = self.current();
        let link = self.connected[terminal.0];
        let allowed = match &action {
            Action::Disconnected(_) => link != Link::None,
            _ => link == Link::Open,
        };
        if !allowed {
            let name = &self.terminals[terminal.0];
            let (title, help) = match link {
                Link::Closed => (
                    format!("{name} has left"),
                    "connect again with: $ wscat -c URL",
                ),
                Link::None | Link::Open => (
                    format!("{name} is not connected"),
                    "connect above with: $ wscat -c URL",
                ),
            };
            return Err(Diagnostic::new(title, span, "this needs a connection").help(help));
        }
        match &action {
            Action::Exit => self.connected[terminal.0] = Link::Closed,
            Action::Disconnected(_) => self.connected[terminal.0] = Link::None,
            _ => {}
        }
        self.push(terminal, action, span);
        Ok(())
    }

    fn push(&mut self, terminal: TerminalId, action: Action, span: Span) {
        self.steps.push(Step {
            span,
            terminal,
            action,
        });
    }
}
