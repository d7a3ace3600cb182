//! Which messages stand together, under which day.
//!
//! Pure: a list of messages goes in, a list of groups comes out. A group is what one person said without anybody else
//! speaking in between, on one day.

use std::rc::Rc;
use std::sync::Arc;

use papo_protocol::session::{Cut, Entry, Segment};

use crate::browser::WallClock;

/// Messages of one person in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Why something is missing before them, if it is.
    pub cut: Option<Cut>,
    /// The day, if it is another one than that of the group before.
    pub new_day: Option<(i64, u32, u32)>,
    /// The messages. None where something is missing at the end and nothing has come since.
    pub entries: Rc<[Arc<Entry>]>,
}

impl Group {
    /// Names the group, the same while messages join it.
    pub fn key(&self) -> String {
        match self.entries.first() {
            Some(entry) => entry.message.message_id.as_str().to_owned(),
            None => String::from("cut"),
        }
    }
}

/// Puts messages into groups. `clock` reads a moment on the local clock.
pub fn group(segments: &[Segment], clock: impl Fn(i64) -> Option<WallClock>) -> Vec<Group> {
    let day = |entry: &Entry| {
        clock(entry.message.request_time_epoch).map(|at| (at.year, at.month, at.day))
    };
    let mut last_day = None;
    let mut groups = Vec::new();
    for segment in segments {
        let mut cut = segment.cut;
        let together = |a: &Arc<Entry>, b: &Arc<Entry>| same_author(a, b) && day(a) == day(b);
        for chunk in segment.entries.chunk_by(together) {
            let today = day(&chunk[0]);
            let new_day = if today == last_day { None } else { today };
            last_day = today.or(last_day);
            groups.push(Group {
                cut: cut.take(),
                new_day,
                entries: chunk.into(),
            });
        }
        if cut.is_some() {
            groups.push(Group {
                cut,
                new_day: None,
                entries: Rc::new([]),
            });
        }
    }
    groups
}

/// One's own messages belong together under whatever id they were sent.
fn same_author(a: &Entry, b: &Entry) -> bool {
    (a.own && b.own) || (a.own == b.own && a.message.connection_id == b.message.connection_id)
}

/// How many days lie between two dates, counted from the first to the second.
pub fn days_between(from: (i64, u32, u32), to: (i64, u32, u32)) -> i64 {
    days_since_1970(to) - days_since_1970(from)
}

/// The number of a day in the Gregorian calendar, counted from 1 January 1970.
///
/// Years begin in March here, so that the leap day is the last one (Howard Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms").
fn days_since_1970((year, month, day): (i64, u32, u32)) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month = i64::from((month + 9) % 12);
    let day_of_year = (153 * month + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The clock in Greenwich. `None` outside the range of a browser's `Date`.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn utc(epoch: i64) -> Option<WallClock> {
    if !crate::browser::MOMENTS.contains(&epoch) {
        return None;
    }
    let minutes = epoch.div_euclid(60_000);
    let of_day = minutes.rem_euclid(24 * 60);
    let days = minutes.div_euclid(24 * 60) + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let small = |number: i64| u32::try_from(number).unwrap_or_default();
    Some(WallClock {
        year: era * 400 + year_of_era + i64::from(month >= 10),
        month: small(if month < 10 { month + 3 } else { month - 9 }),
        day: small(of_year - (153 * month + 2) / 5 + 1),
        hour: small(of_day / 60),
        minute: small(of_day % 60),
    })
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use papo_protocol::{ConnectionId, Message, MessageId};

    use super::*;

    fn said(author: &str, epoch: i64) -> Arc<Entry> {
        let message = Message {
            connection_id: ConnectionId::new(author),
            message: epoch.to_string(),
            message_id: MessageId::new(epoch.to_string()),
            request_time_epoch: epoch,
            seq: None,
            client_message_id: None,
        };
        Arc::new(Entry {
            message,
            own: author.starts_with("me"),
        })
    }

    fn segment(cut: Option<Cut>, entries: &[Arc<Entry>]) -> Segment {
        Segment {
            cut,
            entries: entries.to_vec(),
            ..Segment::default()
        }
    }

    #[track_caller]
    fn grouped(entries: &[Arc<Entry>], sizes: &[usize]) -> Vec<Group> {
        let groups = group(&[segment(None, entries)], utc);
        assert_eq!(
            groups
                .iter()
                .map(|group| group.entries.len())
                .collect::<Vec<_>>(),
            sizes
        );
        groups
    }

    const DAY: i64 = 86_400_000;

    #[test]
    fn what_one_person_says_in_a_row_is_one_group() {
        grouped(&[], &[]);
        grouped(
            &[said("a", 1), said("a", 2), said("b", 3), said("a", 4)],
            &[2, 1, 1],
        );
    }

    #[test]
    fn our_own_messages_are_one_group_whatever_our_id_was() {
        grouped(&[said("me-1", 1), said("me-2", 2)], &[2]);
    }

    #[test]
    fn what_is_missing_parts_a_group_and_shows_at_the_end_too() {
        let (expired, other) = (Some(Cut::Expired), Some(Cut::OtherLog));
        let segments = [
            segment(None, &[said("a", 1)]),
            segment(expired, &[said("a", 2), said("a", 3)]),
            segment(other, &[]),
        ];
        let groups = group(&segments, utc);
        let shape = groups.iter().map(|group| (group.cut, group.entries.len()));
        assert_eq!(
            shape.collect::<Vec<_>>(),
            [(None, 1), (expired, 2), (other, 0)]
        );
    }

    #[test]
    fn a_new_day_begins_a_new_group_and_is_named_once() {
        let groups = grouped(
            &[said("a", DAY - 1), said("a", DAY), said("b", DAY + 1)],
            &[1, 1, 1],
        );
        let days: Vec<_> = groups.iter().map(|group| group.new_day).collect();
        assert_eq!(days, [Some((1970, 1, 1)), Some((1970, 1, 2)), None]);
    }

    #[test]
    fn a_moment_that_does_not_exist_has_no_day() {
        let groups = grouped(
            &[said("a", 0), said("b", i64::MAX), said("c", 1)],
            &[1, 1, 1],
        );
        assert_eq!(groups[1].new_day, None);
        assert_eq!(groups[2].new_day, None);
    }

    #[test]
    fn days_are_counted_over_months_and_leap_years() {
        assert_eq!(days_between((2024, 2, 28), (2024, 3, 1)), 2);
        assert_eq!(days_between((2023, 12, 31), (2024, 1, 1)), 1);
        assert_eq!(days_between((1970, 1, 1), (2026, 11, 22)), 20_779);
    }

    #[test]
    fn the_clock_in_greenwich_knows_the_date() {
        let at = utc(1_733_702_400_000).unwrap();
        assert_eq!(
            (at.year, at.month, at.day, at.hour, at.minute),
            (2024, 12, 9, 0, 0)
        );
        assert_eq!(utc(i64::MIN), None);
    }
}
