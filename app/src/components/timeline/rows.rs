//! Groups consecutive messages of one author, and inserts days and gaps in the log.
//!
//! Pure: segments of the timeline in, rows of the page out.

use std::ops::Range;
use std::sync::Arc;

use papo_protocol::MessageId;
use papo_protocol::session::{Entry, Gap, Segment};

use crate::components::author::Author;

/// Messages of one author that are further apart than this are not grouped, in milliseconds.
const TOGETHER_MS: i64 = 10 * 60 * 1_000;

/// One row of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// Messages are missing here.
    Gap(Gap),
    /// The day of the messages below, by the time of the first one.
    Day(i64),
    /// The messages below are new to the reader.
    Unread,
    /// A message.
    Message {
        /// The message.
        entry: Arc<Entry>,
        /// Whether it is the first of its author in a row.
        starts: bool,
        /// Whether it is the last of its author in a row.
        ends: bool,
    },
}

/// The rows of the entries in `range`, counted over all segments. `day` gives the local day of a moment; `unread` is the
/// first message that is new to the reader.
pub fn rows(
    segments: &[Segment],
    range: Range<usize>,
    unread: Option<&MessageId>,
    day: impl Fn(i64) -> Option<i64>,
) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut last_day = None;
    let mut index = 0;
    for segment in segments {
        let first = index;
        index += segment.entries.len();
        let begins_here = (range.start..=range.end).contains(&first);
        if let Some(cut) = segment.gap.filter(|_| begins_here) {
            rows.push(Row::Gap(cut));
        }
        let (from, to) = (
            range.start.clamp(first, index),
            range.end.clamp(first, index),
        );
        // Whether a message stands with the one before it does not depend on whether that one is rendered: otherwise its
        // height would change when it is.
        let mut before = (from > first && from < to).then(|| &segment.entries[from - first - 1]);
        for entry in &segment.entries[from - first..to - first] {
            let today = day(entry.message.request_time_epoch);
            let continues = before.is_some_and(|before| {
                stand_together(before, entry) && day(before.message.request_time_epoch) == today
            }) && unread != Some(&entry.message.message_id);
            before = Some(entry);
            if today.is_some() && today != last_day {
                rows.push(Row::Day(entry.message.request_time_epoch));
                last_day = today;
            }
            if unread == Some(&entry.message.message_id) {
                rows.push(Row::Unread);
            }
            push(&mut rows, entry, continues);
        }
    }
    rows
}

fn push(rows: &mut Vec<Row>, entry: &Arc<Entry>, continues: bool) {
    if let (true, Some(Row::Message { ends, .. })) = (continues, rows.last_mut()) {
        *ends = false;
    }
    rows.push(Row::Message {
        entry: Arc::clone(entry),
        starts: !continues,
        ends: true,
    });
}

fn stand_together(a: &Entry, b: &Entry) -> bool {
    let apart = b
        .message
        .request_time_epoch
        .abs_diff(a.message.request_time_epoch);
    let same_author = if a.own || b.own {
        a.own && b.own
    } else {
        Author::of(&a.message).is_same(Author::of(&b.message))
    };
    same_author && apart <= TOGETHER_MS.unsigned_abs()
}

#[cfg(test)]
mod tests {
    use papo_protocol::{ConnectionId, Message};

    use super::*;

    const DAY: i64 = 86_400_000;

    fn said(author: &str, epoch: i64) -> Arc<Entry> {
        let message = Message {
            connection_id: ConnectionId::new(author),
            message: epoch.to_string(),
            message_id: MessageId::new(epoch.to_string()),
            request_time_epoch: epoch,
            seq: None,
            client_message_id: None,
            person_id: None,
            name: None,
            reply_to: None,
            deleted: false,
        };
        Arc::new(Entry::new(message, author.starts_with("me")))
    }

    fn segment(cut: Option<Gap>, entries: &[Arc<Entry>]) -> Segment {
        Segment {
            gap: cut,
            entries: entries.to_vec(),
            ..Segment::default()
        }
    }

    fn utc_day(epoch: i64) -> Option<i64> {
        (epoch < i64::MAX).then(|| epoch.div_euclid(DAY))
    }

    /// Writes rows down: `-` day, `!` cut, `*` unread, `(` and `)` around the messages of one author.
    fn drawn(rows: &[Row]) -> String {
        rows.iter()
            .map(|row| match row {
                Row::Gap(_) => "!".to_owned(),
                Row::Day(_) => "-".to_owned(),
                Row::Unread => "*".to_owned(),
                Row::Message {
                    entry,
                    starts,
                    ends,
                } => {
                    let (open, close) = (
                        ["", "("][usize::from(*starts)],
                        ["", ")"][usize::from(*ends)],
                    );
                    format!("{open}{}{close}", entry.message.message)
                }
            })
            .collect()
    }

    #[track_caller]
    fn draws(segments: &[Segment], range: Range<usize>, expected: &str) {
        assert_eq!(drawn(&rows(segments, range, None, utc_day)), expected);
    }

    #[test]
    fn messages_of_one_author_in_a_row_stand_together() {
        let entries = [said("a", 1), said("a", 2), said("b", 3), said("a", 4)];
        draws(&[segment(None, &entries)], 0..4, "-(12)(3)(4)");
        draws(&[], 0..0, "");
    }

    #[test]
    fn own_messages_stand_together_whatever_the_connection() {
        draws(
            &[segment(None, &[said("me-1", 1), said("me-2", 2)])],
            0..2,
            "-(12)",
        );
    }

    #[test]
    fn messages_far_apart_do_not_stand_together() {
        let entries = [said("a", 1), said("a", TOGETHER_MS + 2)];
        draws(&[segment(None, &entries)], 0..2, "-(1)(600002)");
    }

    #[test]
    fn a_gap_separates_messages_and_shows_at_the_end_too() {
        let segments = [
            segment(None, &[said("a", 1)]),
            segment(Some(Gap::Expired), &[said("a", 2), said("a", 3)]),
            segment(Some(Gap::NewLog), &[]),
        ];
        draws(&segments, 0..3, "-(1)!(23)!");
        draws(&segments, 2..3, "-3)!");
    }

    #[test]
    fn a_new_day_is_named_once() {
        let entries = [said("a", DAY - 1), said("a", DAY), said("b", DAY + 1)];
        draws(
            &[segment(None, &entries)],
            0..3,
            "-(86399999)-(86400000)(86400001)",
        );
    }

    #[test]
    fn a_part_of_the_timeline_starts_with_its_day() {
        let entries = [said("a", 1), said("a", 2), said("a", 3)];
        draws(&[segment(None, &entries)], 1..2, "-2)");
    }

    #[test]
    fn a_moment_beyond_the_range_of_a_browser_has_no_day() {
        let entries = [said("a", 0), said("b", i64::MAX), said("c", 1)];
        let far = i64::MAX;
        draws(&[segment(None, &entries)], 0..3, &format!("-(0)({far})(1)"));
    }

    #[test]
    fn the_divider_stands_before_the_first_unread_message() {
        let segments = [segment(None, &[said("a", 1), said("a", 2)])];
        let rows = rows(&segments, 0..2, Some(&MessageId::new("2")), utc_day);
        assert_eq!(drawn(&rows), "-(1)*(2)");
    }
}
