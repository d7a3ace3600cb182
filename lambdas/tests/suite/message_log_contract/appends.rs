//! Concurrent appends.

use std::collections::BTreeSet;

use futures::future::join_all;
use papo_lambdas::append::{Appended, append};
use papo_lambdas::clock::SystemClock;
use papo_lambdas::message_log::{Entry, MessageLog};
use papo_protocol::{LogEntry, Range, Seq};

use super::{AMPLE, SENT, message};
use crate::chat::room;

/// Checks that concurrent appends, some of them of the same message, make one log without gaps that has each message once.
///
/// Appends three messages with each of `ids` ids, and as many without an id as there are ids.
pub(super) async fn appends_each_message_once(log: impl MessageLog, ids: usize) {
    let room = room(&log);
    let messages: Vec<LogEntry> = (0..ids * 3)
        .map(|n| n % ids)
        .map(|n| message(&format!("m{n}"), Some(&format!("c-{n}"))))
        .chain((0..ids).map(|n| message(&format!("u{n}"), None)))
        .map(LogEntry::from)
        .collect();
    let appends = messages
        .iter()
        .map(|message| append(&room, &SystemClock, message, None, SENT, AMPLE));
    let outcomes: Vec<Appended> = join_all(appends)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();

    let page = room
        .log
        .entries(&room.id, Range::After(0), 100)
        .await
        .unwrap();
    let stored: Vec<LogEntry> = page.entries.into_iter().map(Entry::into_content).collect();
    let numbers: Vec<Seq> = stored.iter().filter_map(LogEntry::seq).collect();
    assert_eq!(
        numbers,
        (1..).take(ids * 2).collect::<Vec<Seq>>(),
        "without gaps"
    );
    let texts: BTreeSet<&str> = stored.iter().map(text).collect();
    assert_eq!(texts.len(), ids * 2, "each once");
    let now = |outcome: &&Appended| matches!(outcome, Appended::New(_));
    assert_eq!(outcomes.iter().filter(now).count(), ids * 2);
    for (outcome, sent) in outcomes.iter().zip(&messages) {
        let (Appended::New(there) | Appended::Duplicate(there)) = outcome else {
            panic!("{sent:?}: {outcome:?}")
        };
        assert!(
            stored.contains(there),
            "every sender gets the stored message"
        );
        assert_eq!(text(there), text(sent));
    }
}

fn text(entry: &LogEntry) -> &str {
    match entry {
        LogEntry::Message(message) => &message.message,
        other @ LogEntry::Change(_) => panic!("{other:?}"),
    }
}
