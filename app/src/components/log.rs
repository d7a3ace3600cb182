//! The conversation: what was said, what is on its way, and what one sees before anything was said.
//!
//! How it scrolls is decided in `following.rs`.

use papo_protocol::session::Cut;
use yew::prelude::*;

use super::following::{Following, use_following};
use super::group::Group;
use super::icons;
use super::pending::pending;
use crate::browser;
use crate::chat::Chat;
use crate::chat::grouping::{days_between, group};
use crate::i18n::Words;
use crate::styles;

/// The conversation.
#[component]
pub fn Log(chat: &Chat) -> Html {
    let Chat {
        session, language, ..
    } = chat;
    let words = language.words();
    let Following {
        log,
        unseen,
        onscroll,
        onnewest,
    } = use_following(chat);

    let timeline = session.timeline();
    let groups = use_memo(timeline.revision(), |_| {
        group(timeline.segments(), browser::wall_clock)
    });
    let outbox = session.outbox().entries();

    let today = browser::wall_clock(browser::now()).map(|at| (at.year, at.month, at.day));
    let day_name = |day: (i64, u32, u32)| match today.map(|today| days_between(day, today)) {
        Some(0) => words.today.to_owned(),
        Some(1) => words.yesterday.to_owned(),
        _ => language.date(
            day.2,
            day.1,
            today.is_none_or(|today| today.0 != day.0).then_some(day.0),
        ),
    };
    let is_empty = groups.is_empty() && outbox.is_empty();
    html! {
        <main class={styles::LOG}>
            <div class="log" ref={log} role="log" aria-live="polite" aria-label={words.conversation} tabindex="0"
                data-testid="log" {onscroll}>
                <div class="empty-place">
                    if is_empty {
                        <div class="empty">
                            { icons::mark() }
                            <h2>{ words.empty_title }</h2>
                            <p>{ words.empty_text }</p>
                        </div>
                    }
                </div>
                <div class="column">
                    <div key="groups">
                        for messages in groups.iter() {
                            <div key={messages.key()}>
                                <div>
                                    if let Some(cut) = messages.cut {
                                        <p class="day cut" data-testid="cut">{ cut_name(cut, words) }</p>
                                    }
                                    if let Some(day) = messages.new_day {
                                        <p class="day">{ day_name(day) }</p>
                                    }
                                </div>
                                <Group messages={messages.clone()} language={*language} />
                            </div>
                        }
                    </div>
                    <div key="pending" class="waiting">
                        for message in outbox.iter() {
                            { pending(message, chat) }
                        }
                    </div>
                </div>
            </div>
            <div class="newer-place">
                if unseen > 0 {
                    <button type="button" class="newer" data-testid="newer" onclick={onnewest}>
                        { icons::down() }{ language.new_messages(unseen) }
                    </button>
                }
            </div>
        </main>
    }
}

fn cut_name(cut: Cut, words: &Words) -> &'static str {
    match cut {
        Cut::Expired => words.expired,
        Cut::OtherLog => words.other_log,
    }
}
