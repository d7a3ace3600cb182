//! Decides which process runs which invocation, and when to start another process. Pure bookkeeping: [`super::Function`]
//! carries out the decisions.
//!
//! As on Lambda, a process runs one invocation at a time, an idle process is reused before a new one is started, and the
//! most recently used one first. An invocation runs even when its caller has stopped waiting. Unlike on Lambda,
//! invocations beyond the limit wait instead of being throttled.

use std::collections::{BTreeMap, VecDeque};

/// Identifies a process within its pool; never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ProcessId(pub(crate) u64);

/// State of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Started, but has not asked for an invocation yet.
    Starting,
    /// Waits for an invocation; the number orders processes by when they became idle.
    Idle(u64),
    /// Runs an invocation.
    Busy,
}

/// The processes of one function.
#[derive(Debug)]
pub(crate) struct Pool<J> {
    most_processes: usize,
    most_waiting: usize,
    processes: BTreeMap<ProcessId, State>,
    waiting: VecDeque<J>,
    next_id: u64,
    /// Processes with a smaller id run outdated code.
    first_current: u64,
    clock: u64,
}

/// What to do with a new invocation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Submitted<J> {
    /// Give it to this idle process.
    Hand(ProcessId, J),
    /// Queued; start this process for it.
    Start(ProcessId),
    /// Queued for a process that is busy or starting.
    Queued,
    /// The queue is full.
    Refused(J),
}

/// What to do after a process has ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ended<J> {
    /// The invocation that fails with it, because the process ended before it asked for one. Each failed start consumes
    /// one invocation, so that a function that cannot start is not restarted forever.
    pub(crate) fails: Option<J>,
    /// Start this process for the queued invocations.
    pub(crate) start: Option<ProcessId>,
}

impl<J> Pool<J> {
    pub(crate) fn new(most_processes: usize, most_waiting: usize) -> Self {
        Self {
            most_processes: most_processes.max(1),
            most_waiting,
            processes: BTreeMap::new(),
            waiting: VecDeque::new(),
            next_id: 0,
            first_current: 0,
            clock: 0,
        }
    }

    /// A new invocation has come.
    pub(crate) fn submit(&mut self, job: J) -> Submitted<J> {
        if let Some(process) = self.latest_idle() {
            self.processes.insert(process, State::Busy);
            return Submitted::Hand(process, job);
        }
        if self.waiting.len() >= self.most_waiting {
            return Submitted::Refused(job);
        }
        self.waiting.push_back(job);
        match self.start_if_wanted() {
            Some(process) => Submitted::Start(process),
            None => Submitted::Queued,
        }
    }

    /// No process that is there now takes another invocation.
    pub(crate) fn renew(&mut self) {
        self.first_current = self.next_id;
        for state in self.processes.values_mut() {
            // Idle ones are not to be chosen, and starting ones are no longer waited for.
            *state = State::Busy;
        }
    }

    /// Whether the process was there before the last [`Self::renew`].
    pub(crate) fn is_outdated(&self, process: ProcessId) -> bool {
        process.0 < self.first_current
    }

    /// The process asks for an invocation: it gets the one that has waited longest, or becomes idle.
    pub(crate) fn ready(&mut self, process: ProcessId) -> Option<J> {
        let job = self.waiting.pop_front();
        self.clock += 1;
        let state = if job.is_some() {
            State::Busy
        } else {
            State::Idle(self.clock)
        };
        self.processes.insert(process, state);
        job
    }

    /// Records that the process has ended.
    pub(crate) fn ended(&mut self, process: ProcessId) -> Ended<J> {
        let state = self.processes.remove(&process);
        let fails = if state == Some(State::Starting) {
            self.waiting.pop_front()
        } else {
            None
        };
        Ended {
            fails,
            start: self.start_if_wanted(),
        }
    }

    fn latest_idle(&self) -> Option<ProcessId> {
        let idle = self
            .processes
            .iter()
            .filter_map(|(process, state)| match state {
                State::Idle(since) => Some((since, process)),
                State::Starting | State::Busy => None,
            });
        idle.max().map(|(_, process)| *process)
    }

