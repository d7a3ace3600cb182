//! Decides which process runs which invocation, and when to start another process. Pure bookkeeping: [`super::Function`]
//! carries out the decisions and passes in the time.
//!
//! As on Lambda, a process runs one invocation at a time, an idle process is reused before a new one is started, and the
//! most recently used one first. An invocation runs even when its caller has stopped waiting. Unlike on Lambda,
//! invocations beyond the limit wait instead of being throttled, and the second process and those after it are started
//! only after [`GROWTH_DELAY`]: up to one for each core when invocations have been waiting all that time, further ones when
//! a single invocation has. A machine with few cores would otherwise spend its time on starting processes for invocations that the
//! first one is about to take. Processes that wait for one another, as when a function invokes itself, do not keep
//! invocations waiting, because the limit is independent of the cores.
//!
//! `turns` decides in which order waiting invocations run.

mod turns;

use std::{collections::BTreeMap, time::Duration};

use tokio::time::Instant;

use self::turns::Turns;

/// How long an invocation waits for the processes that exist before another one is started for it.
///
/// Node.js and Python need this much of a core to start, or more. An invocation that gets a process sooner would gain
/// nothing from a new one; one that does not is likely to wait for invocations that take long or block.
pub(crate) const GROWTH_DELAY: Duration = Duration::from_millis(50);

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

/// The limits of a pool. Each is effectively at least one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Maximum number of processes.
    pub(crate) processes: usize,
    /// Maximum number of processes that start at the same time, because more only delay each other.
    pub(crate) cores: usize,
    /// Maximum number of invocations that wait for a process.
    pub(crate) waiting: usize,
}

/// The processes of one function.
#[derive(Debug)]
pub(crate) struct Pool<J> {
    limits: Limits,
    processes: BTreeMap<ProcessId, State>,
    waiting: Turns<J>,
    /// Since when invocations have been waiting without a break.
    waiting_since: Option<Instant>,
    next_id: u64,
    /// Processes with a smaller id run outdated code.
    first_current: u64,
    clock: u64,
    /// When a process was last ready for the first time.
    last_started: Option<Instant>,
}

/// What to do with a new invocation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Submitted<J> {
    /// Give it to this idle process.
    Hand(ProcessId, J),
    /// Queued for a process; [`Pool::grow`] decides whether to start one.
    Queued,
    /// The queue is full.
    Refused(J),
}

/// Whether the queued invocations need another process.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Growth {
    /// Start this process, and ask again.
    Start(ProcessId),
    /// Ask again at this time.
    At(Instant),
    /// No, until the pool changes.
    Enough,
}

impl<J> Pool<J> {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            processes: BTreeMap::new(),
            waiting: Turns::default(),
            waiting_since: None,
            next_id: 0,
            first_current: 0,
            clock: 0,
            last_started: None,
        }
    }

    /// Adds an invocation. Callers take turns; see [`Turns::push`].
    pub(crate) fn submit(&mut self, job: J, caller: Option<&str>, now: Instant) -> Submitted<J> {
        if let Some(process) = self.latest_idle() {
            self.processes.insert(process, State::Busy);
            return Submitted::Hand(process, job);
        }
        if self.waiting.len() >= self.limits.waiting.max(1) {
            return Submitted::Refused(job);
        }
        self.waiting.push(job, caller, now);
        self.waiting_since.get_or_insert(now);
        Submitted::Queued
    }

    /// Whether to start a process for the queued invocations. Call it after every change of the pool.
    ///
    /// The first process is started at once. Another one is started when invocations have waited for [`GROWTH_DELAY`], see the
    /// module, and the process that started last has had as long to shorten the queue.
    pub(crate) fn grow(&mut self, now: Instant) -> Growth {
        let (Some(head), Some(any)) = (self.waiting.head_since(), self.waiting_since) else {
            return Growth::Enough;
        };
        let states = self.processes.values();
        let starting = states.filter(|state| **state == State::Starting).count();
        let cores = self.limits.cores.max(1);
        let count = self.processes.len();
        if starting >= cores.min(self.waiting.len()) || count >= self.limits.processes.max(1) {
            return Growth::Enough;
        }
        // One process cannot use the other cores, however short its invocations are.
        let since = if count < cores { any } else { head };
        let mut current = self.processes.range(ProcessId(self.first_current)..);
        let growth_at = since.max(self.last_started.unwrap_or(since)) + GROWTH_DELAY;
        if current.next().is_some() && now < growth_at {
            return Growth::At(growth_at);
        }
        let process = ProcessId(self.next_id);
        self.next_id += 1;
        self.processes.insert(process, State::Starting);
        Growth::Start(process)
    }

    /// Makes all processes outdated: none of them takes another invocation.
    pub(crate) fn renew(&mut self) {
        self.first_current = self.next_id;
        for state in self.processes.values_mut() {
            // Idle processes must not be chosen, and starting ones are no longer waited for.
            *state = State::Busy;
        }
    }

    /// Whether the process was there before the last [`Self::renew`].
    pub(crate) fn is_outdated(&self, process: ProcessId) -> bool {
        process.0 < self.first_current
    }

    /// The process asks for an invocation: it gets the one whose turn it is, or becomes idle.
    pub(crate) fn ready(&mut self, process: ProcessId, now: Instant) -> Option<J> {
        let job = self.take();
        self.clock += 1;
        let state = if job.is_some() {
            State::Busy
        } else {
            State::Idle(self.clock)
        };
        if self.processes.insert(process, state) == Some(State::Starting) {
            self.last_started = Some(now);
        }
        job
    }

    /// Records that the process has ended. Returns the invocation that fails with it when it ended before it asked for
    /// one: each failed start consumes one invocation, so that a function that cannot start is not restarted forever.
    pub(crate) fn ended(&mut self, process: ProcessId) -> Option<J> {
        if self.processes.remove(&process) != Some(State::Starting) {
            return None;
        }
        self.take()
    }

    /// The invocation whose turn it is.
    fn take(&mut self) -> Option<J> {
        let job = self.waiting.pop();
        if self.waiting.len() == 0 {
            self.waiting_since = None;
        }
        job
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
}

#[cfg(test)]
mod tests;
