//! What a message costs on AWS, computed from what the handlers do. Pure.
//!
//! Two things cannot be counted on one machine, and are assumed: how long a post takes on AWS, and how often Lambda polls a
//! stream. From them follow the time of a broadcast, and how many messages a round of the broadcaster has.

use super::counted::Count;
use super::prices::Usage;

/// The assumptions, in a sentence.
pub(super) const ASSUMPTIONS: &str = "Assumed: a post takes 10 ms and 64 are under way (6,400 posts a second for each function), an append 15 ms; Lambda polls the \
stream\nevery 250 ms, and a round begins when the previous one has ended; functions have 1 GB, those of the original too. A room at \
which posts\nbegin faster than they end is marked with *: it falls behind.";

/// Seconds of one post.
const POST: f64 = 0.010;

/// Posts under way at the same time.
const CONCURRENT_POSTS: f64 = 64.0;

/// Seconds of an append.
const APPEND: f64 = 0.015;

/// Seconds between two polls of a stream.
const POLL: f64 = 0.250;

/// Records in a round at most: `BatchSize` in the template.
const BATCH: f64 = 100.0;

/// Memory of the functions, in GB.
const MEMORY: f64 = 1.0;

/// Seconds to post to this many connections.
fn broadcast_seconds(posts: f64) -> f64 {
    (posts / CONCURRENT_POSTS).max(1.0) * POST
}

/// How many messages a round of the broadcaster has, on average.
///
/// A message that comes while the broadcaster is idle is alone in its round, so there is never less than one.
pub(super) fn messages_in_a_round(people: u32, rate: f64) -> f64 {
    let time = POLL.max(broadcast_seconds(people.into()));
    (rate * time).clamp(1.0, BATCH)
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

/// A message with `Fanout=stream`, with so many messages in each round.
pub(super) fn stream(append: &Count, round: &Count, messages: f64) -> Usage {
    Usage {
        frames: 1.0 + append.frames + round.frames / messages,
        posts: append.posts + round.posts / messages,
        reads: append.units.reads + round.units.reads / messages,
        writes: append.units.writes,
        invocations: 1.0 + 1.0 / messages,
        gb_seconds: MEMORY * (APPEND + broadcast_seconds(round.posts) / messages),
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

/// A `ping` with its answer.
pub(super) fn ping(ping: &Count) -> Usage {
    Usage {
        frames: 1.0 + ping.frames,
        posts: ping.posts,
        reads: ping.units.reads,
        writes: ping.units.writes,
        invocations: 1.0,
        gb_seconds: MEMORY * APPEND,
    }
}

/// Whether so many posts a message are more than a function can do at this rate. The account's quota, which all functions
/// share, is 10,000 requests a second (quotas in the API Gateway Developer Guide).
pub(super) fn falls_behind(posts: f64, rate: f64, functions: Functions) -> bool {
    let most = match functions {
        Functions::One => CONCURRENT_POSTS / POST,
        Functions::Many => 10_000.0,
    };
    posts * rate > most
}

/// How many functions broadcast at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Functions {
    /// The broadcaster of the stream.
    One,
    /// One for each message.
    Many,
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
        }
    }

    #[track_caller]
    fn assert_close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
    }

    #[test]
    fn a_round_has_what_was_appended_since_the_last_one_began() {
        assert_close(messages_in_a_round(10, 0.1), 1.0);
        assert_close(messages_in_a_round(10, 10.0), 2.5);
        // 10,000 posts take 1.5625 s.
        assert_close(messages_in_a_round(10_000, 10.0), 15.625);
        assert_close(messages_in_a_round(10_000, 1_000.0), 100.0);
    }

    #[test]
    fn messages_of_a_round_share_its_cost() {
        let usage = stream(&count(0.0, 2.0, 6.0), &count(100.0, 4.0, 0.0), 4.0);
        assert_close(usage.frames, 26.0);
        assert_close(usage.reads, 3.0);
        assert_close(usage.writes, 6.0);
        assert_close(usage.invocations, 1.25);
        let alone = stream(&count(0.0, 2.0, 6.0), &count(100.0, 4.0, 0.0), 1.0);
        let direct = direct(&count(100.0, 6.0, 6.0));
        assert_close(alone.frames, direct.frames);
        assert_close(alone.reads, direct.reads);
    }

    #[test]
    fn a_room_falls_behind_above_the_pace_of_its_functions() {
        assert!(!falls_behind(1_000.0, 1.0, Functions::One));
        assert!(falls_behind(6_401.0, 1.0, Functions::One));
        assert!(!falls_behind(6_401.0, 1.0, Functions::Many));
        assert!(falls_behind(1_000.0, 10.1, Functions::Many));
    }
}
