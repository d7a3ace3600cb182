//! The notice above the composer: no connection, or something that the server could not do.

use gloo_timers::callback::Interval;
use papo_protocol::session::{Phase, Problem};
use yew::prelude::*;

use crate::browser;
use crate::chat::{Chat, Command};
use crate::styles;

/// The notice. Keeps its place in the page when there is nothing to say.
#[component]
pub fn Notice(chat: &Chat) -> Html {
    let Chat {
        session,
        commands,
        language,
    } = chat;
    let words = language.words();
    let until = match session.phase() {
        Phase::Waiting { until } => Some(until),
        _ => None,
    };
    let seconds = use_countdown(until);
    let content = if session.is_reconnecting() {
        let next = match seconds {
            Some(seconds) => language.retry_in(seconds),
            None => words.reconnecting.to_owned(),
        };
        let onclick = commands.reform(|_: MouseEvent| Command::TryNow);
        Some(html! {
            <div class="notice" data-testid="notice">
                <span class="dot" aria-hidden="true"></span>
                // The seconds are for the eye; read aloud each second they would drown everything else.
                <span class="text"><b>{ words.no_connection }</b>{ " " }<span aria-live="off">{ next }</span>{ " " }{ words.draft_is_safe }</span>
                <button type="button" {onclick} disabled={seconds.is_none()}>{ words.try_now }</button>
            </div>
        })
    } else {
        session.problem().map(|problem| {
            let text = match problem {
                Problem::Gateway(message) => format!("{message}."),
                Problem::Refused(refusal) => language.refusal(&refusal.code, &refusal.message),
            };
            let onclick = commands.reform(|_: MouseEvent| Command::Dismiss);
            html! {
                <div class="notice" data-testid="notice" role="alert">
                    <span class="dot" aria-hidden="true"></span>
                    <span class="text"><b>{ words.server_problem }</b>{ " " }{ text }</span>
                    <button type="button" {onclick}>{ words.dismiss }</button>
                </div>
            }
        })
    };
    html! { <div class={styles::NOTICE}>{ content }</div> }
}

/// The seconds until `until`, counted down while somebody looks.
#[hook]
fn use_countdown(until: Option<u64>) -> Option<u64> {
    let tick = use_force_update();
    use_effect_with(until, move |until| {
        let interval = until.map(|_| Interval::new(500, move || tick.force_update()));
        move || drop(interval)
    });
    until.map(|until| {
        until
            .saturating_sub(browser::monotonic_now())
            .div_ceil(1_000)
            .max(1)
    })
}
