//! What happened, a line an event, for people to read.

use std::fmt;

/// Who does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The client with this number, counted from 0.
    Client(usize),
    /// A handler, with the number of its invocation.
    Handler(usize),
    /// The network, and whoever else is to blame.
    Fate,
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Client(number) => format!("client {}", number + 1),
            Self::Handler(number) => format!("handler {}", number + 1),
            Self::Fate => "fate".to_owned(),
        };
        f.pad(&text)
    }
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When, in milliseconds since the beginning.
    pub at: u64,
    /// To whom, or by whom.
    pub who: Who,
    /// What.
    pub what: String,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, rest) = (self.at / 1_000, self.at % 1_000);
        write!(f, "{seconds:>6}.{rest:03}  {:<12}  {}", self.who, self.what)
    }
}

/// Keeps lines, or does not.
#[derive(Debug, Default)]
pub struct Trace(Option<Vec<Line>>);

impl Trace {
    /// One that keeps them.
    pub fn kept() -> Self {
        Self(Some(Vec::new()))
    }

    /// The lines so far.
    pub fn lines(&self) -> &[Line] {
        self.0.as_deref().unwrap_or_default()
    }

    /// Adds a line. `what` is asked only if lines are kept.
    pub(crate) fn note(&mut self, at: u64, who: Who, what: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.0 {
            let what = what();
            lines.push(Line { at, who, what });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stand_below_one_another() {
        let mut trace = Trace::kept();
        trace.note(7, Who::Client(0), || "says n1".to_owned());
        trace.note(90_012, Who::Handler(11), || "dies".to_owned());
        let lines: Vec<String> = trace.lines().iter().map(Line::to_string).collect();
        assert_eq!(
            lines,
            [
                "     0.007  client 1      says n1",
                "    90.012  handler 12    dies"
            ]
        );
    }

    #[test]
    fn nothing_is_asked_for_what_is_not_kept() {
        let mut trace = Trace::default();
        trace.note(7, Who::Fate, || unreachable!("nobody reads it"));
        assert!(trace.lines().is_empty());
    }
}
