//! When to ask for a part of the log: for what is missing, and for what was said earlier.

use super::Millis;
use crate::action::Action;
use crate::limits::{HISTORY_EARLIER, HISTORY_TIMEOUT_MS, HOLD_BACK_MS};
use crate::log::{Range, Seq};

/// What was asked for and has not come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct CatchUp {
    /// The highest end of the log that we have heard of.
    head: Seq,
    /// Since when something is missing.
    behind_since: Option<Millis>,
    /// When to ask again for what is missing.
    asked_until: Option<Millis>,
    /// Before which message earlier ones are wanted, and when to ask for them again.
    earlier: Option<(Seq, Millis)>,
}

impl CatchUp {
    /// Another log: nothing of before counts.
    pub(super) fn begin(&mut self, head: Seq) {
        *self = Self {
            head,
            ..Self::default()
        };
    }

    /// The log ends at least here.
    pub(super) fn heard_of(&mut self, head: Seq) {
        self.head = self.head.max(head);
    }

    /// What is missing will be sent to us unasked.
    pub(super) fn expect(&mut self, now: Millis) {
        self.asked_until = Some(now.saturating_add(HISTORY_TIMEOUT_MS));
    }

    /// What we asked for has come, or will not come on this connection.
    pub(super) fn arrived(&mut self) {
        self.asked_until = None;
    }

    /// Nothing that was asked for will come any more.
    pub(super) fn disconnected(&mut self) {
        self.asked_until = None;
        if let Some((_, again)) = &mut self.earlier {
            *again = 0;
        }
    }

    /// Looks at where we stand: our copy ends at `end`, and `holds_back` if something after it is here.
    pub(super) fn look(&mut self, end: Seq, holds_back: bool, now: Millis) {
        if holds_back || self.head > end {
            self.behind_since.get_or_insert(now);
        } else {
            self.behind_since = None;
            self.asked_until = None;
        }
    }

    /// When to ask.
    pub(super) fn wake_at(&self) -> Option<Millis> {
        let later = self.later_at();
        let earlier = self.earlier.map(|(_, again)| again);
        later.into_iter().chain(earlier).min()
    }

    fn later_at(&self) -> Option<Millis> {
        let patient = self.behind_since?.saturating_add(HOLD_BACK_MS);
        Some(patient.max(self.asked_until.unwrap_or_default()))
    }

    /// What to ask for now, if anything: what is missing after `end`, else what was said earlier.
    pub(super) fn ask(&mut self, end: Seq, now: Millis) -> Option<Action> {
        if self.later_at().is_some_and(|at| at <= now) {
            self.expect(now);
            return Some(Action::History {
                range: Range::After(end),
                limit: None,
            });
        }
        match &mut self.earlier {
            Some((first, again)) if *again <= now => {
                *again = now.saturating_add(HISTORY_TIMEOUT_MS);
                Some(Action::History {
                    range: Range::Before(*first),
                    limit: Some(HISTORY_EARLIER),
                })
            }
            _ => None,
        }
    }

    /// What was said before `first` is wanted, unless something earlier is wanted already.
    pub(super) fn want_earlier(&mut self, first: Seq) {
        self.earlier.get_or_insert((first, 0));
    }

    /// What was said before `first` has come. What is wanted of another log has not.
    pub(super) fn earlier_arrived(&mut self, first: Seq) {
        self.earlier = self.earlier.filter(|(wanted, _)| *wanted != first);
    }
}
