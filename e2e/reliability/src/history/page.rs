//! The displayed messages of one page, from loading to closing.

use std::collections::BTreeMap;
use std::sync::Arc;

use papo_protocol::session::{Entry, Segment, Timeline};
use papo_protocol::{Message, Position, Seq};

use crate::sequence;
use crate::verdict::{Violation, ViolationKind};

/// The displayed messages at one point in time.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The end of its copy of the log. `None` before it knows a log.
    pub end: Option<Position>,
    /// The messages, and the dividers between them.
    pub segments: Vec<Segment>,
}

impl From<&Timeline> for Snapshot {
    fn from(timeline: &Timeline) -> Self {
        Self {
            end: timeline.end().cloned(),
            segments: timeline.segments().to_vec(),
        }
    }
}

impl Snapshot {
    /// The messages of the newest log.
    pub(crate) fn newest_log(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.newest_segments()
            .iter()
            .flat_map(|segment| &segment.entries)
    }

    /// The segments of the newest log.
    pub(crate) fn newest_segments(&self) -> &[Segment] {
        &self.segments[sequence::newest_log(&self.segments)..]
    }
}

/// Whether `shown` is the message `written`, perhaps deleted since, or as a client receives it that has not introduced itself.
pub(crate) fn is_as_written(shown: &Message, written: &Message) -> bool {
    let mut written = written.clone();
    if shown.deleted {
        written.deleted = true;
        written.message.clear();
    }
    *shown == written || *shown == written.for_original_client()
}

/// Everything that one page displayed, observed after each change.
///
/// A timeline has a limited length. Messages that were dropped from its top stay in the history.
#[derive(Clone, Debug, Default)]
pub struct PageHistory {
    /// By epoch and number.
    shown: BTreeMap<String, BTreeMap<Seq, Arc<Entry>>>,
    /// The epoch and number of the last message.
    end: Option<(String, Seq)>,
    has_divider: bool,
    /// Whether the page was connected to a back end without a log, whose messages have no number.
    pub(crate) saw_unnumbered: bool,
    violations: Vec<Violation>,
    /// The final state. `None` for a page that was left.
    pub closing: Option<Snapshot>,
}

impl PageHistory {
    /// Records what is displayed. Returns the messages that are displayed for the first time.
    pub fn observe(&mut self, snapshot: &Snapshot) -> Vec<Arc<Entry>> {
        if let Err(violation) = sequence::check(&snapshot.segments, self.saw_unnumbered) {
            self.violations.push(violation);
        }
        self.has_divider |= snapshot.segments.iter().any(|it| it.gap.is_some());
        let Some(epoch) = snapshot.end.as_ref().map(|end| end.epoch.as_str()) else {
            return Vec::new();
        };
        if !self.shown.contains_key(epoch) {
            self.shown.insert(epoch.to_owned(), BTreeMap::new());
        }
        let Some(shown) = self.shown.get_mut(epoch) else {
            return Vec::new();
        };
        let (mut fresh, mut last) = (Vec::new(), None);
        for entry in snapshot.newest_log() {
            // One without a number has no place in the log.
            let Some(seq) = entry.message.seq else {
                continue;
            };
            last = Some(seq);
            match shown.insert(seq, Arc::clone(entry)) {
                None => fresh.push(Arc::clone(entry)),
                Some(known)
                    if Arc::ptr_eq(&known, entry)
                        || is_as_written(&entry.message, &known.message) => {}
                Some(known) => self.violations.push(Violation::new(
                    ViolationKind::Reordered,
                    format!(
                        "shows {} as seq {seq}, which was {} before",
                        entry.message.message, known.message.message
                    ),
                )),
            }
        }
        self.observe_end(epoch, last);
        fresh
    }

    /// The last message of a log stays the last one until a later one is displayed.
    fn observe_end(&mut self, epoch: &str, last: Option<Seq>) {
        if let Some((known, end)) = &self.end
            && known == epoch
            && last < Some(*end)
        {
            let detail = format!("no longer shows seq {end}, and ends at {last:?}");
            self.violations
                .push(Violation::new(ViolationKind::Lost, detail));
        }
        self.end = last.map(|last| (epoch.to_owned(), last));
    }

    /// The violations that were visible while the page was observed.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// Whether the page ever claimed that messages are missing.
    pub(crate) fn has_divider(&self) -> bool {
        self.has_divider
    }

    /// Every message that was displayed, with the epoch of its log, in order.
    pub fn shown(&self) -> impl Iterator<Item = (&str, Seq, &Entry)> {
        self.shown.iter().flat_map(|(epoch, entries)| {
            let entries = entries.iter();
            entries.map(move |(seq, entry)| (epoch.as_str(), *seq, &**entry))
        })
    }
}
