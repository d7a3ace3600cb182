//! Decides which process runs which invocation, and when to start another process. Pure bookkeeping: [`super::Function`]
//! carries out the decisions and hands in the time.
//!
//! As on Lambda, a process runs one invocation at a time, an idle process is reused before a new one is started, and the
//! most recently used one first. An invocation runs even when its caller has stopped waiting. Unlike on Lambda,
//! invocations beyond the limit wait instead of being throttled, and the second process and those after it are started
//! only for an invocation that has waited for [`PATIENCE`]. A machine with few cores would otherwise spend its time on
//! starting processes for invocations that the first one is about to take.
//!
//! Callers take turns: on Lambda, invocations of one client do not delay those of others, because each gets a process. Here,
//! an invocation waits for at most one of every other caller.

use std::{collections::BTreeMap, time::Duration};

use tokio::time::Instant;

/// How long an invocation waits for the processes that exist before another one is started for it.
///
/// Node.js and Python need this much of a core to start, or more. An invocation that gets a process sooner would gain
/// nothing from a new one; one that does not is likely to wait for invocations that take long or block.
pub(crate) const PATIENCE: Duration = Duration::from_millis(50);

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

/// What a pool may use. Each is at least one in effect.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Maximum number of processes.
    pub(crate) processes: usize,
    /// Maximum number of processes that start at the same time. More than there are cores only delay each other.
    pub(crate) starting: usize,
    /// Maximum number of invocations that wait for a process.
    pub(crate) waiting: usize,
}

/// The processes of one function.
#[derive(Debug)]
pub(crate) struct Pool<J> {
    limits: Limits,
    processes: BTreeMap<ProcessId, State>,
    /// By turn, then in the order in which they came.
    waiting: BTreeMap<(u64, u64), Waiting<J>>,
    /// The turn of the invocation that left the queue last.
    turn: u64,
    /// How many invocations were queued.
    arrivals: u64,
    next_id: u64,
    /// Processes with a smaller id run outdated code.
    first_current: u64,
    clock: u64,
    /// When a process was last ready for the first time.
    last_started: Option<Instant>,
}

/// An invocation that waits for a process.
#[derive(Debug)]
struct Waiting<J> {
    job: J,
    /// Who shares its turns. `None` for an invocation that has a turn of its own.
    caller: Option<String>,
    since: Instant,
}

