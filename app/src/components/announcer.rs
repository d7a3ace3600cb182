//! Announces new messages to screen readers: each once, with its author. History that is loaded is not announced.

use std::sync::Arc;

use papo_protocol::session::{Entry, Phase};
use papo_protocol::{MessageId, Session};
use yew::prelude::*;

use super::author::Author;
use super::timeline::entries;
use crate::chat::Chat;
use crate::i18n::Language;
use crate::markup;

/// When more messages than this arrive together, their number is announced instead.
const READ_OUT: usize = 3;

/// The announcement.
#[derive(Debug, Default)]
struct Announced {
    /// The newest message.
    newest: Option<MessageId>,
    /// The text of the live region.
    text: String,
}

/// The live region. Only what appears in it is announced.
#[hook]
pub fn use_announcer(chat: &Chat) -> Html {
    let announced = use_mut_ref(Announced::default);
    let Announced { newest, text } = &mut *announced.borrow_mut();
    let session = chat.session();
    let current = entries::newest(&session);
    if current != *newest {
        let before = std::mem::replace(newest, current);
        *text = match (before, session.phase()) {
            (Some(before), Phase::Online { .. }) => announcement(&session, &before, chat.language),
            _ => String::new(),
        };
    }
    // Keyed, so that a text that is the same as the last one is announced too.
    let key = newest.as_ref().map(MessageId::as_str).unwrap_or_default();
    html! {
        <div class="unseen" role="log" aria-live="polite" data-testid="announcer"><p {key}>{ &*text }</p></div>
    }
}

fn announcement(session: &Session, before: &MessageId, language: Language) -> String {
    let mut new = entries::after(session, Some(before));
    new.retain(|entry| !entry.own);
    if new.len() > READ_OUT {
        return language.new_messages(new.len());
    }
    let line = |entry: &&Arc<Entry>| {
        let author = Author::of(&entry.message).name();
        format!("{author}: {}", markup::plain(entry.text()))
    };
    new.iter().map(line).collect::<Vec<_>>().join("\n")
}
