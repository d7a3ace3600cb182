//! The order in which waiting invocations run: callers take turns. On Lambda, the invocations of one client do not delay those
//! of another, because each gets a process. Here, an invocation waits for at most one invocation of every other caller.

use std::collections::{BTreeMap, HashMap};

use tokio::time::Instant;

/// Invocations that wait for a process.
#[derive(Debug)]
pub(super) struct Turns<J> {
    /// By turn, then by arrival.
    waiting: BTreeMap<(u64, u64), Waiting<J>>,
    /// The callers of waiting invocations.
    callers: HashMap<String, Caller>,
    /// The turn of the invocation that was taken last.
    turn: u64,
    /// The number of invocations so far.
    arrivals: u64,
}

#[derive(Debug)]
struct Waiting<J> {
    job: J,
    /// Whose turn it takes. `None` if it was submitted without a caller.
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
    /// Adds an invocation that arrived at `now`. A caller has one invocation in each turn; an invocation without a caller joins
    /// the current turn.
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

    /// When the next invocation began to wait.
    pub(super) fn head_since(&self) -> Option<Instant> {
        let (_, head) = self.waiting.first_key_value()?;
        Some(head.since)
    }
}
