//! Reads the lines of a transcript into steps, and rejects what could never be played.
//!
//! # Layout
//!
//! - [`mod@line`]: classifies a line by its beginning
//! - [`syntax`]: the types that `line` and `frame` share
//! - [`connecting`]: a `wscat` line, with the lines that say how it ended
//! - [`frame`]: the part after `>` and `<`
//! - [`group`]: lines below `in any order:` and similar lines
//! - [`left`]: prompts and commands that look like lines that send something
//! - [`usage`]: which values are captured and used

mod connecting;
mod frame;
mod group;
mod left;
mod line;
mod syntax;
mod usage;

use std::time::Duration;

use self::group::Group;
use self::line::classify;
use self::syntax::{Context, GroupKind, Line, Options};
use self::usage::Usage;
use super::command;
use super::command::prompt::Left;
use super::{
    COUNTER, Candidate, Directive, Ending, Outcome, Step, TerminalId, TerminalName, suggest,
};
use crate::diagnostic::Diagnostic;
use crate::pattern::{NAME_RULE, Notation, PatternError, Template, is_name};
use crate::source::{Source, Span};

/// The terminals and the steps of `source`. A fragment, which is not `is_whole`, may capture values that it does not use.
pub(super) fn steps(
    source: &Source,
    is_whole: bool,
) -> Result<(Vec<TerminalName>, Vec<Step>), Diagnostic> {
    let mut parser = Parser::default();
    for (number, line) in source.joined_lines() {
        parser.line(number, &line)?;
    }
    parser.end_group()?;
    if is_whole {
        parser.discard_left_prompts(source);
    }
    let connects = |step: &Step| matches!(step.directive, Directive::Connect(_));
    if !parser.steps.iter().any(connects) {
        return Err(Diagnostic::new(
            "the file contains no conversation",
            Span::new(1, 0..0),
            "no line connects",
        )
        .help("begin with: $ wscat -c ws://127.0.0.1:3001/dev"));
    }
    if is_whole {
        parser.usage.check()?;
    }
    Ok((parser.terminals, parser.steps))
}

/// The message about a line that cannot be read.
fn invalid(error: PatternError, number: usize, line: &str) -> Diagnostic {
    let error = match suggest::replaced(line) {
        Some(cause) => error.help_also(&cause),
        None => error,
    };
    let place = Span::new(number, error.bytes);
    let diagnostic = Diagnostic::new("invalid line", place, error.message);
    match error.help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

#[derive(Default)]
struct Parser {
    terminals: Vec<TerminalName>,
    /// For each terminal, whether it is connected.
    connected: Vec<Link>,
    current: Option<TerminalId>,
    steps: Vec<Step>,
    usage: Usage,
    /// Whether headers of the response may stand here.
    in_headers: bool,
    /// Whether the line above sends or expects a frame.
    below_frame: bool,
    /// Whether `Connected` stands below the last wscat line.
    is_announced: bool,
    /// The lines below `in any order:` or a similar line, so far.
    group: Option<Group>,
}

/// A terminal's connection, as far as the file has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    /// At first, and after `Disconnected`, `drop` or a refused handshake.
    None,
    /// After `wscat`.
    Open(Options),
    /// After `exit`; `Disconnected` may still be shown.
    Closed,
}

impl Parser {
    fn line(&mut self, number: usize, line: &str) -> Result<(), Diagnostic> {
        let text = line.trim();
        let from = line.len() - line.trim_start().len();
        let whole = Span::new(number, from..from + text.len());
        let invalid = |error| invalid(error, number, line);
        let options = match self.link() {
            Link::Open(options) => options,
            Link::None | Link::Closed => Options::default(),
        };
        let usage = &self.usage;
        let repeats = self.group.as_ref().is_some_and(Group::repeats);
        let is_captured = |name: &str| usage.is_captured(name) || (repeats && name == COUNTER);
        let context = Context {
            is_captured: &is_captured,
            options,
            in_headers: self.in_headers,
            below_frame: self.below_frame,
        };
        let parsed = classify(line, context).map_err(invalid)?;
        self.below_frame = text.starts_with(['>', '<']);
        let is_comment = text.starts_with('#');
        // A comment may be among the lines of a group, and an empty line ends it.
        let goes_on = match (&parsed, &self.group) {
            (Line::Directive(directive, _), Some(group)) => group.takes(directive),
            (Line::Repeat { .. }, Some(_)) => true,
            _ => is_comment,
        };
        if !goes_on {
            self.end_group()?;
        }
        if !matches!(parsed, Line::Blank | Line::Header(_)) {
            self.in_headers = false;
        }
        if Left::of(text).is_some() && !matches!(self.link(), Link::Open(_)) {
            return Ok(());
        }
        if let Line::Command {
            text: command,
            start,
        } = parsed
        {
            let has_ended = text.starts_with('>') || options.executes || self.discard_left_prompt();
            if has_ended && matches!(self.link(), Link::Open(_)) {
                // By Ctrl-C, or after `-x`.
                self.step(Directive::Exit, None, whole.clone())?;
            }
            let usage = &self.usage;
            let is_captured = |name: &str| usage.is_captured(name);
            let connect = command::parse(command, start, &is_captured).map_err(invalid)?;
            return self.connect(connect, whole);
        }
        self.take(parsed, whole)
    }

