//! The timeline: messages, days and gaps, messages on their way, and a placeholder if there are none.
//!
//! - [`mod@rows`]: groups messages and inserts days and gaps. Pure.
//! - [`window`]: which part of a long timeline is rendered. Pure.
//! - [`message`], [`mod@pending`], [`text`]: what a row shows.
//! - `scrolling`, `anchor`: following the end, and holding the reader's place.
//! - [`actions`], [`mod@bar`]: what a reader can do with a message, and how that looks.
//! - [`entries`]: the messages as one list.
//! - `unread`: which messages are new to the reader.
//! - `copying`: the text of copied messages.

pub mod actions;
mod anchor;
pub mod bar;
mod copying;
pub mod entries;
pub mod message;
pub mod pending;
pub mod rows;
mod scrolling;
pub mod text;
mod unread;
pub mod window;

use std::rc::Rc;

use papo_protocol::Session;
use papo_protocol::session::{Gap, Phase};
use yew::prelude::*;

use super::icons;
use crate::browser;
use crate::chat::{Chat, SharedEntry};
use crate::i18n::dates::{Dates, offset};
use crate::i18n::{Language, Words};
use actions::{Actions, use_actions};
use message::Message;
use pending::pending;
use rows::{Row, rows};
use scrolling::{Scrolling, use_scrolling};
use unread::use_first_unread;

/// The timeline.
#[hook]
pub fn use_timeline(chat: &Chat) -> Html {
    let session = chat.session();
    let words = chat.language.words();
    let (scrolling, shown) = use_scrolling(chat);
    let elements = &scrolling.elements;
    let now = browser::now();
    let dates = use_dates(chat.language, now);
    let unread = use_first_unread(chat, shown.is_away);
    let actions = use_actions(chat, &scrolling);

    let shows_start = shown.range.start == 0;
    let segments = session.timeline().segments();
    let rows = rows(segments, shown.range, unread.as_ref(), |epoch| {
        dates.day(epoch)
    });
    let outbox = session.outbox();
    let is_empty = rows.is_empty() && outbox.messages().next().is_none();
    let onscroll = Callback::from({
        let scrolling = Rc::clone(&scrolling);
        move |_: Event| scrolling.on_scroll()
    });
    html! {
        <main class="papo-timeline">
            <div class="scroller" ref={&elements.scroller} tabindex="0" role="region" aria-label={words.conversation}
                data-testid="timeline" {onscroll} oncopy={Callback::from(copying::copy)}>
                <div class="empty-place">
                    if is_empty {
                        { placeholder(&session, words) }
                    }
                </div>
                <div class="column" ref={&elements.column}>
                    <div class="edge" ref={&elements.top} data-testid="edge">
                        if shows_start && !is_empty {
                            { beginning(&session, words) }
                        }
                    </div>
                    <ol class="rows" role="list" ref={&elements.rows}>{ nodes(&rows, chat, &actions, &dates, now) }</ol>
                    <ol class="waiting" role="list">
                        for message in outbox.messages() {
                            { pending(message, &dates, chat) }
                        }
                    </ol>
                    <div class="edge" ref={&elements.bottom}>
                        if session.is_restored() {
                            <p class="restored" data-testid="restored">{ words.restored }</p>
                        }
                    </div>
                </div>
            </div>
            <div class="newer-place">
                if shown.is_away {
                    { newer(&scrolling, shown.unseen, chat.language) }
                }
            </div>
        </main>
    }
}

/// The rows of the list.
fn nodes(rows: &[Row], chat: &Chat, actions: &Actions, dates: &Dates, now: i64) -> Html {
    let session = chat.session();
    let words = chat.language.words();
    let person = session
        .person_id()
        .map(|person| AttrValue::from(person.as_str().to_owned()));
    let reader = session
        .name()
        .map(|name| AttrValue::from(name.as_str().to_owned()));
    // Yew matches the children of a list by their keys only if every child has one.
    let mut dividers = 0;
    let mut key = || {
        dividers += 1;
        dividers.to_string()
    };
    let row = |row: &Row| match row {
        Row::Gap(gap) => html! {
            <li class="day cut" key={key()} data-testid="cut">{ cut_name(*gap, words) }</li>
        },
        Row::Day(epoch) => html! {
            <li class="day" key={key()}><span>{ dates.day_name(*epoch, now) }</span></li>
        },
        Row::Unread => {
            html! { <li class="unread" key="unread" data-testid="unread">{ words.new_messages }</li> }
        }
        Row::Message {
            entry,
            starts,
            ends,
        } => html! {
            <Message key={entry.message.message_id.as_str()} entry={SharedEntry(entry.clone())} starts={*starts} ends={*ends}
                quoted={session.timeline().quoted(entry).cloned().map(SharedEntry)} person={person.clone()} reader={reader.clone()} bar={actions.bar(chat, entry)}
                dates={dates.clone()} language={chat.language} />
        },
    };
    rows.iter().map(row).collect()
}

/// The button that leads a reader who is further up to the newest messages.
fn newer(scrolling: &Rc<Scrolling>, unseen: usize, language: Language) -> Html {
    let words = language.words();
    let scrolling = Rc::clone(scrolling);
    let onclick = move |_: MouseEvent| scrolling.go_to_newest();
    html! {
        <button type="button" class="newer" data-testid="newer" title={words.newest} aria-label={(unseen == 0).then_some(words.newest)} {onclick}>
            { icons::down() }
            if unseen > 0 {
                <span>{ language.new_messages(unseen) }</span>
            }
        </button>
    }
}

/// The formats of times. They keep the time zone in which they were made, so another one needs others.
#[hook]
fn use_dates(language: Language, now: i64) -> Rc<Dates> {
    let zone = offset(now);
    use_memo((language, zone), |(language, _)| Dates::new(*language))
}

/// The placeholder for an empty timeline.
fn placeholder(session: &Session, words: &Words) -> Html {
    let is_online = matches!(session.phase(), Phase::Online { .. });
    if is_online && !session.has_earlier() {
        let text = if session.has_log() {
            words.empty_text
        } else {
            words.nothing_kept
        };
        return html! {
            <div class="empty" data-testid="empty">
                { icons::mark() }
                <h2>{ words.empty_title }</h2>
                <p>{ text }</p>
            </div>
        };
    }
    let text = awaited(session, words);
    html! { <p class="empty" data-testid="loading" key={text}>{ text }</p> }
}

/// What stands in the place of messages that only the back end has.
fn awaited(session: &Session, words: &Words) -> &'static str {
    if session.is_reconnecting() {
        words.not_connected_yet
    } else {
        words.loading
    }
}

/// The row above the oldest loaded message.
fn beginning(session: &Session, words: &Words) -> Html {
    let timeline = session.timeline();
    let text = if session.has_earlier() {
        awaited(session, words)
    } else if !session.has_log() {
        words.nothing_kept
    } else if timeline.entries().next().and_then(|it| it.message.seq) == Some(1) {
        words.beginning
    } else {
        words.expired
    };
    html! { <p class="beginning" key={text} data-testid="beginning">{ text }</p> }
}

fn cut_name(cut: Gap, words: &Words) -> &'static str {
    match cut {
        Gap::Expired => words.expired,
        Gap::NewLog => words.other_log,
    }
}
