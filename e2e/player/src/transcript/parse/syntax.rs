//! The kinds of lines, and the context that decides between them: types shared by the parsers of lines and frames.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::pattern::Template;
use crate::transcript::Directive;

/// A line by itself.
#[derive(Debug, PartialEq)]
pub(super) enum Line<'a> {
    /// Empty, a comment, the prompt of a shell, or a command that installs `wscat`.
    Blank,
    /// `[name]`
    Terminal(&'a str),
    /// `$ command`, or `wscat …` without the prompt.
    Command {
        /// The command.
        text: &'a str,
        /// Its place, in bytes.
        start: usize,
    },
    /// `Connected (press CTRL+C to quit)`
    Connected,
    /// `error: Unexpected server response: 403`
    Refused(Vec<RangeInclusive<u16>>),
    /// `error: connection refused`
    Failed(Template),
    /// `< Content-Type: text/plain`, below `wscat … --show-headers`
    Header(Header),
    /// A line that says what the lines below it are.
    Group(GroupKind),
    /// `50 times > text`
    Repeat {
        /// How many times.
        times: u32,
        /// What is repeated.
        directive: Box<Directive>,
    },
    /// Anything else, with the time limit of `within 30 s …`.
    Directive(Box<Directive>, Option<Duration>),
}

/// Without a time limit.
impl From<Directive> for Line<'_> {
    fn from(directive: Directive) -> Self {
        Self::Directive(Box::new(directive), None)
    }
}

/// The meaning that a line such as `in any order:` gives the lines below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GroupKind {
    /// `in any order:`
    Unordered,
    /// `one of:`
    OneOf,
    /// `ignoring:`
    Ignore,
    /// `50 times:`
    Repeat(u32),
}

/// A response's header that is expected.
#[derive(Debug, PartialEq)]
pub(super) struct Header {
    pub(super) name: http::HeaderName,
    /// `None` where there must be no such header.
    pub(super) value: Option<Template>,
}

/// The context of a line, as far as it decides what the line is.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    /// Only names that it knows are placeholders in sent text.
    pub(super) is_captured: &'a dyn Fn(&str) -> bool,
    /// The options with which the terminal was opened.
    pub(super) options: Options,
    /// Whether the lines above belong to `wscat … --show-headers`.
    pub(super) in_headers: bool,
    /// Whether the line above sends or expects a frame.
    pub(super) below_frame: bool,
}

/// The options of `wscat` that decide what later lines mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Options {
    /// `--slash`
    pub(super) slash: bool,
    /// `-P`
    pub(super) shows_pings: bool,
    /// `-x`
    pub(super) executes: bool,
}
