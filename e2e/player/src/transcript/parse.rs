//! Reads the lines of a transcript into steps, and refuses what could never be played.

mod frame;
mod group;
mod line;
mod usage;

use self::group::Group;
use self::line::{COUNTER, Context, Header, Line, classify};
use self::usage::Usage;
use super::{
    Action, Connect, ExpectedHeader, Outcome, Payload, Step, TerminalId, TerminalName, command,
};
use crate::diagnostic::Diagnostic;
use crate::pattern::{PatternError, is_name};
use crate::source::{Source, Span};

/// The terminals and the steps of `source`.
pub(super) fn steps(source: &Source) -> Result<(Vec<TerminalName>, Vec<Step>), Diagnostic> {
    let mut parser = Parser::default();
    for (number, line) in source.lines() {
        parser.line(number, line)?;
    }
    parser.end_group()?;
    let connects = |step: &Step| matches!(step.action, Action::Connect(_));
    if !parser.steps.iter().any(connects) {
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
    /// Whether headers of the response may stand here.
    in_headers: bool,
    /// The lines below `in any order:` so far.
    group: Option<Group>,
}

/// A terminal's connection, as far as the file has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    /// At first, and after `Disconnected`, `drop` or a refused handshake.
    None,
    /// After `wscat`.
    Open(Options),
    /// After `exit`; `Disconnected` may still be shown.
    Closed,
}

/// What `wscat` was told, as far as it decides what later lines mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Options {
    slash: bool,
    shows_pings: bool,
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
        let is_captured = |name: &str| usage.is_captured(name);
        let options = match self.current.map(|id| self.connected[id.0]) {
            Some(Link::Open(options)) => options,
            _ => Options {
                slash: false,
                shows_pings: false,
            },
        };
        let context = Context {
            is_captured: &is_captured,
            slash: options.slash,
            shows_pings: options.shows_pings,
            in_headers: self.in_headers,
        };
        let parsed = classify(line, context).map_err(fault)?;
        // A comment may stand among the lines of a group, and a blank line ends it.
        if !matches!(parsed, Line::Receive(_) | Line::Repeat { .. })
            && !line.trim().starts_with('#')
        {
            self.end_group()?;
        }
        if !matches!(parsed, Line::Blank | Line::Header(_)) {
            self.in_headers = false;
        }
        if let Line::Command { text, start } = parsed {
            let usage = &self.usage;
            let is_captured = |name: &str| usage.is_captured(name);
            let connect = command::parse(text, start, &is_captured).map_err(fault)?;
            return self.connect(connect, whole);
        }
        self.take(parsed, whole)
    }

    /// Takes a line that was read, whose place is `whole`.
    fn take(&mut self, line: Line<'_>, whole: Span) -> Result<(), Diagnostic> {
        let number = whole.line;
        match line {
            Line::Blank | Line::Command { .. } => Ok(()),
            Line::Terminal(name) => self.switch(name, whole),
            Line::Header(header) => {
                self.header(header, whole);
                Ok(())
            }
            Line::AnyOrder => {
                self.group = Some(Group::new(whole));
                Ok(())
            }
            Line::Repeat { times, line } => {
                self.no_group_around(&whole)?;
                let action = Box::new(self.repeated(*line, number));
                self.step(Action::Repeat { times, action }, whole)
            }
            Line::SendInFrames { bytes, payload } => {
                self.use_captures_of(&payload, number);
                self.step(Action::SendInFrames { bytes, payload }, whole)
            }
            Line::Close { code, reason } => self.step(Action::Close { code, reason }, whole),
            Line::Drop => self.step(Action::Drop, whole),
            Line::Pause(duration) => {
                self.beside(Action::Pause(duration), whole);
                Ok(())
            }
            Line::Hook(hook) => {
                self.beside(Action::Hook(hook), whole);
                Ok(())
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
                match &mut self.group {
                    Some(group) => {
                        group.push(whole, expected);
                        Ok(())
                    }
                    None => self.step(Action::Receive(expected), whole),
                }
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
        for text in &connect.execute {
            text.captures(&mut |name, bytes| self.usage.used(name, Span::new(span.line, bytes)));
        }
        let terminal = self.current();
        if matches!(self.connected[terminal.0], Link::Open(_)) {
            return Err(Diagnostic::new(
                format!("{} is connected already", self.terminals[terminal.0]),
                span,
                "a second connection needs a terminal of its own",
            )
            .help("write a name above it, such as [bob], or close the first one with: exit"));
        }
        self.connected[terminal.0] = Link::Open(Options {
            slash: connect.slash,
            shows_pings: connect.shows_pings,
        });
        self.in_headers = connect.shows_headers;
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
            }) if *of == terminal && matches!(self.connected[terminal.0], Link::Open(_)) => {
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
        payload.captures(&mut |name, bytes| self.usage.used(name, Span::new(number, bytes)));
    }

    /// A header that the response of the `wscat` line above has to have.
    fn header(&mut self, header: Header, span: Span) {
        if let Some(value) = &header.value {
            value.captures(&mut |name, bytes| {
                self.usage.used(name, Span::new(span.line, bytes));
            });
        }
        if let Some(Step {
            action: Action::Connect(connect),
            ..
        }) = self.steps.last_mut()
        {
            connect.headers_expected.push(ExpectedHeader {
                span,
                name: header.name,
                value: header.value,
            });
        }
    }

    /// What a repeated line does. `<n>` counts, and is no capture.
    fn repeated(&mut self, line: Line<'_>, number: usize) -> Action {
        let usage = &mut self.usage;
        let mut used = |name: &str, bytes| {
            if name != COUNTER {
                usage.used(name, Span::new(number, bytes));
            }
        };
        match line {
            Line::Receive(expected) => {
                expected.captures(&mut used);
                Action::Receive(expected)
            }
            Line::SendInFrames { bytes, payload } => {
                payload.captures(&mut used);
                Action::SendInFrames { bytes, payload }
            }
            Line::Send(payload) => {
                payload.captures(&mut used);
                Action::Send(payload)
            }
            // `classify` repeats nothing else.
            _ => Action::Pause(std::time::Duration::ZERO),
        }
    }

    /// A step that has nothing to do with a terminal.
    fn beside(&mut self, action: Action, span: Span) {
        let terminal = self.current.unwrap_or(TerminalId(0));
        self.push(terminal, action, span);
    }

    /// A step that needs a connection.
    fn step(&mut self, action: Action, span: Span) -> Result<(), Diagnostic> {
        let terminal = self.current();
        let link = self.connected[terminal.0];
        let allowed = match &action {
            Action::Disconnected(_) => link != Link::None,
            _ => matches!(link, Link::Open(_)),
        };
        if !allowed {
            let name = &self.terminals[terminal.0];
            let (title, help) = match link {
                Link::Closed => (
                    format!("{name} has left"),
                    "connect again with: $ wscat -c URL",
                ),
                Link::None | Link::Open(_) => (
                    format!("{name} is not connected"),
                    "connect above with: $ wscat -c URL",
                ),
            };
            return Err(Diagnostic::new(title, span, "this needs a connection").help(help));
        }
        match &action {
            Action::Exit | Action::Close { .. } => self.connected[terminal.0] = Link::Closed,
            Action::Drop | Action::Disconnected(_) => self.connected[terminal.0] = Link::None,
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
