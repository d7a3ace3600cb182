//! The decisions of a pool, on a clock that only the tests move.

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
    fn new(processes: usize, cores: usize, waiting: usize) -> Self {
        let limits = Limits {
            processes,
            cores,
            waiting,
        };
        Self {
            pool: Pool::new(limits),
            now: Instant::now(),
        }
    }

    /// A bench whose first process runs the invocation `first`.
    fn busy(processes: usize, cores: usize) -> Self {
        let mut bench = Self::new(processes, cores, 10);
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
        bench.wait(GROWTH_DELAY / 5).starts(&[]);
        bench.takes(FIRST, name);
    }
    bench.becomes_idle(FIRST);
    bench.wait(GROWTH_DELAY).is_enough();
}

#[test]
fn a_queue_that_is_never_empty_gets_a_process_for_each_core() {
    let mut bench = Bench::busy(16, 2);
    bench.queue("a");
    for (name, next) in [("a", "b"), ("b", "c"), ("c", "d"), ("d", "e")] {
        bench.queue(next);
        bench.wait(GROWTH_DELAY / 5).starts(&[]);
        bench.takes(FIRST, name);
    }
    bench.wait(GROWTH_DELAY / 5).starts(&[SECOND]);
    bench.queue("f");
    bench.takes(SECOND, "e");
    // There are as many processes as cores, and no invocation has waited for long.
    bench.queue("g");
    bench.takes(FIRST, "f");
    bench.wait(GROWTH_DELAY / 2).takes(SECOND, "g");
    bench.queue("h");
    bench.wait(GROWTH_DELAY / 2).starts(&[]);
    bench.wait(GROWTH_DELAY / 2).starts(&[THIRD]);
}

#[test]
fn an_invocation_that_has_waited_starts_another_process() {
    let mut bench = Bench::busy(2, 1);
    bench.wait(GROWTH_DELAY).queue("a");
    bench.grows_in(GROWTH_DELAY);
    bench.wait(GROWTH_DELAY / 5).grows_in(GROWTH_DELAY / 5 * 4);
    bench.wait(GROWTH_DELAY / 5 * 4).starts(&[SECOND]);
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
    bench.wait(GROWTH_DELAY).starts(&[SECOND, third]);
    bench.is_enough();
    bench.takes(SECOND, "a");
    // The process that has just started may be quick.
    bench.grows_in(GROWTH_DELAY);
    bench.wait(GROWTH_DELAY).starts(&[fourth]);
    bench.takes(third, "b");
    bench.takes(fourth, "c");
    bench.wait(GROWTH_DELAY).is_enough();
    bench.takes(THIRD, "d");
}

#[test]
fn no_more_processes_start_than_invocations_wait() {
    let mut bench = Bench::busy(16, 16);
    bench.queue("a");
    bench.queue("b");
    bench.wait(GROWTH_DELAY).starts(&[SECOND, THIRD]);
    bench.wait(GROWTH_DELAY).is_enough();
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
    bench.wait(GROWTH_DELAY).starts(&[SECOND]);
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
    // A caller that comes late waits no longer than one that came early.
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
    bench.wait(GROWTH_DELAY).starts(&[SECOND]);
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
