//! A page that starts with the messages that an earlier one kept.

use super::folding::{by_ana, delete, edit, reaction};
use super::*;
use crate::limits::{CACHE_BYTES, HISTORY_MESSAGES};
use crate::{PersonId, PersonKey};

/// Ana's page, which is opening its socket.
fn opening() -> Story {
    let mut story = Story::new();
    let key = PersonKey::parse("0123456789abcdefghijkl").unwrap();
    story.session = Session::default().introduced(key, None);
    story.step(Input::Start);
    story
}

impl Story {
    fn greet_ana(&mut self, epoch: &str, head: Seq) -> Vec<Effect> {
        self.greet("next", position(epoch, head), Some("ana"))
    }

    fn cache(&self) -> String {
        self.session.cache().expect("there is a log")
    }

    /// The next page of the same person, with the messages of this one.
    fn next_page(&self) -> Story {
        let mut next = opening();
        assert_eq!(next.step(Input::Restore(self.cache())), []);
        assert!(next.session.is_restored());
        next
    }
}

/// Ana is online, and the log holds these entries.
fn page_with(entries: impl IntoIterator<Item = LogEntry>) -> Story {
    let mut story = opening();
    story.step(Input::Opened(story.socket));
    story.greet_ana("e", 0);
    for entry in entries {
        story.receive(&entry.into());
    }
    story
}

#[test]
fn shows_messages_with_their_changes_before_it_is_connected() {
    let story = page_with([
        by_ana(1),
        LogEntry::Message(Message {
            person_id: Some(PersonId::new("rui")),
            ..message(2)
        }),
        edit(1, 3, "ana", "novo"),
        reaction(2, 4, "rui", "👍", true),
    ]);
    let next = story.next_page();
    let shown = |story: &Story| -> Vec<_> {
        let entries = story.session.timeline().entries();
        let shown = entries.map(|entry| {
            let reactions = story.reactions(entry.message.seq.unwrap());
            (
                entry.text().to_owned(),
                entry.own,
                entry.is_deleted(),
                reactions,
            )
        });
        shown.collect()
    };
    assert_eq!(shown(&next), shown(&story));
    assert_eq!(next.session.timeline().end(), Some(&position("e", 4)));
    assert_eq!(next.cache(), story.cache());
}

