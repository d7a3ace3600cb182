//! What happens when: everything that a run does, drawn from one seed before it begins.
//!
//! The same seed and the same rates give the same plan. What a deed hits depends on what is there when its time has come, so
//! a deed names its victim by a number that is divided by how many there are then.

use std::collections::BinaryHeap;
use std::time::Duration;

use fastrand::Rng;

use crate::client::Leaving;

/// How long it takes on average until something of a kind happens again. `None`: it never happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rates {
    /// Somebody says something.
    pub(crate) say: Option<Duration>,
    /// Something happens to a connection.
    pub(crate) fault: Option<Duration>,
    /// A function's process is killed.
    pub(crate) function: Option<Duration>,
    /// The gateway is killed.
    pub(crate) gateway: Option<Duration>,
    /// Somebody reloads the page.
    pub(crate) reload: Option<Duration>,
    /// Somebody looks at the page again, or scrolls up.
    pub(crate) look: Option<Duration>,
    /// The clean-up runs.
    pub(crate) clean_up: Option<Duration>,
}

/// One thing that happens.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Deed {
    /// This client says `count` messages at once, of at least so many bytes.
    Say {
        client: usize,
        count: usize,
        bytes: usize,
    },
    /// Something happens to one of the connections.
    Fault { victim: u64, fault: Fault },
    /// One of the functions' processes gets SIGKILL.
    KillFunction { victim: u64 },
    /// The gateway gets SIGKILL, and is started again after a while.
    KillGateway { down: Duration },
    /// This client's page is loaded again, or another one is opened.
    Reload { client: usize, leaving: Leaving },
    /// This client looks at the page again, and makes sure of its connection.
    Look { client: usize },
    /// This client scrolls up.
    ScrollUp { client: usize },
    /// The clean-up runs out of turn.
    CleanUp,
}

/// What happens to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It ends for both, with what was on its way.
    Cut,
    /// It ends for both, with an error.
    Reset,
    /// It ends for one, and the other one hears of it later.
    CutAtOneEnd { end: End, other_after: Duration },
    /// Nothing flows any more, and nobody is told; for a while, or until the connection is reset.
    Stall {
        up: bool,
        down: bool,
        lasts: Duration,
        then_reset: bool,
    },
    /// All that flows is late by so much; for a while.
    Delay { by: Duration, lasts: Duration },
}

/// One end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Where somebody chats.
    Client,
    /// Where the gateway is.
    Gateway,
}

/// All deeds in the order of their times, for ever.
#[derive(Debug)]
pub(crate) struct Plan {
    clients: usize,
    random: Rng,
    rates: Vec<(Kind, Duration)>,
    /// The next deed of each kind.
    next: BinaryHeap<std::cmp::Reverse<(Duration, usize)>>,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Say,
    Fault,
    Function,
    Gateway,
    Reload,
    Look,
    CleanUp,
}

impl Plan {
    /// The plan of `seed` for so many clients, one at least.
    pub(crate) fn new(seed: u64, clients: usize, rates: &Rates) -> Self {
        let kinds = [
            (Kind::Say, rates.say),
            (Kind::Fault, rates.fault),
            (Kind::Function, rates.function),
            (Kind::Gateway, rates.gateway),
            (Kind::Reload, rates.reload),
            (Kind::Look, rates.look),
            (Kind::CleanUp, rates.clean_up),
        ];
        let rates = kinds
            .into_iter()
            .filter_map(|(kind, every)| Some((kind, every?)));
        let mut plan = Self {
            clients: clients.max(1),
            random: Rng::with_seed(seed),
            rates: rates.collect(),
            next: BinaryHeap::new(),
        };
        for kind in 0..plan.rates.len() {
            plan.schedule(kind, Duration::ZERO);
        }
        plan
    }

    fn schedule(&mut self, kind: usize, after: Duration) {
        let (_, every) = self.rates[kind];
        // Gaps of a Poisson process: what is independent of the past surprises most. `1 - f64` is never zero.
        let gap = every.mul_f64(-(1.0 - self.random.f64()).ln());
        self.next.push(std::cmp::Reverse((after + gap, kind)));
    }

