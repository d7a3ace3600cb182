//! Recorded events, in order.

use std::collections::BTreeSet;

use crate::pattern::Captures;
use crate::player::Arrival;

/// The events of all terminals.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recording {
    /// The values of `<$name>`.
    pub(crate) variables: Captures,
    /// The terminals' names, in the order of their first use.
    pub(crate) terminals: Vec<String>,
    /// Events with the index of their terminal.
    pub(crate) events: Vec<(usize, Event)>,
    /// Lines that expect what the server sends by itself, with the index of the terminal.
    pub(crate) tickers: BTreeSet<(usize, String)>,
}

/// An event in a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// This command connected it, written without the prompt.
    Connected(String),
    /// A command was rejected.
    Refused {
        /// The command, written without the prompt.
        command: String,
        /// The HTTP status.
        status: u16,
        /// The body of the response.
        body: String,
    },
    /// This line was typed, in a transcript's notation, and sent.
    Typed(String),
    /// This arrived.
    Arrived(Arrival),
    /// It began to close its connection.
    Left,
    /// A comment.
    Noted(String),
}

impl Recording {
    /// A recording without events, in which lines may use `variables`.
    pub(super) fn new(variables: Captures) -> Self {
        Self {
            variables,
            ..Self::default()
        }
    }

    /// The index of the terminal with this name, which is created if there is none.
    pub(crate) fn terminal(&mut self, name: &str) -> usize {
        let known = self.terminals.iter().position(|known| known == name);
        known.unwrap_or_else(|| {
            self.terminals.push(name.to_owned());
            self.terminals.len() - 1
        })
    }

    /// Adds an event.
    pub(crate) fn add(&mut self, terminal: usize, event: Event) {
        self.events.push((terminal, event));
    }

    /// Events in an order for readers: what arrived in several terminals between two actions is grouped by terminal, beginning with the
    /// current one. That plays the same, because each terminal has its own queue.
    pub(super) fn in_reading_order(&self) -> Vec<&(usize, Event)> {
        let mut ordered: Vec<&(usize, Event)> = Vec::new();
        for group in self
            .events
            .chunk_by(|(_, left), (_, right)| left.is_arrival() && right.is_arrival())
        {
            let current = ordered.last().map_or(0, |(terminal, _)| *terminal);
            let begin = ordered.len();
            ordered.extend(group);
            // The sort is stable: within a terminal the order stays.
            ordered[begin..].sort_by_key(|(terminal, _)| (*terminal != current, *terminal));
        }
        ordered
    }
}

impl Event {
    fn is_arrival(&self) -> bool {
        matches!(self, Self::Arrived(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simultaneous_arrivals_are_grouped_by_terminal() {
        let mut recording = Recording::default();
        let arrived = |text: &str| Event::Arrived(Arrival::Text(text.to_owned()));
        for (terminal, event) in [
            (1, Event::Typed("x".to_owned())),
            (0, arrived("a")),
            (1, arrived("b")),
            (0, arrived("c")),
            (0, Event::Left),
            (1, arrived("d")),
        ] {
            recording.add(terminal, event);
        }
        let order: Vec<_> = recording
            .in_reading_order()
            .iter()
            .map(|(terminal, event)| match event {
                Event::Arrived(arrival) => format!("{terminal}{arrival}"),
                _ => terminal.to_string(),
            })
            .collect();
        assert_eq!(order, ["1", "1< b", "0< a", "0< c", "0", "1< d"]);
    }
}
