//! The order in which waiting invocations run: callers take turns. On Lambda, invocations of one client do not delay those of
//! others, because each gets a process. Here, an invocation waits for at most one of every other caller.

use std::collections::{BTreeMap, HashMap};

use tokio::time::Instant;

/// Invocations that wait for a process.
#[derive(Debug)]
pub(super) struct Turns<J> {
    /// By turn, then in the order in which they came.
    waiting: BTreeMap<(u64, u64), Waiting<J>>,
    /// The callers that have invocations here.
    callers: HashMap<String, Caller>,
    /// The turn of the invocation that left last.
    turn: u64,
    /// How many invocations have come.
    arrivals: u64,
}

#[derive(Debug)]
struct Waiting<J> {
    job: J,
    /// Who shares its turns. `None` for an invocation that has a turn of its own.
    caller: Option<String>,
    since: Instant,
}

#[derive(Debug)]
struct Caller {
    /// The turn of its last invocation.
    last: u64,
    /// How many of its invocations wait.
    waiting: usize,
}

impl<J> Default for Turns<J> {
    fn default() -> Self {
        Self {
            waiting: BTreeMap::new(),
            callers: HashMap::new(),
            turn: 0,
            arrivals: 0,
        }
    }
}

impl<J> Turns<J> {
    /// Adds an invocation that came at `now`. Those of the same caller have one turn each.
    pub(super) fn push(&mut self, job: J, caller: Option<&str>, now: Instant) {
        let turn = match caller {
            None => self.turn,
            Some(name) => {
                if let Some(caller) = self.callers.get_mut(name) {
                    caller.last += 1;
                    caller.waiting += 1;
                    caller.last
                } else {
                    let (last, waiting) = (self.turn, 1);
                    self.callers
                        .insert(name.to_owned(), Caller { last, waiting });
                    last
                }
            }
        };
        let waiting = Waiting {
            job,
            caller: caller.map(str::to_owned),
            since: now,
        };
        self.waiting.insert((turn, self.arrivals), waiting);
        self.arrivals += 1;
    }

    /// Takes the invocation whose turn it is.
    pub(super) fn pop(&mut self) -> Option<J> {
        let ((turn, _), waiting) = self.waiting.pop_first()?;
        self.turn = turn;
        if let Some(name) = waiting.caller
            && let Some(caller) = self.callers.get_mut(&name)
        {
            caller.waiting -= 1;
            if caller.waiting == 0 {
                self.callers.remove(&name);
            }
        }
        Some(waiting.job)
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Since when the invocation whose turn it is has waited.
    pub(super) fn head_since(&self) -> Option<Instant> {
        let (_, head) = self.waiting.first_key_value()?;
        Some(head.since)
    }
}
