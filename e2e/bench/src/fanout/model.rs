//! What a message costs on AWS, computed from the work of the handlers. Pure.
//!
//! Two things cannot be counted on one machine, and are assumed: how long a post takes on AWS, and how often Lambda polls a
//! stream. They determine the time of a broadcast, and how many messages a round of the broadcaster has.

use papo_lambdas::handlers::broadcaster::{BURST, BURST_ROUND};
use papo_lambdas::parts::PART_CONNECTIONS;

use super::counted::Count;
use super::prices::Usage;

/// The assumptions, in a sentence.
pub(super) const ASSUMPTIONS: &str = "Assumed: a post takes 10 ms and 64 are under way (6,400 posts a second for each function), an append 15 ms; Lambda polls the \
stream\nevery 250 ms, and a round begins when the previous one has ended, in a burst after 0.6 s at the earliest; functions have 1 GB, those of the original too; an invocation of \
a\ndeliverer takes 15 ms more; all functions together post 10,000 frames a second, the account's quota. A room at which posts begin\nfaster \
than they end is marked with *: it falls behind.";

/// Seconds of one post.
const POST: f64 = 0.010;

/// Concurrent posts.
const CONCURRENT_POSTS: f64 = 64.0;

/// Seconds of an append.
const APPEND: f64 = 0.015;

/// Seconds of an invocation of a deliverer, without its posts.
const INVOKE: f64 = 0.015;

/// Requests per second to `@connections`, from all functions of an account (quotas in the API Gateway Developer Guide).
const QUOTA: f64 = 10_000.0;

/// Seconds between two polls of a stream.
const POLL: f64 = 0.250;

/// Maximum number of records in a round: `BatchSize` in the template.
const BATCH: f64 = 100.0;

/// Memory of the functions, in GB.
const MEMORY: f64 = 1.0;

/// Seconds that one function needs to post to this many connections.
fn broadcast_seconds(posts: f64) -> f64 {
    (posts / CONCURRENT_POSTS).max(1.0) * POST
}

/// How many parts a room has, if other functions deliver to them.
fn parts(posts: f64, functions: Functions) -> f64 {
    let part = f64::from(u32::try_from(PART_CONNECTIONS).unwrap_or(u32::MAX));
    match functions {
        Functions::Deliverers(_) if posts >= part => (posts / part).ceil(),
        Functions::Deliverers(_) | Functions::One | Functions::Many => 0.0,
    }
}

/// Seconds of a round of the broadcaster.
fn round_seconds(posts: f64, functions: Functions) -> f64 {
    let parts = parts(posts, functions);
    if parts == 0.0 {
        return broadcast_seconds(posts);
    }
    let at_once = functions.at_once().min(parts);
    (broadcast_seconds(posts) / at_once).max(posts / QUOTA) + INVOKE
}

/// How many messages a round of the broadcaster has, on average.
///
/// A message that arrives while the broadcaster is idle is alone in its round, so there is always at least one.
pub(super) fn messages_in_a_round(people: u32, rate: f64, functions: Functions) -> f64 {
    let time = POLL.max(round_seconds(people.into(), functions));
    let messages = (rate * time).clamp(1.0, BATCH);
    messages.max((rate * pause(messages)).min(BATCH))
}

/// Minimum duration of a round with this many messages, in seconds.
fn pause(messages: f64) -> f64 {
    let [min, max] = [BURST.start, BURST.end].map(|it| u32::try_from(it).unwrap_or(u32::MAX));
    if messages >= min.into() && messages < max.into() {
        BURST_ROUND.as_secs_f64()
    } else {
        0.0
    }
}

/// A message with `Fanout=direct`.
pub(super) fn direct(send: &Count) -> Usage {
    Usage {
        frames: 1.0 + send.frames,
        posts: send.posts,
        reads: send.units.reads,
        writes: send.units.writes,
        invocations: 1.0,
        gb_seconds: MEMORY * (APPEND + broadcast_seconds(send.posts)),
    }
}

/// A message with `Fanout=stream`, with this many messages in each round.
pub(super) fn stream(append: &Count, round: &Count, messages: f64, functions: Functions) -> Usage {
    let seconds = round_seconds(round.posts, functions);
    // The broadcaster waits while its deliverers post.
    let at_once = functions.at_once().min(round.parts);
    let billed = seconds.max(pause(messages)) + at_once * seconds;
    Usage {
        frames: 1.0 + append.frames + round.frames / messages,
        posts: append.posts + round.posts / messages,
        reads: append.units.reads + round.units.reads / messages,
        writes: append.units.writes,
        invocations: 1.0 + (1.0 + round.parts) / messages,
        gb_seconds: MEMORY * (APPEND + billed / messages),
    }
}

/// A message of the original, which stores nothing.
pub(super) fn original(scan: &Count) -> Usage {
    Usage {
        frames: 1.0 + scan.frames,
        posts: scan.posts,
        reads: scan.units.reads,
        writes: 0.0,
        invocations: 1.0,
        gb_seconds: MEMORY * broadcast_seconds(scan.posts),
    }
}

