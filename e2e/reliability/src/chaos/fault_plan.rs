//! Decides which faults happen when, from one seed.
//!
//! The same seed and rates give the same plan. The number of connections and processes varies with the timing, so a plan
//! names a victim by a number, which is taken modulo the number of candidates when its time comes.

use std::collections::BinaryHeap;
use std::time::Duration;

use fastrand::Rng;

use super::client::{Command, Leaving};

/// The mean time between two events of a kind. `None` disables it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// A client sends messages.
    pub send: Option<Duration>,
    /// A network fault.
    pub network: Option<Duration>,
    /// A function's process is killed.
    pub function: Option<Duration>,
    /// The gateway is killed.
    pub gateway: Option<Duration>,
    /// A page is reloaded.
    pub reload: Option<Duration>,
    /// A person returns to the page, or scrolls up.
    pub resume: Option<Duration>,
    /// The clean-up runs.
    pub clean_up: Option<Duration>,
}

/// A planned event.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum PlannedEvent {
    /// The client with this number, counted from 0, or its person does something.
    Client(usize, Command),
    /// A fault on one of the connections.
    Network { victim: u64, fault: NetworkFault },
    /// SIGKILL for one of the functions' processes.
    KillFunction { victim: u64 },
    /// SIGKILL for the gateway, which is restarted after `down`.
    KillGateway { down: Duration },
    /// The clean-up runs out of turn.
    CleanUp,
}

/// A fault on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NetworkFault {
    /// Both ends see the connection closed; data in flight is lost.
    Cut,
    /// Both ends see the connection reset.
    Reset,
    /// One end sees the connection closed, and the other one later.
    CutAtOneEnd { end: End, other_after: Duration },
    /// Nothing flows for a while; afterwards the connection continues or is reset.
    Stall {
        up: bool,
        down: bool,
        lasts: Duration,
        then_reset: bool,
    },
    /// Everything is late for a while.
    Delay { by: Duration, lasts: Duration },
}

/// One end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The client.
    Client,
    /// The gateway.
    Gateway,
}

/// All events in the order of their times; infinite unless all rates are disabled.
#[derive(Debug)]
pub(super) struct FaultPlan {
    clients: usize,
    random: Rng,
    /// The kinds of events, with their mean times.
    kinds: Vec<(Draw, Duration)>,
    /// The next event of each kind.
    next: BinaryHeap<std::cmp::Reverse<(Duration, usize)>>,
}

/// Draws an event of one kind for this many clients.
type Draw = fn(&mut Rng, usize) -> PlannedEvent;

impl FaultPlan {
    /// The plan of `seed` for this many clients, at least one.
    pub(super) fn new(seed: u64, clients: usize, rates: &Rates) -> Self {
        let kinds: [(Draw, _); 7] = [
            (send, rates.send),
            (network, rates.network),
            (kill_function, rates.function),
            (kill_gateway, rates.gateway),
            (reload, rates.reload),
            (resume, rates.resume),
            (|_, _| PlannedEvent::CleanUp, rates.clean_up),
        ];
        let kinds = kinds.into_iter();
        let mut plan = Self {
            clients: clients.max(1),
            random: Rng::with_seed(seed),
            kinds: kinds
                .filter_map(|(draw, every)| Some((draw, every?)))
                .collect(),
            next: BinaryHeap::new(),
        };
        for kind in 0..plan.kinds.len() {
            plan.schedule(kind, Duration::ZERO);
        }
        plan
    }

    fn schedule(&mut self, kind: usize, after: Duration) {
        let (_, every) = self.kinds[kind];
        // The gaps of a Poisson process, so that events of any kind may coincide. `1 - f64` is never zero.
        let gap = every.mul_f64(-(1.0 - self.random.f64()).ln());
        self.next.push(std::cmp::Reverse((after + gap, kind)));
    }
}

impl Iterator for FaultPlan {
    /// The time since the start, and the event.
    type Item = (Duration, PlannedEvent);

    fn next(&mut self) -> Option<Self::Item> {
        let std::cmp::Reverse((at, kind)) = self.next.pop()?;
        self.schedule(kind, at);
        let (draw, _) = self.kinds[kind];
        Some((at, draw(&mut self.random, self.clients)))
    }
}

fn send(random: &mut Rng, clients: usize) -> PlannedEvent {
    let client = random.usize(..clients);
    let count = one_in(random, 10).map_or(1, |random| random.usize(2..=6));
    let bytes = one_in(random, 20).map_or(0, |random| random.usize(500..4_000));
    PlannedEvent::Client(client, Command::Send { count, bytes })
}

fn network(random: &mut Rng, _: usize) -> PlannedEvent {
    PlannedEvent::Network {
        victim: random.u64(..),
        fault: network_fault(random),
    }
}

