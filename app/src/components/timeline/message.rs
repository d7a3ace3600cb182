//! One message: its author where an author's messages start, its text and its time.

use std::sync::Arc;

use papo_protocol::session::Entry;
use yew::prelude::*;

use super::anchor;
use super::text::text;
use crate::components::author::Author;
use crate::components::icons;
use crate::i18n::Language;
use crate::i18n::dates::Dates;

/// What a message shows.
#[derive(Debug, PartialEq, Properties)]
pub struct Props {
    /// The message. Compared by identity.
    pub entry: Arc<Entry>,
    /// Whether it is the first of its author in a row.
    pub starts: bool,
    /// Whether it is the last of its author in a row.
    pub ends: bool,
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
    let class = classes!(
        "row",
        if *own { "own" } else { "other" },
        props.starts.then_some("starts"),
        props.ends.then_some("ends"),
    );
    let id = format!("{}{}", anchor::ID, message.message_id.as_str());
    let named = if props.starts && !own {
        html! { <div class={classes!("who", author.hue())} title={name.clone()}><bdi>{ &name }</bdi></div> }
    } else {
        html! { <div class="unseen">{ &name }{ ":" }</div> }
    };
    html! {
        <li {id} {class} data-testid="message" data-own={own.to_string()} data-author={name.clone()}>
            <div class="avatar-place" aria-hidden="true">
                if props.ends && !own {
                    <div class={classes!("avatar", author.hue())}>{ author.initials() }</div>
                }
            </div>
            <div class="stack">
                { named }
                <div class="bubble">
                    { text(props.entry.text()) }
                    { time(message.request_time_epoch, &props.dates, own.then(icons::tick)) }
                </div>
            </div>
        </li>
    }
}

/// "09:41"; a moment that a browser cannot represent shows as dashes.
pub(super) fn time(epoch: i64, dates: &Dates, mark: Option<Html>) -> Html {
    let time = match dates.time(epoch) {
        Some(time) => html! { <time title={dates.full(epoch)}>{ time }</time> },
        None => html! { <span>{ "--:--" }</span> },
    };
    html! { <span class="time">{ time }{ mark }</span> }
}
