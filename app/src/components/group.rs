//! What one person said in a row: the author's line once, and a bubble a message.

use std::sync::Arc;

use papo_protocol::session::Entry;
use yew::prelude::*;

use super::icons;
use crate::browser;
use crate::chat::grouping::Group as Messages;
use crate::i18n::Language;

/// What a group shows.
#[derive(Debug, PartialEq, Properties)]
pub struct Props {
    /// The messages.
    pub messages: Messages,
    /// The language of the page.
    pub language: Language,
}

/// The group. Rendered again only when a message joins it.
#[component]
pub fn Group(props: &Props) -> Html {
    let words = props.language.words();
    let entries = &props.messages.entries;
    let Some(first) = entries.first() else {
        return Html::default();
    };
    let author = &first.message.connection_id;
    let bubbles = entries.iter().map(bubble);
    if first.own {
        return html! {
            <div class="me"><span class="unseen">{ words.you }{ ": " }</span>{ for bubbles }</div>
        };
    }
    let short = author.short();
    let initials: String = short.chars().take(2).collect();
    html! {
        <div class="group" style={format!("--hue:{}", author.hue())}>
            <div class="avatar" aria-hidden="true">{ initials }</div>
            <div class="stack">
                <div class="who" title={author.to_string()}>{ short }</div>
                { for bubbles }
            </div>
        </div>
    }
}

fn bubble(entry: &Arc<Entry>) -> Html {
    let message = &entry.message;
    let mark = entry.own.then(icons::tick);
    html! {
        <div class="bubble" key={message.message_id.as_str()} data-testid="message" data-own={entry.own.to_string()}>
            <p dir="auto">{ &message.message }</p>
            <span class="time">{ time(message.request_time_epoch) }{ mark }</span>
        </div>
    }
}

/// "09:41"; a moment that does not exist shows as dashes.
pub(super) fn time(epoch: i64) -> Html {
    match browser::wall_clock(epoch) {
        Some(at) => html! { <time>{ format!("{:02}:{:02}", at.hour, at.minute) }</time> },
        None => html! { <span>{ "--:--" }</span> },
    }
}
