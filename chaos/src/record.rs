//! What one client did and saw, as evidence. Pure.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use papo_protocol::ClientMessageId;
use papo_protocol::session::{Cut, Entry, Pending, Timeline};

/// Everything about one client, from its first page to its last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    /// Which client.
    pub(crate) client: usize,
    /// What it said, in this order.
    pub(crate) said: Vec<Said>,
    /// What left its outbox, in this order.
    pub(crate) acknowledged: Vec<ClientMessageId>,
    /// What is still in its outbox.
    pub(crate) left: Vec<Pending>,
    /// What it showed, page by page; the last one is there still.
    pub(crate) lives: Vec<Life>,
    /// The names of all logs that it heard of.
    pub(crate) epochs: BTreeSet<String>,
}

impl Record {
    /// Of a client that has done nothing yet.
    pub(crate) fn new(client: usize) -> Self {
        Self {
            client,
            ..Self::default()
        }
    }
}

/// A message as its sender knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    /// Its `clientMessageId`.
    pub(crate) name: String,
    /// Its text.
    pub(crate) text: String,
}

impl Said {
    /// The message number `number` of this client, both counted from 0, of so many bytes at least.
    pub(crate) fn new(client: usize, number: usize, bytes: usize) -> Self {
        let (client, number) = (client + 1, number + 1);
        let mut text = format!("client {client}, message {number}");
        while text.len() < bytes {
            text.push_str(" and so on");
        }
        Self {
            name: format!("chaos-{client}-{number}"),
            text,
        }
    }
}

/// Something on a page.
#[derive(Clone, Debug)]
pub(crate) enum Shown {
    /// A message.
    Message(Arc<Entry>),
    /// A line that says that messages are missing here.
    Cut(Cut),
}

impl Shown {
    /// Whether it is the very same thing and not only an equal one.
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Message(one), Self::Message(other)) => Arc::ptr_eq(one, other),
            (Self::Cut(one), Self::Cut(other)) => one == other,
            _ => false,
        }
    }
}

/// What one page showed, from its loading to its end, gathered by looking at it after each change.
#[derive(Clone, Debug, Default)]
pub(crate) struct Life {
    /// What was shown at the top and had to leave the page, because a page holds so much and not more.
    past: Vec<Shown>,
    /// What is on the page.
    screen: VecDeque<Shown>,
    /// How often something in the middle of the page became something else.
    pub(crate) rewritten: usize,
    revision: Option<u64>,
}

impl Life {
    /// A page that shows this.
    #[cfg(test)]
    pub(crate) fn of(shown: Vec<Shown>) -> Self {
        Self {
            screen: shown.into(),
            ..Self::default()
        }
    }

    /// Everything that was ever shown, oldest first.
    pub(crate) fn shown(&self) -> impl Iterator<Item = &Shown> {
        self.past.iter().chain(&self.screen)
    }

    /// Looks at the page.
    pub(crate) fn look(&mut self, timeline: &Timeline) {
        if self.revision == Some(timeline.revision()) {
            return;
        }
        self.revision = Some(timeline.revision());
        self.compare(flatten(timeline));
    }

    /// A page changes at its ends: more above, more below, less above. Everything between stays what it is.
    fn compare(&mut self, fresh: Vec<Shown>) {
        let same_first = |one: Option<&Shown>, other: &Shown| one.is_some_and(|one| one.is(other));
        let above = fresh
            .iter()
            .position(|shown| same_first(self.screen.front(), shown));
        if let Some(above) = above {
            self.put_above(&fresh[..above]);
        } else {
            // The first one has left; or nothing is as it was, and then all has left.
            let left = self
                .screen
                .iter()
                .position(|shown| same_first(fresh.first(), shown))
                .unwrap_or(self.screen.len());
            self.past.extend(self.screen.drain(..left));
        }
        let both = self.screen.iter().zip(&fresh);
        let changed = both.filter(|(old, new)| !old.is(new)).count();
        let vanished = self.screen.len().saturating_sub(fresh.len());
        self.rewritten += changed + vanished;
        if changed + vanished > 0 {
            self.screen = fresh.into();
        } else {
            let known = self.screen.len();
            self.screen.extend(fresh.into_iter().skip(known));
        }
    }

