//! The same entries show the same, in whatever order and on whatever pages they arrive.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::folding::{by_ana, delete, edit, reaction};
use super::*;
use crate::ChangeKind;

/// An entry of a log, before it has a number.
#[derive(Clone, Copy, Debug)]
enum Draft {
    Message,
    Edit,
    Delete,
    Reaction(&'static str, bool),
}

/// A log: messages of Ana, and changes of any of the entries before them by one of three people.
fn log() -> impl Strategy<Value = Vec<LogEntry>> {
    let draft = prop_oneof![
        4 => Just(Draft::Message),
        3 => Just(Draft::Edit),
        1 => Just(Draft::Delete),
        4 => (prop_oneof![Just("👍"), Just("🎉")], any::<bool>())
            .prop_map(|(emoji, on)| Draft::Reaction(emoji, on)),
    ];
    let person = prop_oneof![3 => Just("ana"), 1 => Just("rui"), 1 => Just("eva")];
    proptest::collection::vec((draft, person, 1_u64..12), 1..40).prop_map(|drafts| {
        let entries = drafts.into_iter().zip(1..);
        let entries = entries.map(|((draft, by, back), seq)| {
            let of = Seq::saturating_sub(seq, back);
            match draft {
                Draft::Message => by_ana(seq),
                Draft::Edit => edit(of, seq, by, &format!("edit {seq}")),
                Draft::Delete => delete(of, seq, by),
                Draft::Reaction(emoji, on) => reaction(of, seq, by, emoji, on),
            }
        });
        entries.collect()
    })
}

/// The state of one message: its text and its reactions; `None` if it was deleted.
type Shown = Option<(String, Vec<(String, Vec<String>)>)>;

/// The rules of the protocol, applied to the log from its first entry to its last.
fn expected(log: &[LogEntry]) -> BTreeMap<Seq, Shown> {
    let mut shown: BTreeMap<Seq, Shown> = BTreeMap::new();
    for entry in log {
        let by = entry.person_id().map(PersonId::as_str);
        if let LogEntry::Message(message) = entry {
            let text = message.message.clone();
            shown.insert(message.seq.unwrap(), Some((text, Vec::new())));
        }
        let Some(message) = entry.of().and_then(|of| shown.get_mut(&of)) else {
            continue;
        };
        match (entry.change(), message.as_mut()) {
            (Some(ChangeKind::Edit { message, .. }), Some((text, _))) if by == Some("ana") => {
                text.clone_from(message);
            }
            (Some(ChangeKind::Delete), _) if by == Some("ana") => *message = None,
            (Some(ChangeKind::Reaction { emoji, on }), Some((_, reactions))) => {
                let by = by.map(str::to_owned);
                reactions.push((emoji.to_string(), Vec::from_iter(by)));
                if !on {
                    let last = reactions.pop();
                    reactions.retain(|known| Some(known) != last.as_ref());
                }
            }
            _ => {}
        }
    }
    for (_, reactions) in shown.values_mut().flatten() {
        let mut people: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (emoji, person) in reactions.drain(..) {
            people.entry(emoji).or_default().extend(person);
        }
        for people in people.values_mut() {
            people.sort();
            people.dedup();
        }
        reactions.extend(people);
    }
    shown
}

/// What the timeline shows, in the same form.
fn shown(story: &Story) -> BTreeMap<Seq, Shown> {
    let messages = story.session.timeline().entries().map(|entry| {
        let reactions = entry.reactions().iter().map(|reactions| {
            let people = reactions.people.iter();
            let mut people: Vec<_> = people
                .map(|person| person.person_id.as_str().to_owned())
                .collect();
            people.sort();
            (reactions.emoji.to_string(), people)
        });
        let mut reactions: Vec<_> = reactions.collect();
        reactions.sort();
        let shown = (!entry.is_deleted()).then(|| (entry.text().to_owned(), reactions));
        (entry.message.seq.unwrap(), shown)
    });
    messages.collect()
}

proptest! {
    #[test]
    fn the_order_of_arrival_and_the_pages_do_not_matter(
        log in log(),
        head in 0_usize..40,
        sizes in proptest::collection::vec(1_usize..8, 40),
        arrivals in proptest::collection::vec(any::<proptest::sample::Index>(), 0..120),
        early in any::<bool>(),
    ) {
        let head = head.min(log.len());
        let mut story = Story::new();
        story.connect("alice", "e", head as Seq);
        let broadcasts = |story: &mut Story| {
            let (_, later) = log.split_at(head);
            for index in &arrivals {
                if !later.is_empty() {
                    story.receive(&index.get(later).clone().into());
                }
            }
            for entry in later {
                story.receive(&entry.clone().into());
            }
        };
        if early {
            broadcasts(&mut story);
        }
        let mut before = head;
        for size in sizes {
            let from = before.saturating_sub(size);
            let range = Range::Before(before as Seq + 1);
            let head = position("e", log.len() as Seq);
            story.receive(&page(range, head, log[from..before].to_vec()));
            before = from;
        }
        if !early {
            broadcasts(&mut story);
        }
        prop_assert_eq!(shown(&story), expected(&log));
        let end = story.session.timeline().end().map(|end| end.seq);
        prop_assert_eq!(end, Some(log.len() as Seq));
    }
}