fn kill_function(random: &mut Rng, _: usize) -> PlannedEvent {
    let victim = random.u64(..);
    PlannedEvent::KillFunction { victim }
}

fn kill_gateway(random: &mut Rng, _: usize) -> PlannedEvent {
    let down = milliseconds(random, 0..2_500);
    PlannedEvent::KillGateway { down }
}

fn reload(random: &mut Rng, clients: usize) -> PlannedEvent {
    let client = random.usize(..clients);
    PlannedEvent::Client(client, Command::Reload(leaving(random)))
}

fn resume(random: &mut Rng, clients: usize) -> PlannedEvent {
    let client = random.usize(..clients);
    let scrolls = one_in(random, 3).is_some();
    PlannedEvent::Client(
        client,
        if scrolls {
            Command::ScrollUp
        } else {
            Command::Resume
        },
    )
}

fn one_in(random: &mut Rng, of: u32) -> Option<&mut Rng> {
    (random.u32(..of) == 0).then_some(random)
}

fn milliseconds(random: &mut Rng, range: std::ops::Range<u64>) -> Duration {
    Duration::from_millis(random.u64(range))
}

fn leaving(random: &mut Rng) -> Leaving {
    match random.u32(..3) {
        0 => Leaving::Closing,
        1 => Leaving::Vanishing,
        _ => Leaving::Lingering(milliseconds(random, 1_000..30_000)),
    }
}

fn network_fault(random: &mut Rng) -> NetworkFault {
    match random.u32(..10) {
        0 | 1 => NetworkFault::Cut,
        2 | 3 => NetworkFault::Reset,
        4 => NetworkFault::CutAtOneEnd {
            end: if random.bool() {
                End::Client
            } else {
                End::Gateway
            },
            other_after: milliseconds(random, 100..20_000),
        },
        5..=7 => {
            // Both directions half of the time, never none.
            let (up, down) = match random.u32(..4) {
                0 => (true, false),
                1 => (false, true),
                _ => (true, true),
            };
            NetworkFault::Stall {
                up,
                down,
                lasts: milliseconds(random, 500..30_000),
                then_reset: random.bool(),
            }
        }
        _ => NetworkFault::Delay {
            by: milliseconds(random, 20..1_500),
            lasts: milliseconds(random, 500..10_000),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Rates = {
        let every = Some(Duration::from_secs(1));
        Rates {
            send: every,
            network: every,
            function: every,
            gateway: every,
            reload: every,
            resume: every,
            clean_up: every,
        }
    };

    fn events(seed: u64) -> Vec<(Duration, PlannedEvent)> {
        FaultPlan::new(seed, 5, &ALL).take(2_000).collect()
    }

    #[test]
    fn a_seed_reproduces_its_plan() {
        assert_eq!(events(7), events(7));
        assert_ne!(events(7), events(8));
    }

    #[test]
    fn events_are_in_order_at_about_the_requested_rate() {
        let events = events(1);
        assert!(events.is_sorted_by_key(|(at, _)| *at));
        let gateway = |(_, event): &&(Duration, PlannedEvent)| {
            matches!(event, PlannedEvent::KillGateway { .. })
        };
        let count = events.iter().filter(gateway).count();
        // About a seventh of 2,000.
        assert!((200..400).contains(&count), "{count}");
    }

    #[test]
    fn every_network_fault_occurs_and_every_client_sends() {
        let events = events(3);
        let mut senders: Vec<usize> = Vec::new();
        let mut faults = [false; 5];
        for (_, event) in events {
            match event {
                PlannedEvent::Client(client, Command::Send { count, .. }) => {
                    assert!((1..=6).contains(&count));
                    senders.push(client);
                }
                PlannedEvent::Network { fault, .. } => {
                    let kind = match fault {
                        NetworkFault::Cut => 0,
                        NetworkFault::Reset => 1,
                        NetworkFault::CutAtOneEnd { .. } => 2,
                        NetworkFault::Stall { up, down, .. } => {
                            assert!(up || down);
                            3
                        }
                        NetworkFault::Delay { .. } => 4,
                    };
                    faults[kind] = true;
                }
                _ => {}
            }
        }
        assert_eq!(faults, [true; 5]);
        senders.sort_unstable();
        senders.dedup();
        assert_eq!(senders, [0, 1, 2, 3, 4]);
    }

    #[test]
    fn disabled_events_are_not_planned() {
        let calm = Rates {
            network: None,
            function: None,
            gateway: None,
            reload: None,
            resume: None,
            clean_up: None,
            ..ALL
        };
        let mut plan = FaultPlan::new(1, 1, &calm).take(100);
        assert!(
            plan.all(|(_, event)| matches!(event, PlannedEvent::Client(0, Command::Send { .. })))
        );
        let nothing = Rates { send: None, ..calm };
        assert_eq!(FaultPlan::new(1, 1, &nothing).next(), None);
    }
}
