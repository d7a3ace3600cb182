//! When to ask for a part of the log: for missing messages, and for earlier ones.

use super::Millis;
use super::driver::earliest;
use crate::action::Action;
use crate::limits::{HISTORY_EARLIER, HISTORY_TIMEOUT_MS, HOLD_BACK_MS};
use crate::position::{Range, Seq};

/// The requests for parts of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct CatchUp {
    /// The highest known head of the log.
    head: Seq,
    /// Since when messages are missing.
    behind_since: Option<Millis>,
    /// When the request for missing messages times out.
    asked_until: Option<Millis>,
    /// The message before which earlier ones are wanted, and when to ask for them (again).
    earlier: Option<(Seq, Millis)>,
}

impl CatchUp {
    /// Starts over with another log.
    pub(super) fn reset(&mut self, head: Seq) {
        *self = Self {
            head,
            ..Self::default()
        };
    }

    /// The head of the log is at least `head`.
    pub(super) fn observe_head(&mut self, head: Seq) {
        self.head = self.head.max(head);
    }

    /// A page of missing messages is expected: requested, or sent in reply to `resume`.
    pub(super) fn expect(&mut self, now: Millis) {
        self.asked_until = Some(now.saturating_add(HISTORY_TIMEOUT_MS));
    }

    /// A page of missing messages has arrived; `complete` if none followed it.
    pub(super) fn arrived(&mut self, complete: bool) {
        self.asked_until = None;
        // Messages that are missing now were sent later, and may be on their way.
        if complete {
            self.behind_since = None;
        }
    }

    /// The connection has ended; outstanding requests are lost.
    pub(super) fn disconnected(&mut self) {
        self.asked_until = None;
        if let Some((_, ask_at)) = &mut self.earlier {
            *ask_at = 0;
        }
    }

    /// The client's copy ends at `end`; `holds_back` if later messages have arrived.
    pub(super) fn update(&mut self, end: Seq, holds_back: bool, now: Millis) {
        if holds_back || self.head > end {
            self.behind_since.get_or_insert(now);
        } else {
            self.behind_since = None;
            self.asked_until = None;
        }
    }

    /// Whether no message after the client's copy is known.
    pub(super) fn is_done(&self) -> bool {
        self.behind_since.is_none()
    }

    /// When the next request is due.
    pub(super) fn wake_at(&self) -> Option<Millis> {
        earliest(self.missing_at(), self.earlier.map(|(_, ask_at)| ask_at))
    }

    fn missing_at(&self) -> Option<Millis> {
        let grace = self.behind_since?.saturating_add(HOLD_BACK_MS);
        Some(grace.max(self.asked_until.unwrap_or_default()))
    }

    /// The request that is due at `now`, if any. Missing messages take precedence over earlier ones.
    pub(super) fn next_request(&mut self, end: Seq, now: Millis) -> Option<Action> {
        if self.missing_at().is_some_and(|at| at <= now) {
            self.expect(now);
            return Some(Action::History {
                range: Range::After(end),
                limit: None,
            });
        }
        match &mut self.earlier {
            Some((first, ask_at)) if *ask_at <= now => {
                *ask_at = now.saturating_add(HISTORY_TIMEOUT_MS);
                Some(Action::History {
                    range: Range::Before(*first),
                    limit: Some(HISTORY_EARLIER),
                })
            }
            _ => None,
        }
    }

    /// Messages before `first` are wanted, unless such a request is outstanding.
    pub(super) fn want_earlier(&mut self, first: Seq) {
        self.earlier.get_or_insert((first, 0));
    }

    /// Messages before `first` have arrived.
    pub(super) fn earlier_arrived(&mut self, first: Seq) {
        self.earlier = self.earlier.filter(|(wanted, _)| *wanted != first);
    }
}
