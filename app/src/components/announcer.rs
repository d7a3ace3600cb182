//! Announces new messages to screen readers: each once, with its author. History that is loaded is not announced.

use papo_protocol::session::{Entry, Phase};
use papo_protocol::{MessageId, Session};
use yew::prelude::*;

use super::author::Author;
use crate::chat::Chat;
use crate::i18n::Language;

/// When more messages than this arrive together, their number is announced instead.
const READ_OUT: usize = 3;

/// What is announced.
#[derive(Debug, Default)]
struct Announced {
    /// The newest message.
    newest: Option<Key>,
    /// The text of the live region.
    text: String,
}

/// What tells messages apart.
type Key = (Option<u64>, MessageId);

/// The live region. Only what appears in it is announced.
#[hook]
pub fn use_announcer(chat: &Chat) -> Html {
    let announced = use_mut_ref(Announced::default);
    let Announced { newest, text } = &mut *announced.borrow_mut();
    let session = chat.session();
    let current = session.timeline().entries().next_back().map(|it| key(it));
    if current != *newest {
        let before = std::mem::replace(newest, current);
        if let (Some(before), Phase::Online { .. }) = (before, session.phase()) {
            *text = announcement(&session, &before, chat.language);
        }
    }
    html! { <div class="unseen" role="log" aria-live="polite" data-testid="announcer">{ &*text }</div> }
}

fn key(entry: &Entry) -> Key {
    let message = &entry.message;
    (message.seq, message.message_id.clone())
}

fn announcement(session: &Session, before: &Key, language: Language) -> String {
    let new: Vec<_> = session
        .timeline()
        .entries()
        .rev()
        .take_while(|entry| key(entry) != *before)
        .filter(|entry| !entry.own)
        .collect();
    if new.len() > READ_OUT {
        return language.new_messages(new.len());
    }
    let lines = new.iter().rev().map(|entry| {
        let author = Author::of(&entry.message).name();
        format!("{author}: {}", entry.text())
    });
    lines.collect::<Vec<_>>().join("\n")
}
