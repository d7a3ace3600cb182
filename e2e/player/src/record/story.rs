//! What happened, in the order in which it did.

use crate::player::Arrival;

/// What happened in all terminals.
#[derive(Clone, Debug, Default)]
pub(crate) struct Story {
    /// The terminals' names, in the order of their first use.
    pub(crate) terminals: Vec<String>,
    /// What happened, and in which of the terminals.
    pub(crate) happenings: Vec<(usize, Happening)>,
}

/// One thing that happened in a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Happening {
    /// It was connected by this command, without the prompt.
    Connected(String),
    /// This command tried to connect it, and was answered with this HTTP status.
    Refused(String, u16),
    /// This was typed, in a transcript's notation, and sent.
    Typed(String),
    /// This arrived.
    Arrived(Arrival),
    /// It began to close its connection.
    Left,
    /// A remark was made.
    Noted(String),
}

impl Story {
    /// The number of the terminal with this name, which is a new one if there is none.
    pub(crate) fn terminal(&mut self, name: &str) -> usize {
        let known = self.terminals.iter().position(|known| known == name);
        known.unwrap_or_else(|| {
            self.terminals.push(name.to_owned());
            self.terminals.len() - 1
        })
    }

    /// Adds what happened.
    pub(crate) fn add(&mut self, terminal: usize, happening: Happening) {
        self.happenings.push((terminal, happening));
    }

    /// What happened, so that a person can read it: what arrived in several terminals between two things that somebody did is put
    /// together by terminal, beginning with the one that is being read. Nobody can tell the difference, because each terminal has
    /// a queue of its own.
    pub(super) fn in_reading_order(&self) -> Vec<&(usize, Happening)> {
        let mut ordered: Vec<&(usize, Happening)> = Vec::new();
        for group in self
            .happenings
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

impl Happening {
    fn is_arrival(&self) -> bool {
        matches!(self, Self::Arrived(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_arrived_at_the_same_time_is_read_terminal_by_terminal() {
        let mut story = Story::default();
        let arrived = |text: &str| Happening::Arrived(Arrival::Text(text.to_owned()));
        for (terminal, happening) in [
            (1, Happening::Typed("x".to_owned())),
            (0, arrived("a")),
            (1, arrived("b")),
            (0, arrived("c")),
            (0, Happening::Left),
            (1, arrived("d")),
        ] {
            story.add(terminal, happening);
        }
        let order: Vec<_> = story
            .in_reading_order()
            .iter()
            .map(|(terminal, happening)| match happening {
                Happening::Arrived(arrival) => format!("{terminal}{arrival}"),
                _ => terminal.to_string(),
            })
            .collect();
        assert_eq!(order, ["1", "1< b", "0< a", "0< c", "0", "1< d"]);
    }
}
