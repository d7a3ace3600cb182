//! Compares the timeline with a simple model: the set of numbers that have arrived, and the set of those that are missing.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// The back end's log, and the pages in flight.
#[derive(Default)]
struct Server {
    head: Seq,
    expired: BTreeSet<Seq>,
    answers: Vec<History>,
}

/// Something that happens at either end.
#[derive(Clone, Copy, Debug)]
enum Happening {
    /// A message is appended. Its broadcast may or may not arrive.
    Grows,
    /// One of the last messages expires.
    Expires(Seq),
    /// A broadcast of one of the last messages arrives, possibly again.
    Arrives(Seq),
    /// The client asks for this many later messages.
    AsksForLater(usize),
    /// The client asks for this many earlier messages.
    AsksForEarlier(usize),
    /// One of the last pages arrives, possibly again.
    IsAnswered(usize),
    /// The client reconnects.
    Reconnects,
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        6 => Just(Happening::Grows),
        1 => (0_u64..12).prop_map(Happening::Expires),
        6 => (0_u64..8).prop_map(Happening::Arrives),
        3 => (1_usize..6).prop_map(Happening::AsksForLater),
        1 => (1_usize..6).prop_map(Happening::AsksForEarlier),
        4 => (0_usize..3).prop_map(Happening::IsAnswered),
        1 => Just(Happening::Reconnects),
    ]
}

impl Server {
    /// The number that is `back` before the last one.
    fn recent(&self, back: Seq) -> Option<Seq> {
        self.head.checked_sub(back).filter(|seq| *seq > 0)
    }

    fn answer(&mut self, range: Range, limit: usize) {
        let kept = |seq: &Seq| !self.expired.contains(seq);
        let (mut messages, complete): (Vec<Seq>, bool) = match range {
            Range::After(after) => {
                let rest: Vec<_> = (after + 1..=self.head).filter(kept).collect();
                let complete = rest.len() <= limit;
                (rest.into_iter().take(limit).collect(), complete)
            }
            // Messages expire in order: everything older than an expired message has expired too.
            Range::Before(before) => {
                let rest: Vec<_> = (1..before).rev().take_while(kept).collect();
                let complete = rest.len() <= limit;
                (rest.into_iter().take(limit).collect(), complete)
            }
        };
        messages.sort_unstable();
        self.answers.push(History {
            range,
            head: position("e", self.head),
            messages: messages
                .into_iter()
                .map(|seq| message(seq).into())
                .collect(),
            complete,
        });
    }
}

/// The expected timeline.
#[derive(Default)]
struct Model {
    /// The first number, whether it has arrived or not.
    first: Seq,
    here: BTreeSet<Seq>,
    missing: BTreeSet<Seq>,
}

impl Model {
    /// The last number up to which every message has arrived or is known to be missing.
    fn end(&self) -> Seq {
        let mut end = self.first - 1;
        while self.here.contains(&(end + 1)) || self.missing.contains(&(end + 1)) {
            end += 1;
        }
        end
    }

    fn arrives(&mut self, seq: Seq) {
        if seq > self.end() {
            self.here.insert(seq);
        }
    }

    fn reads(&mut self, history: &History) {
        let seqs: BTreeSet<_> = history.messages.iter().filter_map(LogEntry::seq).collect();
        let end = self.end();
        match history.range {
            Range::Before(before) if before == self.first => {
                self.first = seqs.first().copied().unwrap_or(self.first);
                self.here.extend(seqs);
            }
            Range::After(after) if after <= end => {
                let last = seqs.last().copied().unwrap_or(after);
                let last = if history.complete {
                    last.max(history.head.seq)
                } else {
                    last
                };
                for seq in end + 1..=last {
                    if seqs.contains(&seq) {
                        self.here.insert(seq);
                    } else {
                        self.here.remove(&seq);
                        self.missing.insert(seq);
                    }
                }
                // Missing messages before all others are not a gap.
                while self.missing.contains(&self.first) {
                    self.first += 1;
                }
            }
            Range::Before(_) | Range::After(_) => {}
        }
    }

    /// The numbers in order, `|` where some are missing.
    fn view(&self) -> String {
        let mut words: Vec<String> = Vec::new();
        for seq in self.first..=self.end() {
            if self.here.contains(&seq) {
                words.push(seq.to_string());
            } else if words.last().is_some_and(|word| word != "|") {
                words.push("|".to_owned());
            }
        }
        words.join(" ")
    }
}

proptest! {
    /// Broadcasts and pages arrive late, twice, in any order or not at all, while messages expire.
    #[test]
    fn the_timeline_shows_what_has_arrived_and_marks_gaps(
        head in 0_u64..4,
        happenings in proptest::collection::vec(happening(), 0..120),
    ) {
        let mut story = Story::new();
        story.connect("alice", "e", head);
        let mut server = Server { head, ..Server::default() };
        let mut model = Model { first: head + 1, ..Model::default() };
        for (turn, happening) in happenings.into_iter().enumerate() {
            match happening {
                Happening::Grows => server.head += 1,
                Happening::Expires(back) => server.expired.extend(server.recent(back)),
                Happening::Arrives(back) => {
                    if let Some(seq) = server.recent(back) {
                        story.receive_message(seq);
                        model.arrives(seq);
                    }
                }
                Happening::AsksForLater(limit) => server.answer(Range::After(model.end()), limit),
                Happening::AsksForEarlier(limit) => server.answer(Range::Before(model.first), limit),
                Happening::IsAnswered(back) => {
                    if let Some(history) = server.answers.iter().rev().nth(back).cloned() {
                        model.reads(&history);
                        story.receive(&Event::History(history));
                    }
                }
                Happening::Reconnects => {
                    story.closed();
                    story.fire_timer();
                    story.connect(&format!("alice-{turn}"), "e", server.head);
                }
            }
            prop_assert_eq!(story.view(), model.view(), "after {:?}", happening);
            let end = story.session.timeline().end().map(|end| end.seq);
            prop_assert_eq!(end, Some(model.end()), "after {:?}", happening);
        }
    }
}