/// What to do with a new invocation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Submitted<J> {
    /// Give it to this idle process.
    Hand(ProcessId, J),
    /// Queued for a process; [`Pool::grow`] tells whether to start one.
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
            waiting: BTreeMap::new(),
            turn: 0,
            arrivals: 0,
            next_id: 0,
            first_current: 0,
            clock: 0,
            last_started: None,
        }
    }

    /// A new invocation has come. Those of the same `caller` wait for one another, those without a caller for none.
    pub(crate) fn submit(&mut self, job: J, caller: Option<&str>, now: Instant) -> Submitted<J> {
        if let Some(process) = self.latest_idle() {
            self.processes.insert(process, State::Busy);
            return Submitted::Hand(process, job);
        }
        if self.waiting.len() >= self.limits.waiting.max(1) {
            return Submitted::Refused(job);
        }
        let earlier = self.waiting.iter().rev();
        let mut earlier = earlier.filter(|(_, waiting)| waiting.caller.as_deref() == caller);
        let turn = match (caller, earlier.next()) {
            (Some(_), Some(((last, _), _))) => last + 1,
            _ => self.turn,
        };
        let waiting = Waiting {
            job,
            caller: caller.map(str::to_owned),
            since: now,
        };
        self.waiting.insert((turn, self.arrivals), waiting);
        self.arrivals += 1;
        Submitted::Queued
    }

    /// Takes the invocation whose turn it is.
    fn take(&mut self) -> Option<J> {
        let ((turn, _), waiting) = self.waiting.pop_first()?;
        self.turn = turn;
        Some(waiting.job)
    }

    /// Whether to start a process for the queued invocations. To be called after every change of the pool.
    ///
    /// The first process is started at once. Another one is started when the invocation at the head of the queue has
    /// waited for [`PATIENCE`], and the process that started last has had as long to shorten the queue.
    pub(crate) fn grow(&mut self, now: Instant) -> Growth {
        let Some((_, head)) = self.waiting.first_key_value() else {
            return Growth::Enough;
        };
        let states = self.processes.values();
        let starting = states.filter(|state| **state == State::Starting).count();
        let most_starting = self.limits.starting.max(1).min(self.waiting.len());
        if starting >= most_starting || self.processes.len() >= self.limits.processes.max(1) {
            return Growth::Enough;
        }
        let mut current = self.processes.range(ProcessId(self.first_current)..);
        let patient_until = head.since.max(self.last_started.unwrap_or(head.since)) + PATIENCE;
        if current.next().is_some() && now < patient_until {
            return Growth::At(patient_until);
        }
        let process = ProcessId(self.next_id);
        self.next_id += 1;
        self.processes.insert(process, State::Starting);
        Growth::Start(process)
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
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Eq)]
    struct Call(&'static str);

    const FIRST: ProcessId = ProcessId(0);
    const SECOND: ProcessId = ProcessId(1);
    const THIRD: ProcessId = ProcessId(2);

    /// A pool with a clock that only the test moves.
    struct Bench {
        pool: Pool<Call>,
        now: Instant,
    }

    impl Bench {
        fn new(processes: usize, starting: usize, waiting: usize) -> Self {
            let limits = Limits {
                processes,
                starting,
                waiting,
            };
            Self {
                pool: Pool::new(limits),
                now: Instant::now(),
            }
        }

        /// One whose first process runs the invocation `first`.
        fn busy(processes: usize, starting: usize) -> Self {
            let mut bench = Self::new(processes, starting, 10);
            bench.queue("first");
            bench.starts(&[FIRST]);
            bench.takes(FIRST, "first");
            bench
        }

        fn wait(&mut self, time: Duration) -> &mut Self {
            self.now += time;
            self
        }

        fn submit(&mut self, name: &'static str) -> Submitted<Call> {
            self.pool.submit(Call(name), None, self.now)
        }

        #[track_caller]
        fn queue_of(&mut self, caller: &str, name: &'static str) {
            let submitted = self.pool.submit(Call(name), Some(caller), self.now);
            assert_eq!(submitted, Submitted::Queued);
        }

        #[track_caller]
        fn queue(&mut self, name: &'static str) {
            assert_eq!(self.submit(name), Submitted::Queued);
        }

        #[track_caller]
        fn hands(&mut self, name: &'static str, process: ProcessId) {
            assert_eq!(self.submit(name), Submitted::Hand(process, Call(name)));
        }

        /// The pool starts these processes now, and no other.
        #[track_caller]
        fn starts(&mut self, wanted: &[ProcessId]) {
            let mut started = Vec::new();
            while let Growth::Start(process) = self.pool.grow(self.now) {
                started.push(process);
            }
            assert_eq!(started, wanted);
        }

        #[track_caller]
        fn grows_in(&mut self, time: Duration) {
            assert_eq!(self.pool.grow(self.now), Growth::At(self.now + time));
        }

        #[track_caller]
        fn is_enough(&mut self) {
            assert_eq!(self.pool.grow(self.now), Growth::Enough);
        }

        #[track_caller]
        fn takes(&mut self, process: ProcessId, name: &'static str) {
            assert_eq!(self.pool.ready(process, self.now), Some(Call(name)));
        }

        #[track_caller]
        fn becomes_idle(&mut self, process: ProcessId) {
            assert_eq!(self.pool.ready(process, self.now), None);
        }

        #[track_caller]
        fn ends(&mut self, process: ProcessId) {
            assert_eq!(self.pool.ended(process), None);
        }

        #[track_caller]
        fn fails(&mut self, process: ProcessId, name: &'static str) {
            assert_eq!(self.pool.ended(process), Some(Call(name)));
        }
    }

    #[test]
    fn the_first_invocation_starts_a_process_at_once_and_gets_it() {
        let mut bench = Bench::new(2, 2, 10);
        bench.is_enough();
        bench.queue("a");
        bench.starts(&[FIRST]);
        bench.takes(FIRST, "a");
    }

    #[test]
    fn an_idle_process_is_reused() {
        let mut bench = Bench::busy(2, 2);
        bench.becomes_idle(FIRST);
        bench.hands("b", FIRST);
        bench.is_enough();
    }

    #[test]
    fn invocations_that_a_busy_process_takes_soon_start_no_other() {
        let mut bench = Bench::busy(16, 16);
        for name in ["a", "b", "c", "d"] {
            bench.queue(name);
        }
        for name in ["a", "b", "c", "d"] {
            bench.wait(PATIENCE / 5).starts(&[]);
            bench.takes(FIRST, name);
        }
        bench.becomes_idle(FIRST);
        bench.wait(PATIENCE).is_enough();
    }

    #[test]
    fn an_invocation_that_has_waited_starts_another_process() {
        let mut bench = Bench::busy(2, 2);
        bench.wait(PATIENCE).queue("a");
        bench.grows_in(PATIENCE);
        bench.wait(PATIENCE / 5).grows_in(PATIENCE / 5 * 4);
        bench.wait(PATIENCE / 5 * 4).starts(&[SECOND]);
        bench.is_enough();
        bench.takes(SECOND, "a");
    }

    #[test]
    fn invocations_that_block_get_processes_up_to_the_limit() {
        let mut bench = Bench::busy(4, 2);
        for name in ["a", "b", "c", "d"] {
            bench.queue(name);
        }
        let (third, fourth) = (THIRD, ProcessId(3));
        // As many as may start at the same time.
        bench.wait(PATIENCE).starts(&[SECOND, third]);
        bench.is_enough();
        bench.takes(SECOND, "a");
        // The process that has just started may be quick.
        bench.grows_in(PATIENCE);
        bench.wait(PATIENCE).starts(&[fourth]);
        bench.takes(third, "b");
        bench.takes(fourth, "c");
        bench.wait(PATIENCE).is_enough();
        bench.takes(THIRD, "d");
    }

    #[test]
    fn no_more_processes_start_than_invocations_wait() {
        let mut bench = Bench::busy(16, 16);
        bench.queue("a");
        bench.queue("b");
        bench.wait(PATIENCE).starts(&[SECOND, THIRD]);
        bench.wait(PATIENCE).is_enough();
    }

    #[test]
    fn limits_of_zero_count_as_one() {
        let mut bench = Bench::new(0, 0, 0);
        bench.queue("a");
        bench.starts(&[FIRST]);
        bench.takes(FIRST, "a");
    }

    #[test]
    fn the_most_recently_used_process_is_used_first() {
        let mut bench = Bench::busy(2, 2);
        bench.queue("a");
        bench.wait(PATIENCE).starts(&[SECOND]);
        bench.takes(SECOND, "a");
        bench.becomes_idle(SECOND);
        bench.becomes_idle(FIRST);
        bench.hands("b", FIRST);
        bench.hands("c", SECOND);
    }

    #[test]
    fn callers_take_turns() {
        let mut bench = Bench::busy(1, 1);
        for name in ["flood 1", "flood 2", "flood 3", "flood 4"] {
            bench.queue_of("flood", name);
        }
        bench.queue_of("ana", "ana 1");
        bench.takes(FIRST, "flood 1");
        bench.takes(FIRST, "ana 1");
        bench.takes(FIRST, "flood 2");
        // One that comes late waits for no more than one that was early.
        bench.queue_of("ana", "ana 2");
        bench.queue("schedule");
        bench.takes(FIRST, "ana 2");
        bench.takes(FIRST, "schedule");
        bench.takes(FIRST, "flood 3");
        bench.takes(FIRST, "flood 4");
        bench.becomes_idle(FIRST);
    }

    #[test]
    fn invocations_beyond_the_queue_are_refused() {
        let mut bench = Bench::new(1, 1, 1);
        bench.queue("a");
        assert_eq!(bench.submit("b"), Submitted::Refused(Call("b")));
    }

    #[test]
    fn a_failed_start_fails_one_invocation() {
        let mut bench = Bench::new(1, 1, 10);
        bench.queue("a");
        bench.queue("b");
        bench.starts(&[FIRST]);
        bench.fails(FIRST, "a");
        bench.starts(&[SECOND]);
        bench.fails(SECOND, "b");
        bench.is_enough();
    }

    #[test]
    fn the_only_process_is_replaced_at_once_when_it_ends_and_invocations_wait() {
        let mut bench = Bench::busy(2, 2);
        bench.queue("a");
        bench.starts(&[]);
        bench.ends(FIRST);
        bench.starts(&[SECOND]);
        bench.takes(SECOND, "a");
    }

    #[test]
    fn after_a_renewal_outdated_processes_get_no_invocation_and_fail_none() {
        let mut bench = Bench::busy(3, 3);
        bench.queue("a");
        bench.wait(PATIENCE).starts(&[SECOND]);
        bench.pool.renew();
        assert!(bench.pool.is_outdated(FIRST) && bench.pool.is_outdated(SECOND));
        bench.queue("b");
        bench.starts(&[THIRD]);
        assert!(!bench.pool.is_outdated(THIRD));
        bench.ends(SECOND);
        bench.takes(THIRD, "a");
        bench.takes(THIRD, "b");
    }

    #[test]
    fn a_process_that_ends_idle_is_forgotten() {
        let mut bench = Bench::busy(1, 1);
        bench.becomes_idle(FIRST);
        bench.ends(FIRST);
        bench.is_enough();
        bench.queue("a");
        bench.starts(&[SECOND]);
    }
}
