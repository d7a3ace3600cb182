//! The notice above the composer: no connection, an error of the server, or a browser that stores nothing.

use papo_protocol::session::{Input, Phase, Problem};
use yew::prelude::*;

use super::button::{button, decision};
use super::flag;
use crate::browser;
use crate::chat::{Chat, draft};
use crate::hooks::use_wake;

/// The notice. Errors are announced as alerts; a lost connection is announced by the status in the header.
#[hook]
pub fn use_notice(chat: &Chat) -> Html {
    let content = reconnecting(chat, use_retry_seconds(chat))
        .or_else(|| problem(chat))
        .or_else(|| failed_change(chat))
        .or_else(|| not_kept(chat));
    html! { <div class="papo-notice">{ content }</div> }
}

fn reconnecting(chat: &Chat, seconds: Option<u64>) -> Option<Html> {
    if !chat.session().is_reconnecting() {
        return None;
    }
    let words = chat.language.words();
    let next = match seconds {
        Some(seconds) => chat.language.retry_in(seconds),
        None => words.reconnecting.to_owned(),
    };
    let kept = if chat.keeps {
        words.draft_is_kept
    } else {
        words.draft_is_not_kept
    };
    // The button disappears with the notice.
    let onclick = chat.inputs.reform(|_: MouseEvent| {
        draft::focus_unless_touch();
        Input::TryNow
    });
    let rest = [" ", &next, " ", kept].concat();
    let text = html! { <><b>{ words.no_connection }</b>{ rest }</> };
    // Not `disabled`: that would move the focus to the body.
    let button = html! { <button type="button" {onclick} aria-disabled={flag(seconds.is_none())}>{ words.try_now }</button> };
    Some(notice("reconnecting", None, text, button))
}

fn problem(chat: &Chat) -> Option<Html> {
    let words = chat.language.words();
    let session = chat.session();
    let text = match session.problem()? {
        Problem::Gateway(message) => chat.language.gateway_error(message),
        Problem::Rejected(refusal) => chat.language.error(&refusal.code),
    };
    let onclick = chat.inputs.reform(|_: MouseEvent| {
        draft::focus_unless_touch();
        Input::Dismiss
    });
    let button = button(words.dismiss, onclick);
    Some(notice("problem", Some("alert"), text.into(), button))
}

/// An edit, a deletion or a reaction that failed, with ways to proceed.
fn failed_change(chat: &Chat) -> Option<Html> {
    let words = chat.language.words();
    let session = chat.session();
    let (change, failure) = session.outbox().failed_changes().next()?;
    let reason = chat.language.failure(failure);
    let text = html! { <><b>{ words.change_failed }</b>{ [" ", &reason].concat() }</> };
    let buttons = [
        decision(words.retry, chat, &change.id, Input::Retry),
        decision(words.discard, chat, &change.id, Input::Discard),
    ];
    let buttons = buttons.into_iter().collect();
    Some(notice("change", Some("alert"), text, buttons))
}

fn not_kept(chat: &Chat) -> Option<Html> {
    let text = chat.language.words().draft_is_not_kept;
    (!chat.keeps).then(|| notice("not-kept", Some("status"), text.into(), Html::default()))
}

fn notice(key: &'static str, role: Option<&'static str>, text: Html, buttons: Html) -> Html {
    html! {
        <div class="notice" {key} data-testid="notice" {role}>
            <span class="dot" aria-hidden="true"></span>
            <span class="text">{ text }</span>
            { buttons }
        </div>
    }
}

/// The seconds until the next attempt to connect, counted down.
#[hook]
fn use_retry_seconds(chat: &Chat) -> Option<u64> {
    let until = match chat.session().phase() {
        Phase::Waiting { until } => Some(until),
        _ => None,
    };
    let left = until.map(|until| until.saturating_sub(browser::monotonic_now()));
    let seconds = left.map(|left| left.div_ceil(1_000).max(1));
    use_wake(
        until
            .zip(seconds)
            .map(|(until, seconds)| until - (seconds - 1) * 1_000),
    );
    seconds
}