    /// Starts a process when a queued invocation has none starting for it.
    fn start_if_wanted(&mut self) -> Option<ProcessId> {
        let starting = self
            .processes
            .values()
            .filter(|state| **state == State::Starting)
            .count();
        if self.waiting.len() <= starting || self.processes.len() >= self.most_processes {
            return None;
        }
        let process = ProcessId(self.next_id);
        self.next_id += 1;
        self.processes.insert(process, State::Starting);
        Some(process)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Eq)]
    struct Call(&'static str);

    const FIRST: ProcessId = ProcessId(0);
    const SECOND: ProcessId = ProcessId(1);

    #[test]
    fn the_first_invocation_starts_a_process_and_gets_it() {
        let mut pool = Pool::new(2, 10);
        assert_eq!(pool.submit(Call("a")), Submitted::Start(FIRST));
        assert_eq!(pool.ready(FIRST), Some(Call("a")));
    }

    #[test]
    fn an_idle_process_is_reused() {
        let mut pool = Pool::new(2, 10);
        pool.submit(Call("a"));
        pool.ready(FIRST);
        assert_eq!(pool.ready(FIRST), None);
        assert_eq!(pool.submit(Call("b")), Submitted::Hand(FIRST, Call("b")));
    }

    #[test]
    fn more_processes_are_started_up_to_the_limit() {
        let mut pool = Pool::new(2, 10);
        assert_eq!(pool.submit(Call("a")), Submitted::Start(FIRST));
        assert_eq!(pool.submit(Call("b")), Submitted::Start(SECOND));
        assert_eq!(pool.submit(Call("c")), Submitted::Queued);
        assert_eq!(pool.ready(SECOND), Some(Call("a")));
        assert_eq!(pool.ready(FIRST), Some(Call("b")));
        assert_eq!(pool.ready(FIRST), Some(Call("c")));
    }

    #[test]
    fn the_most_recently_used_process_is_used_first() {
        let mut pool = Pool::new(2, 10);
        pool.submit(Call("a"));
        pool.submit(Call("b"));
        pool.ready(FIRST);
        pool.ready(SECOND);
        pool.ready(SECOND);
        pool.ready(FIRST);
        assert_eq!(pool.submit(Call("c")), Submitted::Hand(FIRST, Call("c")));
        assert_eq!(pool.submit(Call("d")), Submitted::Hand(SECOND, Call("d")));
    }

    #[test]
    fn invocations_beyond_the_queue_are_refused() {
        let mut pool = Pool::new(1, 1);
        assert_eq!(pool.submit(Call("a")), Submitted::Start(FIRST));
        assert_eq!(pool.submit(Call("b")), Submitted::Refused(Call("b")));
    }

    #[test]
    fn a_failed_start_fails_one_invocation() {
        let mut pool = Pool::new(1, 10);
        pool.submit(Call("a"));
        pool.submit(Call("b"));
        assert_eq!(
            pool.ended(FIRST),
            Ended {
                fails: Some(Call("a")),
                start: Some(SECOND)
            }
        );
        assert_eq!(
            pool.ended(SECOND),
            Ended {
                fails: Some(Call("b")),
                start: None
            }
        );
    }

    #[test]
    fn a_process_that_ends_while_busy_is_replaced_when_invocations_are_queued() {
        let mut pool = Pool::new(1, 10);
        pool.submit(Call("a"));
        pool.ready(FIRST);
        assert_eq!(pool.submit(Call("b")), Submitted::Queued);
        assert_eq!(
            pool.ended(FIRST),
            Ended {
                fails: None,
                start: Some(SECOND)
            }
        );
        assert_eq!(pool.ready(SECOND), Some(Call("b")));
    }

    #[test]
    fn after_a_renewal_outdated_processes_get_no_invocation_and_fail_none() {
        let mut pool = Pool::new(3, 10);
        pool.submit(Call("a"));
        pool.ready(FIRST);
        pool.ready(FIRST);
        pool.submit(Call("b"));
        pool.submit(Call("c"));
        pool.renew();
        assert!(pool.is_outdated(FIRST) && pool.is_outdated(SECOND));
        let third = ProcessId(2);
        assert_eq!(pool.submit(Call("d")), Submitted::Start(third));
        assert!(!pool.is_outdated(third));
        assert_eq!(pool.ended(SECOND).fails, None);
        assert_eq!(pool.ready(third), Some(Call("c")));
    }

    #[test]
    fn a_process_that_ends_idle_is_forgotten() {
        let mut pool = Pool::new(1, 10);
        pool.submit(Call("a"));
        pool.ready(FIRST);
        pool.ready(FIRST);
        assert_eq!(
            pool.ended(FIRST),
            Ended {
                fails: None,
                start: None
            }
        );
        assert_eq!(pool.submit(Call("b")), Submitted::Start(SECOND));
    }
}
