//! The plan of a seed: how many clients there are, what they do, and which faults are injected.

use fastrand::Rng;
use papo_lambdas::fanout::Fanout;

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Something that happens at a planned time. Clients are numbered from 0, times are in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PlannedEvent {
    /// This client sends a message.
    Send(usize),
    /// This client's newest connection breaks.
    BreakConnection(usize),
    /// This client's page is reloaded; its outbox and possibly its connection ids are restored.
    Reload(usize),
    /// This client's machine is suspended for this long.
    Suspend(usize, u64),
    /// The person returns to the page.
    Resume(usize),
    /// This client scrolls up.
    ScrollUp(usize),
    /// This client starts or stops composing.
    Compose(usize, bool),
    /// This client edits or deletes a message, its own or another's, or reacts to one.
    Change(usize),
    /// This client's person chooses another name.
    Rename(usize),
    /// An edit or a deletion by a stranger is put into the log of this client's room.
    Forge(usize),
    /// The table is lost, and a new log begins.
    LoseTable,
    /// A back end that knows only the original protocol replaces ours.
    UseOriginal,
    /// Our back end replaces the original one again, with the log that it had.
    UsePapo,
    /// This much time passes on the back end's clock only, and expired messages are removed.
    ExpireMessages(u64),
}

/// Everything that is derived from a seed.
#[derive(Clone, Debug)]
pub(crate) struct FaultPlan {
    pub(crate) clients: Vec<Profile>,
    /// How long faults are injected, in milliseconds.
    pub(crate) inject_until: u64,
    /// The longest life of a connection, in milliseconds.
    pub(crate) max_connection: u64,
    /// Until when connections are closed soon after they open.
    pub(crate) short_connections_until: u64,
    /// Events with their times, unordered.
    pub(crate) events: Vec<(u64, PlannedEvent)>,
    /// Which function broadcasts.
    pub(crate) fanout: Fanout,
    /// With [`Fanout::Stream`], whether other functions deliver to the parts of a room.
    pub(crate) has_deliverers: bool,
    /// Whether the table is lost at some time.
    pub(crate) loses_table: bool,
    /// Whether messages expire at some time.
    pub(crate) expires_messages: bool,
}

/// The properties of a client that do not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Profile {
    /// The number of its room.
    pub(crate) room: u8,
    /// Whether it introduces itself, so that it may change messages.
    pub(crate) is_introduced: bool,
}

/// How long the drain lasts, in milliseconds: longer than two heartbeats and a few retries of everything.
pub(crate) const DRAIN: u64 = 12 * MINUTE;

/// When every client starts to scroll up during the drain, in milliseconds after the last fault, and how many times.
const SCROLLING: (u64, u64) = (9 * MINUTE, 8);

/// A burst that does not fit into one page of history.
const BURST: u64 = 150;

impl FaultPlan {
    /// Draws a plan.
    pub(crate) fn draw(random: &mut Rng) -> Self {
        // A long run outlasts the longest connection; in a short one most events overlap.
        let is_long = random.u8(..) < 32;
        let inject_until = if is_long { 3 * HOUR } else { 90 * SECOND };
        let clients = random.usize(2..=5);
        // In most runs all clients are in one room.
        let rooms = if random.u8(..) < 64 { 2 } else { 1 };
        let profiles = (0..clients).map(|_| Profile {
            room: random.u8(0..rooms),
            is_introduced: random.u8(..) < 224,
        });
        let mut plan = Self {
            clients: profiles.collect(),
            inject_until,
            max_connection: 2 * HOUR,
            short_connections_until: 0,
            events: Vec::new(),
            fanout: if random.bool() {
                Fanout::Stream
            } else {
                Fanout::Direct
            },
            has_deliverers: random.bool(),
            loses_table: random.u8(..) < 32,
            expires_messages: random.u8(..) < 32,
        };
        if random.u8(..) < 32 {
            plan.short_connections_until = random.u64(inject_until / 4..inject_until);
        }
        if plan.loses_table {
            let at = random.u64(inject_until / 4..inject_until);
            plan.events.push((at, PlannedEvent::LoseTable));
        }
        if plan.expires_messages {
            let at = random.u64(inject_until / 4..inject_until);
            plan.events
                .push((at, PlannedEvent::ExpireMessages(32 * DAY)));
        }
        if random.u8(..) < 48 {
            let at = random.u64(0..inject_until / 2);
            let begins = if random.bool() { 0 } else { at };
            let ends = random.u64(begins + inject_until / 4..inject_until);
            plan.events.push((begins, PlannedEvent::UseOriginal));
            plan.events.push((ends, PlannedEvent::UsePapo));
        }
        for client in 0..clients {
            plan.draw_events(client, random);
        }
        plan
    }

