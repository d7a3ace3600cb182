//! The newest frames of the log as text, so that the next page can show them before it is connected.
//!
//! The frames are kept as they are: the next page receives them again, and then resumes as after a lost connection. If
//! too much was sent since, or the back end started a new log, it drops them: the newest messages are then there sooner than
//! those that were missed.

use std::collections::VecDeque;

use super::step::Step;
use super::{Phase, Session};
use crate::action::Resume;
use crate::entry::{ChangeKind, LogEntry};
use crate::event::Event;
use crate::limits::{CACHE_BYTES, HISTORY_MESSAGES};
use crate::person::PersonId;
use crate::position::{Epoch, Position, Range, Seq};
use crate::server_frame::ServerFrame;

/// Frames with entries of the current log, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cache {
    /// Each frame, and where the client's copy of the log ended before it.
    frames: VecDeque<(Seq, String)>,
    bytes: usize,
}

impl Cache {
    /// Adds a frame, before which the client's copy of the log ended at `end`.
    fn push(&mut self, end: Seq, frame: &str) {
        // In JSON, a line break is white space. Here, it ends the frame.
        let frame = frame.replace('\n', " ");
        self.bytes += frame.len();
        self.frames.push_back((end, frame));
        while self.bytes > CACHE_BYTES
            && let Some((_, oldest)) = self.frames.pop_front()
        {
            self.bytes -= oldest.len();
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

impl Session {
    /// The newest part of the log, for [`Input::Restore`](super::Input::Restore): this client's person, the epoch, where the
    /// frames begin, and the frames, each in a line. `None` if there is no log, or this client has no person.
    pub fn cache(&self) -> Option<String> {
        let (first, _) = self.cache.frames.front()?;
        let (person, end) = (self.person_id.as_ref()?, self.timeline.end()?);
        let mut text = format!("{}\n{}\n{first}", person.as_str(), end.epoch.as_str());
        for (_, frame) in &self.cache.frames {
            text.push('\n');
            text.push_str(frame);
        }
        Some(text)
    }

    /// Whether the messages are those of an earlier page, and the back end has not said yet whether there are newer ones.
    pub fn is_restored(&self) -> bool {
        self.is_restored
    }

    /// Keeps `frame` if it has entries of the end of the log. Of the earlier pages, only the first one counts. A
    /// deletion clears the cache, because earlier frames contain the deleted text.
    pub(super) fn keep(&mut self, event: &Event, frame: &str) {
        let is_earlier =
            matches!(event, Event::History(it) if matches!(it.range, Range::Before(_)));
        let is_newest = is_of_log(event) && (!is_earlier || self.cache.frames.is_empty());
        if deletes(event) {
            self.cache.clear();
        } else if let Some(end) = self.timeline.end().filter(|_| is_newest) {
            self.cache.push(end.seq, frame);
        }
    }

    /// Receives cached frames, unless the back end was faster. Invalid ones are ignored, because anything else may have
    /// written to the storage.
    pub(super) fn restore(&mut self, cache: &str, step: &mut Step) {
        let mut lines = cache.split('\n');
        let begin = (lines.next(), lines.next(), lines.next().map(str::parse));
        let (Some(person), Some(epoch), Some(Ok(seq))) = begin else {
            return;
        };
        if self.phase().is_online() || self.timeline.end().is_some() {
            return;
        }
        self.timeline.discard_unplaced();
        self.person_id = Some(PersonId::new(person));
        let epoch = Epoch::new(epoch);
        self.observe_head(Position { epoch, seq });
        self.is_restored = true;
        for frame in lines {
            if let Ok(ServerFrame::Event(event)) = ServerFrame::parse(frame)
                && is_of_log(&event)
            {
                // Only complete messages are kept.
                self.on_event(self.link.socket(), event, frame, false, step);
            }
        }
        if let (Phase::Greeting { .. }, Some(end)) = (self.phase(), self.timeline.end()) {
            let resume = Resume::from(end.clone());
            self.introduce(self.link.socket(), Some(resume), step);
        }
    }

    /// The back end has sent the head of its log: keeps the restored messages if they are close to it.
    pub(super) fn confirm_restored(&mut self, head: &Position) {
        if !std::mem::take(&mut self.is_restored) {
            return;
        }
        let near = |end: &Position| {
            self.is_same_log(&end.epoch, &head.epoch)
                && head.seq.saturating_sub(end.seq) <= HISTORY_MESSAGES.into()
        };
        if !self.timeline.end().is_some_and(near) {
            self.timeline.start_over();
        }
    }
}

/// Whether `event` has entries of the log.
fn is_of_log(event: &Event) -> bool {
    matches!(
        event,
        Event::Message(_) | Event::Change(_) | Event::Entries(_) | Event::History(_)
    )
}

fn deletes(event: &Event) -> bool {
    let entries: &[LogEntry] = match event {
        Event::Change(change) => return change.kind == ChangeKind::Delete,
        Event::Entries(entries) => &entries.entries,
        Event::History(history) => &history.messages,
        _ => return false,
    };
    let mut changes = entries.iter().filter_map(LogEntry::change);
    changes.any(|change| *change == ChangeKind::Delete)
}
