//! A readable account of a run, one line per event.

use std::fmt;

/// Who causes an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A client, counted from 0.
    Client(usize),
    /// A handler, by the number of its invocation.
    Handler(usize),
    /// The network, API Gateway, DynamoDB or the clock.
    Environment,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Client(number) => format!("client {}", number + 1),
            Self::Handler(number) => format!("handler {}", number + 1),
            Self::Environment => "environment".to_owned(),
        };
        f.pad(&text)
    }
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Milliseconds since the start.
    pub at: u64,
    /// Who caused it.
    pub actor: Actor,
    /// What happened.
    pub what: String,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, rest) = (self.at / 1_000, self.at % 1_000);
        write!(
            f,
            "{seconds:>6}.{rest:03}  {:<12}  {}",
            self.actor, self.what
        )
    }
}

/// The events of a run, if they are recorded.
#[derive(Debug, Default)]
pub struct Trace(Option<Vec<Line>>);

impl Trace {
    /// A trace that records events.
    pub fn recording() -> Self {
        Self(Some(Vec::new()))
    }

    /// The events so far.
    pub fn lines(&self) -> &[Line] {
        self.0.as_deref().unwrap_or_default()
    }

    /// Adds an event. `what` is called only if events are recorded.
    pub(crate) fn note(&mut self, at: u64, actor: Actor, what: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.0 {
            let what = what();
            lines.push(Line { at, actor, what });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let mut trace = Trace::recording();
        trace.note(7, Actor::Client(0), || "sends n1".to_owned());
        trace.note(90_012, Actor::Handler(11), || "crashes".to_owned());
        let lines: Vec<String> = trace.lines().iter().map(Line::to_string).collect();
        assert_eq!(
            lines,
            [
                "     0.007  client 1      sends n1",
                "    90.012  handler 12    crashes"
            ]
        );
    }

    #[test]
    fn descriptions_are_not_built_unless_recorded() {
        let mut trace = Trace::default();
        trace.note(7, Actor::Environment, || unreachable!("not recorded"));
        assert!(trace.lines().is_empty());
    }
}