    fn draw_events(&mut self, client: usize, random: &mut Rng) {
        let inject_until = self.inject_until;
        let mut some = |max: usize, event: &dyn Fn(&mut Rng) -> PlannedEvent| {
            for _ in 0..random.usize(0..=max) {
                let at = random.u64(0..inject_until);
                self.events.push((at, event(random)));
            }
        };
        some(10, &|_| PlannedEvent::Send(client));
        some(8, &|_| PlannedEvent::BreakConnection(client));
        some(1, &|_| PlannedEvent::Reload(client));
        some(1, &|random| {
            PlannedEvent::Suspend(client, random.u64(1..inject_until / 2))
        });
        some(2, &|_| PlannedEvent::Resume(client));
        some(1, &|_| PlannedEvent::ScrollUp(client));
        some(1, &|random| PlannedEvent::Compose(client, random.bool()));
        some(6, &|_| PlannedEvent::Change(client));
        some(1, &|_| PlannedEvent::Rename(client));
        some(1, &|_| PlannedEvent::Forge(client));
        // A few messages at once, as after being offline.
        if random.u8(..) < 64 {
            let at = random.u64(0..inject_until);
            self.events
                .extend((0..5).map(|_| (at, PlannedEvent::Send(client))));
        }
        // Reactions are put on and taken off again, so that the entries about a message are on several pages of history.
        if random.u8(..) < 16 {
            let at = random.u64(0..inject_until);
            self.events
                .extend((0..BURST).map(|step| (at + step * 40, PlannedEvent::Change(client))));
        }
        // Rarely, so many that a client that was away needs several pages of history.
        if random.u8(..) < 6 {
            let at = random.u64(0..inject_until);
            self.events
                .extend((0..BURST).map(|_| (at, PlannedEvent::Send(client))));
        }
        self.events
            .push((inject_until, PlannedEvent::Compose(client, false)));
        let (first, times) = SCROLLING;
        self.events.extend((0..times).map(|time| {
            let at = inject_until + first + time * 15 * SECOND;
            (at, PlannedEvent::ScrollUp(client))
        }));
    }

    /// When the run ends.
    pub(crate) fn end(&self) -> u64 {
        self.inject_until + DRAIN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_reproduces_its_plan() {
        let draw = |seed| format!("{:?}", FaultPlan::draw(&mut Rng::with_seed(seed)));
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn every_kind_of_plan_occurs_within_300_seeds() {
        let all: Vec<_> = (0..300)
            .map(|seed| FaultPlan::draw(&mut Rng::with_seed(seed)))
            .collect();
        assert!(
            all.iter().any(|it| it.inject_until > it.max_connection),
            "a long run"
        );
        assert!(all.iter().any(|it| it.loses_table), "a lost table");
        assert!(all.iter().any(|it| it.expires_messages), "expired messages");
        assert!(
            all.iter()
                .any(|it| it.clients.iter().any(|client| client.room > 0)),
            "two rooms"
        );
        assert!(
            all.iter().any(|it| it.short_connections_until > 0),
            "short connections"
        );
        for fanout in [Fanout::Direct, Fanout::Stream] {
            assert!(all.iter().any(|it| it.fanout == fanout), "{fanout:?}");
        }
    }
}