    /// The connection of the current terminal.
    fn link(&self) -> Link {
        self.current.map_or(Link::None, |id| self.connected[id.0])
    }

    /// Takes a line, whose place is `whole`.
    fn take(&mut self, line: Line<'_>, whole: Span) -> Result<(), Diagnostic> {
        match line {
            Line::Blank | Line::Command { .. } => Ok(()),
            Line::Terminal(name) => self.switch(name, whole),
            Line::Header(header) => {
                self.header(header, whole);
                Ok(())
            }
            Line::Group(kind) => {
                self.group = Some(Group::new(kind, whole));
                Ok(())
            }
            Line::Connected => {
                self.outcome(Outcome::Accepted, whole)?;
                self.is_announced = true;
                Ok(())
            }
            Line::Refused(statuses) => {
                let (span, body) = (whole.clone(), None);
                let refused = Outcome::Refused {
                    statuses,
                    span,
                    body,
                };
                self.outcome(refused, whole)
            }
            Line::Failed(_) if self.is_announced || self.connect_above().is_none() => {
                // After the handshake wscat prints only violations of the protocol, in words of its own.
                let reason = Template::expected("<any>", 0, Notation::Plain);
                let ending = Ending::ProtocolError(reason.unwrap_or_default());
                self.step(Directive::Disconnected(ending), None, whole)
            }
            Line::Failed(reason) => {
                let span = whole.clone();
                self.outcome(Outcome::Failed { reason, span }, whole)
            }
            Line::Repeat { times, directive } => {
                self.no_group_around(&whole)?;
                let repeated = self.new_step(*directive, None, whole.clone());
                self.usage.repeated(&repeated, times);
                let steps = vec![repeated];
                self.step(Directive::Repeat { times, steps }, None, whole)
            }
            Line::Directive(directive, limit) => self.directive(*directive, limit, whole),
        }
    }

    /// Takes a line that does or expects something: as the body of a rejected handshake, as a line of a group, or as a step.
    fn directive(
        &mut self,
        directive: Directive,
        limit: Option<Duration>,
        span: Span,
    ) -> Result<(), Diagnostic> {
        if let Directive::Receive(expected) = &directive
            && let Some(body) = self.body()
        {
            let expected = expected.clone();
            let candidate = Candidate { span, expected };
            *body = Some(Box::new(candidate.clone()));
            candidate.captures(&mut |name, span| self.usage.used(name, span));
            return Ok(());
        }
        let step = self.new_step(directive, limit, span);
        if let Some(group) = &mut self.group {
            match group.kind() {
                GroupKind::Repeat(times) => self.usage.repeated(&step, times),
                GroupKind::Ignore => self.usage.ignored(&step)?,
                GroupKind::Unordered | GroupKind::OneOf => self.usage.step(&step),
            }
            group.push(step);
            return Ok(());
        }
        self.usage.step(&step);
        match step.directive {
            Directive::Pause(_) | Directive::Hook(_) => {
                self.steps.push(step);
                Ok(())
            }
            directive => self.step(directive, step.limit, step.span),
        }
    }

    fn switch(&mut self, name: &str, span: Span) -> Result<(), Diagnostic> {
        if !is_name(name) {
            return Err(
                Diagnostic::new("invalid name of a terminal", span, NAME_RULE)
                    .help(format!("to expect text in brackets, write: < \\[{name}]")),
            );
        }
        if self.terminals.contains(&TerminalName::Only) {
            return Err(Diagnostic::new(
                "the lines above belong to no terminal",
                span,
                "this is the first name",
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

    fn new_step(&mut self, directive: Directive, limit: Option<Duration>, span: Span) -> Step {
        let terminal = match directive {
            // These belong to no terminal, and must not create one.
            Directive::Pause(_) | Directive::Hook(_) => self.current.unwrap_or(TerminalId(0)),
            _ => self.current(),
        };
        Step {
            span,
            terminal,
            limit,
            directive,
        }
    }

    /// A step that needs a connection.
    fn step(
        &mut self,
        directive: Directive,
        limit: Option<Duration>,
        span: Span,
    ) -> Result<(), Diagnostic> {
        let terminal = self.current();
        let link = self.connected[terminal.0];
        let allowed = match &directive {
            Directive::Ignore(_) => true,
            Directive::Disconnected(_) => link != Link::None,
            _ => matches!(link, Link::Open(_)),
        };
        if !allowed {
            let name = &self.terminals[terminal.0];
            let (title, help) = match link {
                Link::Closed => (
                    format!("{name} has closed its connection"),
                    "connect again with: $ wscat -c URL",
                ),
                Link::None | Link::Open(_) => (
                    format!("{name} is not connected"),
                    if left::is_command(&directive) {
                        "no > stands before a command: $ wscat -c URL"
                    } else {
                        "connect above with: $ wscat -c URL"
                    },
                ),
            };
            return Err(Diagnostic::new(title, span, "this needs a connection").help(help));
        }
        match &directive {
            Directive::Exit | Directive::Close { .. } => self.connected[terminal.0] = Link::Closed,
            Directive::Drop | Directive::Disconnected(_) => {
                self.connected[terminal.0] = Link::None;
            }
            _ => {}
        }
        let step = self.new_step(directive, limit, span);
        self.steps.push(step);
        Ok(())
    }
}
