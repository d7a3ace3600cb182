//! A message that the back end has not acknowledged: on its way, or failed with ways to proceed.

use papo_protocol::MessageText;
use papo_protocol::session::{Input, Pending, SendState};
use yew::prelude::*;

use super::message::{mark, time};
use super::text::text;
use crate::chat::{Chat, draft};
use crate::components::button::{button, decision};
use crate::components::flag;
use crate::components::icons;
use crate::i18n::dates::Dates;

/// The message.
pub fn pending(message: &Pending, dates: &Dates, chat: &Chat) -> Html {
    let words = chat.language.words();
    let failed = match &message.state {
        SendState::Waiting { .. } | SendState::Sending { .. } => None,
        SendState::Failed(failure) => Some(chat.language.failure(failure)),
    };
    let mark = if failed.is_some() {
        Html::default()
    } else {
        mark(icons::clock(), words.sending)
    };
    html! {
        <li class="row" data-own="true" data-ends="true" key={message.id.as_str()} data-testid="pending" data-failed={flag(failed.is_some())}>
            <div class="stack">
                <div class="unseen">{ words.you }{ ":" }</div>
                <div class="bubble">
                    { text(written(message), None) }
                    { time(message.sent_at, dates, None, Some(mark)) }
                </div>
                <div class="failed-place" role="status">
                    if let Some(reason) = failed {
                        { ways_on(message, reason, chat) }
                    } else if message.is_limited {
                        { words.limited }
                    }
                </div>
            </div>
        </li>
    }
}

/// The text of the message.
fn written(message: &Pending) -> &str {
    message
        .content
        .message()
        .map(MessageText::as_str)
        .unwrap_or_default()
}

fn ways_on(message: &Pending, reason: String, chat: &Chat) -> Html {
    let words = chat.language.words();
    let onedit = Callback::from({
        let (inputs, text) = (chat.inputs.clone(), written(message).to_owned());
        let id = message.id.clone();
        move |_: MouseEvent| {
            if draft::append(&text) {
                inputs.emit(Input::Discard(id.clone()));
            }
        }
    });
    html! {
        <div class="failed">
            <span>{ reason }</span>
            { decision(words.retry, chat, &message.id, Input::Retry) }
            { button(words.edit, onedit) }
            { decision(words.discard, chat, &message.id, Input::Discard) }
        </div>
    }
}
