//! The bell: notifications of messages that arrive while the page is hidden. They are off until the reader turns them on.

use papo_protocol::session::Entry;
use yew::platform::spawn_local;
use yew::prelude::*;

use super::author::Author;
use super::flag;
use super::icons;
use crate::browser::events::listen;
use crate::browser::{self, locks, notifications};
use crate::chat::Chat;
use crate::hooks::{use_guard, use_signal};
use crate::markup::excerpt;

/// The `localStorage` key of the choice.
const BELL: &str = "papo.bell";

/// The choice that turns notifications on.
const ON: &str = "on";

/// The Web Lock that a visible page holds, so that no hidden one notifies a reader who is here.
const VISIBLE: &str = "papo.visible";

fn is_on() -> bool {
    browser::remembered(BELL).as_deref() == Some(ON)
}

/// The button that turns notifications on and off.
#[hook]
pub fn use_bell(chat: &Chat) -> Html {
    let words = chat.language.words();
    let on = use_signal(is_on);
    let is_refused = use_signal(bool::default);
    use_guard(
        true,
        Box::new(|| {
            let hold = || browser::is_visible().then(|| locks::hold(VISIBLE));
            let mut held = hold();
            Box::new(listen(
                &browser::document(),
                "visibilitychange",
                move |_| {
                    drop(held.take());
                    held = hold();
                },
            ))
        }),
    );
    let onclick = Callback::from({
        let (on, is_refused) = (on.clone(), is_refused.clone());
        move |_: MouseEvent| {
            if on.get() {
                browser::forget(BELL);
                on.set(false);
                return;
            }
            let (on, is_refused) = (on.clone(), is_refused.clone());
            spawn_local(async move {
                let is_allowed = notifications::are_allowed().await;
                if is_allowed {
                    browser::remember(BELL, ON);
                }
                on.set(is_allowed);
                is_refused.set(!is_allowed);
            });
        }
    });
    let label = if is_refused.get() {
        words.bell_refused
    } else {
        words.bell
    };
    let on = on.get();
    html! {
        <button type="button" class="icon" data-testid="bell" aria-label={label} title={label} aria-pressed={flag(on)} {onclick}>
            { if on { icons::bell() } else { icons::bell_off() } }
        </button>
    }
}

/// Notifies the reader of a message, unless a page is visible. Of several hidden pages one does.
pub fn notify(chat: &Chat, entry: &Entry) {
    if !is_on() {
        return;
    }
    let author = Author::of(&entry.message).name();
    let title = format!("{author} · #{}", chat.room);
    let text = excerpt(entry.text());
    let tag = entry.message.message_id.clone();
    spawn_local(async move {
        if let Some(_lock) = locks::take(VISIBLE, false).await {
            notifications::show(&title, &text, tag.as_str());
        }
    });
}