    /// What was loaded from above, and may have been there before.
    fn put_above(&mut self, loaded: &[Shown]) {
        let overlap = self.past.len().min(loaded.len());
        let keep = self.past.len() - overlap;
        let again = self.past[keep..].iter();
        let equal = |(old, new): (&Shown, &Shown)| match (old, new) {
            (Shown::Message(old), Shown::Message(new)) => old.message == new.message,
            _ => false,
        };
        if again.zip(&loaded[loaded.len() - overlap..]).all(equal) {
            self.past.truncate(keep);
        }
        for shown in loaded.iter().rev() {
            self.screen.push_front(shown.clone());
        }
    }
}

fn flatten(timeline: &Timeline) -> Vec<Shown> {
    let mut all = Vec::with_capacity(timeline.len());
    for segment in timeline.segments() {
        all.extend(segment.cut.map(Shown::Cut));
        all.extend(segment.entries.iter().cloned().map(Shown::Message));
    }
    all
}

#[cfg(test)]
mod tests {
    use papo_protocol::{ConnectionId, Message, MessageId, Seq};

    use super::*;

    /// Pages that differ as those of a session do: what stays is the very same thing.
    struct Page {
        entries: Vec<Arc<Entry>>,
        life: Life,
    }

    impl Page {
        fn new() -> Self {
            let entry = |seq: Seq| {
                let message = Message {
                    connection_id: ConnectionId::new("c"),
                    message: format!("message {seq}"),
                    message_id: MessageId::new(seq.to_string()),
                    request_time_epoch: 0,
                    seq: Some(seq),
                    client_message_id: None,
                };
                Arc::new(Entry {
                    message,
                    own: false,
                })
            };
            Self {
                entries: (0..20).map(entry).collect(),
                life: Life::default(),
            }
        }

        fn shows(mut self, range: std::ops::Range<usize>) -> Self {
            let shown = self.entries[range].iter().cloned().map(Shown::Message);
            self.life.compare(shown.collect());
            self
        }

        /// What the page has left is loaded again: equal, and not the same.
        fn forgets(mut self, range: std::ops::Range<usize>) -> Self {
            for entry in &mut self.entries[range] {
                *entry = Arc::new(Entry::clone(entry));
            }
            self
        }

        #[track_caller]
        fn has_shown(&self, expected: impl Iterator<Item = Seq>) {
            let shown = self.life.shown().filter_map(|shown| match shown {
                Shown::Message(entry) => entry.message.seq,
                Shown::Cut(_) => None,
            });
            assert_eq!(shown.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
            assert_eq!(self.life.rewritten, 0);
        }
    }

    #[test]
    fn a_page_grows_at_both_ends() {
        Page::new()
            .shows(5..5)
            .shows(5..7)
            .shows(5..9)
            .has_shown(5..9);
        Page::new()
            .shows(5..7)
            .shows(2..7)
            .shows(0..9)
            .has_shown(0..9);
    }

    #[test]
    fn what_left_the_page_was_shown_nevertheless() {
        Page::new()
            .shows(0..5)
            .shows(2..7)
            .shows(10..12)
            .has_shown((0..7).chain(10..12));
    }

    #[test]
    fn what_left_the_page_and_is_loaded_again_was_shown_once() {
        Page::new()
            .shows(0..9)
            .shows(6..9)
            .forgets(0..6)
            .shows(4..9)
            .shows(0..10)
            .has_shown(0..10);
        Page::new()
            .shows(4..9)
            .shows(6..9)
            .forgets(0..6)
            .shows(1..9)
            .has_shown(1..9);
    }

    #[test]
    fn a_page_that_changes_in_the_middle_or_loses_its_end_was_rewritten() {
        let mut page = Page::new().shows(0..5).forgets(2..4).shows(0..5);
        assert_eq!(page.life.rewritten, 2);
        page = page.shows(0..3);
        assert_eq!(page.life.rewritten, 4);
    }

    #[test]
    fn a_message_is_known_by_its_client_and_its_number() {
        let said = Said::new(6, 11, 0);
        assert_eq!(
            (said.name.as_str(), said.text.as_str()),
            ("chaos-7-12", "client 7, message 12")
        );
        let long = Said::new(0, 0, 4_000);
        assert!((4_000..4_020).contains(&long.text.len()));
        assert!(papo_protocol::MessageText::parse(long.text).is_ok());
    }
}
