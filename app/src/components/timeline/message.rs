//! One message: its author where an author's messages start, its text and its time.

use papo_protocol::session::Entry;
use yew::prelude::*;

use super::anchor;
use super::bar::{self, Bar};
use super::text::text;
use crate::chat::SharedEntry;
use crate::components::author::Author;
use crate::components::flag;
use crate::components::icons;
use crate::i18n::dates::Dates;
use crate::i18n::{Language, Words};
use crate::markup::excerpt;

/// A message in the timeline.
#[derive(Debug, PartialEq, Properties)]
pub struct Props {
    /// The message.
    pub entry: SharedEntry,
    /// Whether it is the first of its author in a row.
    pub starts: bool,
    /// Whether it is the last of its author in a row.
    pub ends: bool,
    /// The message that it replies to, if that is loaded.
    pub quoted: Option<SharedEntry>,
    /// The reader's person.
    pub person: Option<AttrValue>,
    /// The reader's name.
    pub reader: Option<AttrValue>,
    /// The actions, if they are shown.
    pub bar: Option<Bar>,
    /// The formats of times.
    pub dates: Dates,
    /// The language of the page.
    pub language: Language,
}

/// The message. Rendered again only when it or its place among its neighbours changes.
#[component]
pub fn Message(props: &Props) -> Html {
    let Entry { message, own, .. } = &*props.entry;
    let words = props.language.words();
    let author = Author::of(message);
    let name = if *own {
        words.you.to_owned()
    } else {
        author.name()
    };
    let id = [anchor::ID, message.message_id.as_str()].concat();
    let named = if props.starts && !own {
        html! { <div class="who" data-hue={author.hue()} title={name.clone()}><bdi>{ &name }</bdi></div> }
    } else {
        html! { <div class="unseen">{ &name }{ ":" }</div> }
    };
    let mark = own.then(|| {
        let (icon, word) = if props.entry.is_unconfirmed() {
            (icons::clock(), words.sending)
        } else {
            (icons::tick(), words.sent)
        };
        mark(icon, word)
    });
    let edited = props.entry.edited_at().map(|edited_at| {
        html! { <span title={props.dates.full(edited_at)}>{ words.edited }</span> }
    });
    html! {
        <li {id} class="row" data-ends={flag(props.ends)} tabindex="-1" data-testid="message" data-own={flag(*own)} data-author={author.name()}>
            <div class="avatar-place" aria-hidden="true">
                if props.ends && !own {
                    <div class="avatar" data-hue={author.hue()}>{ author.initials() }</div>
                }
            </div>
            <div class="stack">
                { named }
                <div class="bubble">
                    if message.reply_to.is_some() && !props.entry.is_deleted() {
                        { quote(props.quoted.as_deref(), words) }
                    }
                    if props.entry.is_deleted() {
                        <p class="gone" data-testid="text">{ words.deleted }</p>
                    } else {
                        { text(props.entry.text(), props.reader.as_deref()) }
                    }
                    { time(message.request_time_epoch, &props.dates, edited, mark) }
                </div>
                { bar::reactions(&props.entry, props.person.as_deref()) }
                // Always one child: Yew matches children from the last one, and one more would replace the text.
                { props.bar.map(|it| bar::bar(it, words)).unwrap_or_default() }
            </div>
        </li>
    }
}

/// The message that one replies to.
fn quote(quoted: Option<&Entry>, words: &Words) -> Html {
    let Some(entry) = quoted else {
        return html! { <div class="quote">{ words.earlier_message }</div> };
    };
    let author = Author::of(&entry.message);
    let name = if entry.own {
        words.you.to_owned()
    } else {
        author.name()
    };
    let text = if entry.is_deleted() {
        words.deleted
    } else {
        entry.text()
    };
    html! {
        <button type="button" class="quote" data-hue={author.hue()} data-act="quoted" data-testid="quote">
            <b><bdi>{ name }</bdi></b><span dir="auto">{ excerpt(text) }</span>
        </button>
    }
}

/// "09:41", after `edited` and before `mark`; a moment that a browser cannot represent shows as dashes.
pub(super) fn time(epoch: i64, dates: &Dates, edited: Option<Html>, mark: Option<Html>) -> Html {
    let time = match dates.time(epoch) {
        Some(time) => html! { <time title={dates.full(epoch)}>{ time }</time> },
        None => html! { <span>{ "--:--" }</span> },
    };
    html! { <span class="time">{ edited }{ time }{ mark }</span> }
}

/// How far a message is, as an icon and as a word for screen readers.
pub(super) fn mark(icon: Html, word: &'static str) -> Html {
    html! { <>{ icon }<span class="unseen">{ word }</span></> }
}
