//! Announces new messages to screen readers: each once, with its author. History that is loaded is not announced.

use papo_protocol::Session;
use papo_protocol::session::{Entry, Phase};
use yew::prelude::*;

use super::author::Author;
use crate::chat::Chat;
use crate::i18n::Language;

/// When more messages than this arrive together, their number is announced instead.
const READ_OUT: usize = 3;

/// The live region. Only what appears in it is announced.
#[component]
pub fn Announcer(chat: &Chat) -> Html {
    let text = use_state_eq(String::new);
    let known = use_mut_ref(|| None);
    let newest = newest(&chat.session);
    use_effect_with(newest, {
        let (text, session, language) = (text.setter(), chat.session.clone(), chat.language);
        move |newest: &Option<(Option<u64>, String)>| {
            let before = known.replace(newest.clone());
            if let (Some(before), Phase::Online { .. }) = (before, session.phase()) {
                text.set(announcement(&session, &before, language));
            }
        }
    });
    html! { <div class="unseen" role="log" aria-live="polite" data-testid="announcer">{ &*text }</div> }
}

fn newest(session: &Session) -> Option<(Option<u64>, String)> {
    session.timeline().entries().next_back().map(|it| key(it))
}

fn key(entry: &Entry) -> (Option<u64>, String) {
    let message = &entry.message;
    (message.seq, message.message_id.as_str().to_owned())
}

fn announcement(session: &Session, before: &(Option<u64>, String), language: Language) -> String {
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