/// What one client costs in an hour in which it sends `pings` and nothing else.
///
/// A process counts the people of a large room with the `first` ping of each minute; `later` ones cost less. One process
/// serves the pings of a room.
pub(super) fn silent_hour(first: &Count, later: &Count, people: u32, pings: f64) -> Usage {
    let people = f64::from(people);
    let counts = (pings * people).min(60.0) / people;
    let counting = first.units.reads - later.units.reads;
    Usage {
        frames: pings * (1.0 + later.frames),
        posts: pings * later.posts,
        reads: pings * later.units.reads + counts * counting,
        writes: pings * later.units.writes,
        invocations: pings,
        gb_seconds: pings * MEMORY * APPEND,
    }
}

/// Whether this many posts per message are more than these functions can do at this rate.
pub(super) fn falls_behind(posts: f64, rate: f64, functions: Functions) -> bool {
    let max = functions.at_once() * CONCURRENT_POSTS / POST;
    posts * rate > max.min(QUOTA)
}

/// How many functions broadcast at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Functions {
    /// The broadcaster of the stream.
    One,
    /// The deliverers that the broadcaster invokes.
    Deliverers(u32),
    /// One for each message.
    Many,
}

impl Functions {
    /// How many functions post at the same time.
    fn at_once(self) -> f64 {
        match self {
            Self::One => 1.0,
            Self::Deliverers(count) => count.into(),
            Self::Many => f64::INFINITY,
        }
    }
}

#[cfg(test)]
mod tests {
    use papo_lambdas::aws::meter::Units;

    use super::*;

    fn count(posts: f64, reads: f64, writes: f64) -> Count {
        Count {
            units: Units { writes, reads },
            posts,
            frames: posts,
            parts: 0.0,
        }
    }

    #[track_caller]
    fn assert_close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
    }

    #[test]
    fn a_round_has_what_was_appended_since_the_last_one_began() {
        let alone = |people, rate| messages_in_a_round(people, rate, Functions::One);
        assert_close(alone(10, 0.1), 1.0);
        // Less than two in 250 ms are not a burst, 2.5 are: a round has what comes in 0.6 s.
        assert_close(alone(10, 7.0), 1.75);
        assert_close(alone(10, 10.0), 6.0);
        // 10,000 posts take 1.5625 s.
        assert_close(alone(10_000, 10.0), 15.625);
        assert_close(alone(10_000, 1_000.0), 100.0);
    }

    #[test]
    fn deliverers_share_a_large_room_up_to_the_quota() {
        assert_close(round_seconds(100_000.0, Functions::One), 15.625);
        // The quota of 10,000 posts a second allows no more.
        for count in [2, 8] {
            let deliverers = Functions::Deliverers(count);
            assert_close(round_seconds(100_000.0, deliverers), 10.015);
        }
        let two = Functions::Deliverers(2);
        assert_close(round_seconds(1_999.0, two), broadcast_seconds(1_999.0));
        assert_close(parts(10_000.0, two), 5.0);
        let round = Count {
            parts: 5.0,
            ..count(10_000.0, 178.0, 0.0)
        };
        let usage = stream(&count(0.0, 2.0, 6.0), &round, 10.0, two);
        assert_close(usage.invocations, 1.6);
        assert_close(usage.gb_seconds, 0.015 + 3.0 * 1.015 / 10.0);
    }

    #[test]
    fn messages_of_a_round_share_its_cost() {
        let one = Functions::One;
        let usage = stream(&count(0.0, 2.0, 6.0), &count(100.0, 4.0, 0.0), 4.0, one);
        assert_close(usage.frames, 26.0);
        assert_close(usage.reads, 3.0);
        assert_close(usage.writes, 6.0);
        assert_close(usage.invocations, 1.25);
        let alone = stream(&count(0.0, 2.0, 6.0), &count(100.0, 4.0, 0.0), 1.0, one);
        let direct = direct(&count(100.0, 6.0, 6.0));
        assert_close(alone.frames, direct.frames);
        assert_close(alone.reads, direct.reads);
    }

    #[test]
    fn the_people_of_a_large_room_are_counted_once_a_minute() {
        let (first, later) = (count(1.0, 181.5, 0.0), count(1.0, 1.5, 0.0));
        let hour = silent_hour(&first, &later, 10_000, 10.0);
        assert_close(hour.reads, 15.0 + 60.0 * 180.0 / 10_000.0);
        assert_close(hour.frames, 20.0);
        // Less than one ping a minute.
        let hour = silent_hour(&first, &later, 2, 10.0);
        assert_close(hour.reads, 10.0 * 181.5);
    }

    #[test]
    fn a_room_falls_behind_above_the_pace_of_its_functions() {
        assert!(!falls_behind(1_000.0, 1.0, Functions::One));
        assert!(falls_behind(6_401.0, 1.0, Functions::One));
        assert!(!falls_behind(6_401.0, 1.0, Functions::Many));
        assert!(falls_behind(1_000.0, 10.1, Functions::Many));
        assert!(!falls_behind(6_401.0, 1.0, Functions::Deliverers(2)));
        assert!(falls_behind(10_001.0, 1.0, Functions::Deliverers(2)));
    }
}
