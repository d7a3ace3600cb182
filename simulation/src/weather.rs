//! What a seed brings: how many people there are, what they do, and what is done to them.

use fastrand::Rng;

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Something that happens at a time of the storm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// This client says something.
    Say(usize),
    /// This client's newest connection breaks.
    Break(usize),
    /// This client's page is loaded again; its outbox and, perhaps, its ids come back.
    Reload(usize),
    /// This client's machine sleeps for so many milliseconds.
    Sleep(usize, u64),
    /// This client looks at the page.
    Look(usize),
    /// This client scrolls up.
    ScrollUp(usize),
    /// Somebody writes, or stops writing.
    Compose(usize, bool),
    /// The table is lost, and the log begins anew.
    LoseTable,
    /// So many milliseconds pass on the back end's clock alone, and what has expired is removed.
    Forget(u64),
}

/// What a seed brings.
#[derive(Clone, Debug)]
pub(crate) struct Weather {
    pub(crate) clients: usize,
    /// How long it storms, in milliseconds.
    pub(crate) storm: u64,
    /// How long a connection lasts at most, in milliseconds.
    pub(crate) life: u64,
    /// Until when connections are closed soon after they open.
    pub(crate) slams_until: u64,
    /// What happens when, in no order.
    pub(crate) deeds: Vec<(u64, Deed)>,
    /// Whether the table is lost at some time.
    pub(crate) loses_table: bool,
    /// Whether messages expire at some time.
    pub(crate) forgets: bool,
}

/// How long it is calm in the end, in milliseconds: longer than two heartbeats and a few tries at everything.
pub(crate) const CALM: u64 = 12 * MINUTE;

/// When everybody begins to scroll up in the calm, in milliseconds after the storm, and how often.
const READING: (u64, u64) = (9 * MINUTE, 8);

/// How many messages somebody says at once who says much: more than a page of history has.
const MUCH: usize = 150;

impl Weather {
    /// The weather that `random` draws.
    pub(crate) fn draw(random: &mut Rng) -> Self {
        // A day is as long as a connection lives and some more; a squall is where most things happen at once.
        let is_day = random.u8(..) < 32;
        let storm = if is_day { 3 * HOUR } else { 90 * SECOND };
        let clients = random.usize(2..=5);
        let mut weather = Self {
            clients,
            storm,
            life: 2 * HOUR,
            slams_until: 0,
            deeds: Vec::new(),
            loses_table: random.u8(..) < 32,
            forgets: random.u8(..) < 32,
        };
        if random.u8(..) < 32 {
            weather.slams_until = random.u64(storm / 4..storm);
        }
        if weather.loses_table {
            let at = random.u64(storm / 4..storm);
            weather.deeds.push((at, Deed::LoseTable));
        }
        if weather.forgets {
            let at = random.u64(storm / 4..storm);
            weather.deeds.push((at, Deed::Forget(32 * DAY)));
        }
        for client in 0..clients {
            weather.draw_deeds(client, random);
        }
        weather
    }

    fn draw_deeds(&mut self, client: usize, random: &mut Rng) {
        let storm = self.storm;
        let mut some = |most: usize, deed: &dyn Fn(&mut Rng) -> Deed| {
            for _ in 0..random.usize(0..=most) {
                let at = random.u64(0..storm);
                self.deeds.push((at, deed(random)));
            }
        };
        some(10, &|_| Deed::Say(client));
        some(8, &|_| Deed::Break(client));
        some(1, &|_| Deed::Reload(client));
        some(1, &|random| Deed::Sleep(client, random.u64(1..storm / 2)));
        some(2, &|_| Deed::Look(client));
        some(1, &|_| Deed::ScrollUp(client));
        some(1, &|random| Deed::Compose(client, random.bool()));
        // Some say much at once, as whoever was offline.
        if random.u8(..) < 64 {
            let at = random.u64(0..storm);
            self.deeds.extend((0..5).map(|_| (at, Deed::Say(client))));
        }
        // And a few so much that whoever was away needs page after page.
        if random.u8(..) < 6 {
            let at = random.u64(0..storm);
            self.deeds
                .extend((0..MUCH).map(|_| (at, Deed::Say(client))));
        }
        self.deeds.push((storm, Deed::Compose(client, false)));
        let (first, times) = READING;
        self.deeds.extend((0..times).map(|time| {
            let at = storm + first + time * 15 * SECOND;
            (at, Deed::ScrollUp(client))
        }));
    }

    /// When everything ends.
    pub(crate) fn end(&self) -> u64 {
        self.storm + CALM
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_brings_the_same_weather_again() {
        let draw = |seed| format!("{:?}", Weather::draw(&mut Rng::with_seed(seed)));
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn every_kind_of_weather_comes_within_some_hundred_seeds() {
        let all: Vec<_> = (0..300)
            .map(|seed| Weather::draw(&mut Rng::with_seed(seed)))
            .collect();
        assert!(all.iter().any(|it| it.storm > it.life), "a day");
        assert!(all.iter().any(|it| it.loses_table), "a table that is lost");
        assert!(all.iter().any(|it| it.forgets), "messages that expire");
        assert!(
            all.iter().any(|it| it.slams_until > 0),
            "connections that do not last"
        );
    }
}
