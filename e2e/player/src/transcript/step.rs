//! What a line of a transcript does or expects.

use std::fmt;
use std::time::Duration;

use super::{Connect, Ending, Expected, Outcome, Payload};
use crate::source::Span;

/// The name that counts repetitions.
pub(crate) const COUNTER: &str = "n";

/// An index into [`Transcript::terminals`](super::Transcript::terminals).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TerminalId(pub usize);

/// One line that does or expects something.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Its place.
    pub span: Span,
    /// The terminal that it belongs to.
    pub terminal: TerminalId,
    /// `within 30 s …`: how long it may wait, if the line says so.
    pub limit: Option<Duration>,
    /// What it does or expects.
    pub directive: Directive,
}

/// What a line does or expects.
#[derive(Clone, Debug, PartialEq)]
pub enum Directive {
    /// `$ wscat -c ws://…`, with the line below it that says how it ended, if there is one.
    Connect(Connect),
    /// `> text`, or `in frames of 16384 bytes > text`.
    Send {
        /// The message.
        payload: Payload,
        /// The longest frame, if the message is split.
        frames: Option<usize>,
    },
    /// `< text`: the next thing that arrives is this frame.
    Receive(Expected),
    /// `< ...`: anything may arrive before what the next line expects.
    Skip,
    /// `< nothing for 300 ms`: nothing arrives, counted from here; frames that no line has read count as well.
    Silence(Duration),
    /// `in any order:`, with the `< …` lines below it: the next things that arrive are these frames, in whatever order.
    Unordered(Vec<Candidate>),
    /// `one of:`, with the `< …` lines below it: the next thing that arrives is one of these frames.
    OneOf(Vec<Candidate>),
    /// `ignoring:`, with the `< …` lines below it: from here on, such frames are ignored in this terminal.
    Ignore(Vec<Candidate>),
    /// `exit`: closes the connection, and waits until the other side has closed it too.
    Exit,
    /// `> /close 1000 reason`: the same, with a code.
    Close {
        /// The close code.
        code: u16,
        /// The reason, usually empty.
        reason: String,
    },
    /// `drop`: ends the TCP connection without a close frame.
    Drop,
    /// `pause 2 s`: does nothing for this time. What arrives during it can be read afterwards.
    Pause(Duration),
    /// `50 times > …`, or `50 times:` with the lines below it; `<n>` counts from 1.
    Repeat {
        /// How many times.
        times: u32,
        /// What is repeated: sending and receiving in one terminal.
        steps: Vec<Step>,
    },
    /// `fire the schedule NAME` or `restart the gateway`.
    Hook(Hook),
    /// `Disconnected (code: 1009, reason: "…")`: the next thing that arrives is this end of the connection.
    Disconnected(Ending),
}

/// A frame among several that are expected together.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Its place.
    pub span: Span,
    /// What one of the frames must be.
    pub expected: Expected,
}

/// What only the operator of the server can do. The player is given [`crate::player::Hooks`] that can, or skips such transcripts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hook {
    /// Invokes a scheduled function now, and waits until it is done.
    FireSchedule(String),
    /// Ends the gateway, and starts it again at the same address with the same tables.
    RestartGateway,
}

impl fmt::Display for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FireSchedule(name) => write!(f, "fire the schedule {name}"),
            Self::RestartGateway => f.write_str("restart the gateway"),
        }
    }
}

impl Step {
    /// Calls `found` with the name and place of every capture and variable in it.
    pub(crate) fn captures(&self, found: &mut dyn FnMut(&str, Span)) {
        let line = self.span.line;
        let mut own = |name: &str, bytes| found(name, Span::new(line, bytes));
        match &self.directive {
            Directive::Connect(connect) => {
                connect.url.captures(&mut own);
                for (_, value) in &connect.headers {
                    value.captures(&mut own);
                }
                let texts = connect.subprotocols.iter().chain(&connect.execute);
                for text in texts.chain(&connect.auth).chain(&connect.proxy) {
                    text.captures(&mut own);
                }
                for header in &connect.headers_expected {
                    if let Some(value) = &header.value {
                        value.captures(&mut |name, bytes| {
                            found(name, Span::new(header.span.line, bytes));
                        });
                    }
                }
                match &connect.outcome {
                    Outcome::Refused {
                        body: Some(body), ..
                    } => body.captures(found),
                    Outcome::Failed { reason, span } => {
                        reason
                            .captures(&mut |name, bytes| found(name, Span::new(span.line, bytes)));
                    }
                    _ => {}
                }
            }
            Directive::Send { payload, .. } => payload.captures(&mut own),
            Directive::Receive(expected) => expected.captures(&mut own),
            Directive::Unordered(lines) | Directive::OneOf(lines) | Directive::Ignore(lines) => {
                for line in lines {
                    line.captures(found);
                }
            }
            Directive::Repeat { steps, .. } => {
                for step in steps {
                    step.captures(found);
                }
            }
            Directive::Disconnected(
                Ending::Closed {
                    reason: Some(text), ..
                }
                | Ending::ProtocolError(text),
            ) => text.captures(&mut own),
            _ => {}
        }
    }
}

impl Candidate {
    /// Calls `found` with the name and place of every capture and variable in it.
    pub(super) fn captures(&self, found: &mut dyn FnMut(&str, Span)) {
        let line = self.span.line;
        self.expected
            .captures(&mut |name, bytes| found(name, Span::new(line, bytes)));
    }
}