    fn deed(&mut self, kind: Kind) -> Deed {
        let clients = self.clients;
        let random = &mut self.random;
        match kind {
            Kind::Say => Deed::Say {
                client: random.usize(..clients),
                count: one_in(random, 10).map_or(1, |random| random.usize(2..=6)),
                bytes: one_in(random, 20).map_or(0, |random| random.usize(500..4_000)),
            },
            Kind::Fault => Deed::Fault {
                victim: random.u64(..),
                fault: fault(random),
            },
            Kind::Function => Deed::KillFunction {
                victim: random.u64(..),
            },
            Kind::Gateway => Deed::KillGateway {
                down: milliseconds(random, 0..2_500),
            },
            Kind::Reload => Deed::Reload {
                client: random.usize(..clients),
                leaving: leaving(random),
            },
            Kind::Look => {
                let client = random.usize(..clients);
                match one_in(random, 3) {
                    Some(_) => Deed::ScrollUp { client },
                    None => Deed::Look { client },
                }
            }
            Kind::CleanUp => Deed::CleanUp,
        }
    }
}

impl Iterator for Plan {
    /// When, counted from the beginning, and what.
    type Item = (Duration, Deed);

    fn next(&mut self) -> Option<Self::Item> {
        let std::cmp::Reverse((at, kind)) = self.next.pop()?;
        self.schedule(kind, at);
        let (kind, _) = self.rates[kind];
        Some((at, self.deed(kind)))
    }
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

fn fault(random: &mut Rng) -> Fault {
    match random.u32(..10) {
        0 | 1 => Fault::Cut,
        2 | 3 => Fault::Reset,
        4 => Fault::CutAtOneEnd {
            end: if random.bool() {
                End::Client
            } else {
                End::Gateway
            },
            other_after: milliseconds(random, 100..20_000),
        },
        5..=7 => {
            // Both directions half of the time, and never none.
            let (up, down) = match random.u32(..4) {
                0 => (true, false),
                1 => (false, true),
                _ => (true, true),
            };
            Fault::Stall {
                up,
                down,
                lasts: milliseconds(random, 500..30_000),
                then_reset: random.bool(),
            }
        }
        _ => Fault::Delay {
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
            say: every,
            fault: every,
            function: every,
            gateway: every,
            reload: every,
            look: every,
            clean_up: every,
        }
    };

    fn deeds(seed: u64) -> Vec<(Duration, Deed)> {
        Plan::new(seed, 5, &ALL).take(2_000).collect()
    }

    #[test]
    fn the_same_seed_gives_the_same_plan_and_another_one_another() {
        assert_eq!(deeds(7), deeds(7));
        assert_ne!(deeds(7), deeds(8));
    }

    #[test]
    fn deeds_come_in_order_about_as_often_as_was_asked() {
        let deeds = deeds(1);
        assert!(deeds.is_sorted_by_key(|(at, _)| *at));
        let gateway = |(_, deed): &&(Duration, Deed)| matches!(deed, Deed::KillGateway { .. });
        let count = deeds.iter().filter(gateway).count();
        // A seventh of 2,000, give or take.
        assert!((200..400).contains(&count), "{count}");
    }

    #[test]
    fn every_kind_of_fault_happens_and_everybody_says_something() {
        let deeds = deeds(3);
        let mut speakers: Vec<usize> = Vec::new();
        let mut faults = [false; 5];
        for (_, deed) in deeds {
            match deed {
                Deed::Say { client, count, .. } => {
                    assert!((1..=6).contains(&count));
                    speakers.push(client);
                }
                Deed::Fault { fault, .. } => {
                    let kind = match fault {
                        Fault::Cut => 0,
                        Fault::Reset => 1,
                        Fault::CutAtOneEnd { .. } => 2,
                        Fault::Stall { up, down, .. } => {
                            assert!(up || down);
                            3
                        }
                        Fault::Delay { .. } => 4,
                    };
                    faults[kind] = true;
                }
                _ => {}
            }
        }
        assert_eq!(faults, [true; 5]);
        speakers.sort_unstable();
        speakers.dedup();
        assert_eq!(speakers, [0, 1, 2, 3, 4]);
    }

    #[test]
    fn what_never_happens_is_not_planned() {
        let calm = Rates {
            fault: None,
            function: None,
            gateway: None,
            reload: None,
            look: None,
            clean_up: None,
            ..ALL
        };
        let mut plan = Plan::new(1, 1, &calm).take(100);
        assert!(plan.all(|(_, deed)| matches!(deed, Deed::Say { client: 0, .. })));
        let nothing = Rates { say: None, ..calm };
        assert_eq!(Plan::new(1, 1, &nothing).next(), None);
    }
}
