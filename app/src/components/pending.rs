//! What was said here and has not come back: on its way, or failed with what one can do about it.

use papo_protocol::session::{Failure, Pending, SendState};
use yew::prelude::*;

use super::composer::insert_into_draft;
use super::group::time;
use super::icons;
use crate::chat::{Chat, Command};
use crate::i18n::Language;

/// The message.
pub fn pending(message: &Pending, chat: &Chat) -> Html {
    let Chat {
        commands, language, ..
    } = chat;
    let words = language.words();
    let failed = match &message.state {
        SendState::Waiting { .. } | SendState::Sending { .. } => None,
        SendState::Failed(failure) => Some(reason(failure, *language)),
    };
    let label = if failed.is_some() {
        words.not_sent
    } else {
        words.sending
    };
    let id = message.id.clone();
    let again = commands.reform({
        let id = id.clone();
        move |_: MouseEvent| Command::SayAgain(id.clone())
    });
    let discard = commands.reform({
        let id = id.clone();
        move |_: MouseEvent| Command::Discard(id.clone())
    });
    let edit = {
        let (commands, text) = (commands.clone(), message.text.to_string());
        Callback::from(move |_: MouseEvent| {
            commands.emit(Command::Discard(id.clone()));
            insert_into_draft(&text);
        })
    };
    html! {
        <div class="me" key={message.id.as_str()}>
            <div class="bubble" data-testid="pending" data-failed={failed.is_some().to_string()}>
                <p dir="auto">{ message.text.as_str() }</p>
                <span class="time">
                    { time(message.said_at) }{ icons::clock() }<span class="unseen">{ label }</span>
                </span>
            </div>
            <div class="failed-place">
                if let Some(reason) = failed {
                    <div class="failed">
                        <span>{ reason }</span>
                        <button type="button" onclick={again}>{ words.retry }</button>
                        <button type="button" onclick={edit}>{ words.edit }</button>
                        <button type="button" onclick={discard}>{ words.discard }</button>
                    </div>
                }
            </div>
        </div>
    }
}

fn reason(failure: &Failure, language: Language) -> String {
    let words = language.words();
    match failure {
        Failure::Refused(refusal) => language.refusal(&refusal.code, &refusal.message),
        Failure::Gateway(message) => format!("{} {message}.", words.server_problem),
    }
}