#[test]
fn resumes_where_the_messages_end() {
    let mut next = page_with([by_ana(1), by_ana(2)]).next_page();
    let hello = next.step(Input::Opened(next.socket));
    assert!(
        sent(&hello)[0].contains(r#""resume":{"epoch":"e","after":2}"#),
        "{hello:?}"
    );
    assert_eq!(sent(&next.greet_ana("e", 3)), [""; 0]);
    assert!(!next.session.is_restored());
    next.receive_history(Range::After(2), 3, [3], true);
    assert_eq!(next.view(), "como era como era 3");
    assert!(!next.session.has_earlier(), "the whole log was kept");
}

#[test]
fn resumes_on_a_socket_that_opened_before_the_messages_were_read() {
    let cache = page_with([by_ana(1)]).cache();
    let mut next = opening();
    next.step(Input::Opened(next.socket));
    let effects = next.step(Input::Restore(cache));
    assert!(
        sent(&effects)[0].contains(r#""resume":{"epoch":"e","after":1}"#),
        "{effects:?}"
    );
    next.greet_ana("e", 1);
    assert_eq!(next.view(), "como era");
}

#[test]
fn starts_over_if_too_much_was_sent_or_the_log_is_another_one() {
    let far = 1 + Seq::from(HISTORY_MESSAGES) + 1;
    for (epoch, head) in [("e", far), ("other", 1), ("other", 9)] {
        let mut next = page_with([by_ana(1)]).next_page();
        next.step(Input::Opened(next.socket));
        let effects = next.greet_ana(epoch, head);
        assert_eq!(next.view(), "", "{epoch} {head}");
        let newest = format!(r#"{{"action":"history","before":{},"limit":50}}"#, head + 1);
        assert_eq!(sent(&effects), [newest]);
        // What the back end sends for the resumption changes nothing.
        next.receive_history(Range::After(1), head, [2, 3], false);
        assert_eq!(next.view(), "", "{epoch} {head}");
        assert!(!next.session.is_restored());
    }
}

#[test]
fn the_newest_frames_are_kept() {
    let long = |seq| {
        LogEntry::Message(Message {
            message: "x".repeat(1_000),
            person_id: Some(PersonId::new("ana")),
            ..message(seq)
        })
    };
    let entries = (1..=300).map(long).chain([edit(1, 301, "ana", "novo")]);
    let mut next = page_with(entries).next_page();
    assert!(next.cache().len() <= CACHE_BYTES + 100);
    let kept = next.session.timeline().len();
    assert!((100..200).contains(&kept), "{kept}");
    assert!(next.session.has_earlier());
    next.step(Input::Opened(next.socket));
    next.greet_ana("e", 301);
    let first = next.session.timeline().entries().next().unwrap();
    let before = Range::Before(first.message.seq.unwrap());
    next.receive(&page(before, position("e", 301), (1..=200).map(by_ana)));
    next.shows(1, "novo");
}

#[test]
fn a_page_that_was_restored_is_kept_for_the_one_after_it() {
    let story = page_with([by_ana(1), by_ana(2)]);
    let mut next = story.next_page();
    next.step(Input::Opened(next.socket));
    next.greet_ana("e", 2);
    next.receive(&by_ana(3).into());
    assert_eq!(next.next_page().view(), "como era como era como era");
}

#[test]
fn nothing_is_kept_of_what_was_sent_before_a_deletion() {
    let single = delete(1, 2, "ana");
    let mut story = page_with([by_ana(1), single.clone()]);
    assert_eq!(story.session.cache(), None);
    story.receive(&by_ana(3).into());
    assert_eq!(story.next_page().view(), "como era");
    for event in [
        Event::Entries(Entries {
            entries: vec![delete(3, 4, "ana")],
        }),
        page(Range::After(3), position("e", 4), [delete(3, 4, "ana")]),
    ] {
        let mut story = page_with([by_ana(1), single.clone(), by_ana(3)]);
        story.receive(&event);
        assert_eq!(story.session.cache(), None, "{event:?}");
    }
}

#[test]
fn a_frame_with_line_breaks_is_kept_in_one_line() {
    let mut story = page_with([by_ana(1)]);
    story.receive_frame(&Event::from(by_ana(2)).to_json().replace(',', ",\r\n"));
    assert_eq!(story.next_page().view(), "como era como era");
}

#[test]
fn a_message_in_the_outbox_that_is_among_the_kept_ones_is_acknowledged() {
    let story = page_with([LogEntry::Message(Message {
        client_message_id: Some(id("c-1")),
        person_id: Some(PersonId::new("ana")),
        ..message(1)
    })]);
    let mut next = opening();
    next.send("c-1");
    next.step(Input::Restore(story.cache()));
    assert_eq!(next.session.outbox().entries(), []);
}

#[test]
fn comes_too_late_once_the_back_end_has_answered() {
    let cache = page_with([by_ana(1)]).cache();
    let mut next = page_with([by_ana(1), by_ana(2)]);
    assert_eq!(next.step(Input::Restore(cache)), []);
    assert_eq!(next.view(), "como era como era");
    assert!(!next.session.is_restored());
}

#[test]
fn a_message_that_may_lack_its_author_is_not_kept_before_it_is_there_in_full() {
    let mut story = page_with([by_ana(1)]);
    story.receive_message(2);
    assert_eq!(story.next_page().view(), "como era");
    let full = page(Range::After(1), position("e", 2), [by_ana(2)]);
    story.receive(&full);
    assert_eq!(story.next_page().view(), "como era como era");
}

#[test]
fn a_message_that_lacks_its_author_before_the_greeting_of_a_restored_page_gets_it_from_history() {
    let mut next = page_with([by_ana(1)]).next_page();
    next.step(Input::Opened(next.socket));
    next.receive_message(2);
    let full = page(Range::After(1), position("e", 2), [by_ana(2)]);
    next.receive(&full);
    next.greet_ana("e", 2);
    let entries = next.session.timeline().entries();
    let authors: Vec<_> = entries.map(|it| it.message.person_id.clone()).collect();
    let ana = Some(PersonId::new("ana"));
    assert_eq!(authors, [ana.clone(), ana]);
}

#[test]
fn ignores_what_is_invalid() {
    for cache in ["", "\n", "ana", "ana\ne", "ana\ne\n-1", "ana\ne\n1 "] {
        let mut story = opening();
        assert_eq!(story.step(Input::Restore(cache.to_owned())), []);
        assert_eq!(story.session.timeline().end(), None, "{cache}");
        assert_eq!(story.session.person_id(), None, "{cache}");
    }
}

#[test]
fn ignores_cached_frames_that_are_not_of_the_log() {
    let mut story = opening();
    let connected = r#"{"type":"connected","connectionId":"x","epoch":"e","head":9}"#;
    let error = r#"{"type":"error","code":"unavailable","message":"No."}"#;
    let message = Event::from(by_ana(1)).to_json();
    let cache = ["ana", "e", "0", connected, error, "{", "", &message].join("\n");
    assert_eq!(story.step(Input::Restore(cache)), []);
    assert_eq!(story.view(), "como era");
    assert_eq!(story.session.problem(), None);
    assert!(!story.session.phase().is_online());
}

#[test]
fn nothing_is_kept_without_a_log_or_a_person() {
    assert_eq!(Story::new().session.cache(), None);
    assert_eq!(Story::online(3).session.cache(), None, "no person");
}
