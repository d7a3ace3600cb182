//! Compares what a page displayed with the log.

use std::sync::Arc;

use papo_protocol::session::Entry;
use papo_protocol::{LogEntry, Seq};

use super::{Check, Subject, fold, gaps, shown};
use crate::history::{ClientHistory, PageHistory, Snapshot, key};
use crate::verdict::{Violation, ViolationKind::Lost};

impl<'a> Check<'a> {
    /// A page shows a part of the log without a gap; the last one up to the end of the log.
    pub(super) fn page(&mut self, client: &ClientHistory, index: usize, page: &PageHistory) {
        let subject = Subject::page(client.number, index);
        let observed = page.violations().iter().cloned();
        let mut violations: Vec<_> = observed.collect();
        if self.history.losses.is_none() {
            violations.extend(self.whole_page(client, page));
        } else if let Some(snapshot) = &page.closing {
            violations.extend(self.closing(snapshot));
        }
        self.violations
            .extend(violations.into_iter().map(|it| it.of(&subject)));
    }

    /// Where nothing was lost on purpose, everything that a page ever displayed is one part of the log.
    fn whole_page(&self, client: &ClientHistory, page: &PageHistory) -> Vec<Violation> {
        let from_start = client.scrolled_to_start;
        let mut violations = Vec::new();
        if page.has_divider() {
            let detail = "shows a divider for missing messages, but the log has all of them";
            violations.push(Violation::new(Lost, detail));
        }
        let mut due: Option<Seq> = (from_start && page.closing.is_some()).then_some(1);
        for (epoch, seq, entry) in page.shown() {
            violations.extend(shown(epoch, entry, &self.history.written).err());
            violations.extend(self.not_shown(due.unwrap_or(seq)..seq));
            due = Some(seq + 1);
        }
        if let Some(snapshot) = &page.closing {
            let log = &self.history.log;
            let entries = snapshot.newest_log().filter(|_| client.is_introduced);
            violations.extend(entries.filter_map(|entry| fold::check(entry, log)));
            let end = self
                .history
                .log
                .last()
                .and_then(LogEntry::seq)
                .unwrap_or_default();
            match due {
                Some(due) => violations.extend(self.not_shown(due..end + 1)),
                None if end > 0 => {
                    let detail = format!("shows nothing, but the log has {end} messages");
                    violations.push(Violation::new(Lost, detail));
                }
                None => {}
            }
        }
        violations
    }

    fn not_shown(&self, seqs: std::ops::Range<Seq>) -> impl Iterator<Item = Violation> + use<'a> {
        let log: &'a [LogEntry] = &self.history.log;
        seqs.filter_map(move |seq| {
            let index = log.binary_search_by_key(&Some(seq), LogEntry::seq);
            let entry = index.ok().map(|index| &log[index]);
            let id = match entry {
                Some(change) if change.of().is_some() => return None,
                Some(message) => key(message),
                None => "a message",
            };
            let detail = format!("does not show {id}, seq {seq}");
            Some(Violation::new(Lost, detail))
        })
    }

    /// After a loss of messages or of the table, compares the newest log on the page with everything ever written to it.
    fn closing(&self, snapshot: &Snapshot) -> Vec<Violation> {
        let mut violations = Vec::new();
        let end = snapshot.end.as_ref().map_or(0, |end| end.seq);
        // If the last messages have expired, their numbers are unknown here.
        let head = self.history.log.last().and_then(LogEntry::seq);
        if head.is_some_and(|head| end < head) {
            let detail = format!("ends at seq {end}, but the log ends at {head:?}");
            violations.push(Violation::new(Lost, detail));
        }
        if let Some(end) = &snapshot.end {
            let (epoch, written) = (end.epoch.as_str(), &self.history.written);
            let wrong = |entry: &Arc<Entry>| shown(epoch, entry, written).err();
            violations.extend(snapshot.newest_log().filter_map(wrong));
            violations.extend(gaps(epoch, snapshot, written));
        }
        violations
    }
}
