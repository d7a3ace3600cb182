//! The notice above the composer: no connection, or something that the server could not do.

use gloo_timers::callback::Interval;
use papo_protocol::session::{Phase, Problem};
use stylist::yew::use_style;
use yew::prelude::*;

use crate::browser;
use crate::chat::{Command, use_commands, use_session};
use crate::i18n::Language;

/// The notice. Keeps its place in the page when there is nothing to say.
#[component]
pub fn Notice() -> Html {
    let session = use_session();
    let commands = use_commands();
    let language = use_context::<Language>().unwrap_or_default();
    let words = language.words();
    // A first attempt is no news: only who was connected, or has failed to, is without a connection.
    let lost = use_mut_ref(|| false);
    let phase = session.phase();
    match phase {
        Phase::Waiting { .. } => *lost.borrow_mut() = true,
        Phase::Online { .. } => *lost.borrow_mut() = false,
        Phase::Idle | Phase::Opening { .. } | Phase::Greeting { .. } => {}
    }
    let until = match phase {
        Phase::Waiting { until } => Some(until),
        _ => None,
    };
    let seconds = use_countdown(until);
    let class = use_style!(
        r#"
.notice { display: flex; align-items: center; gap: 10px; font-size: 13px; border: 1px solid var(--line); background: var(--raised); border-radius: 13px; padding: 8px 8px 8px 13px; margin-bottom: 8px; box-shadow: var(--shadow); }
.dot { width: 9px; height: 9px; flex: none; border-radius: 50%; background: var(--off); forced-color-adjust: none; }
.text { flex: 1; min-width: 0; color: var(--ink-2); overflow-wrap: anywhere; }
b { color: var(--ink); font-weight: 620; }
button { border: 0; border-radius: 9px; min-height: 36px; padding: 0 12px; background: var(--tint); color: var(--ink); font-weight: 600; font-size: 13px; }
"#
    );

    let content = if *lost.borrow() {
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
    html! { <div {class}>{ content }</div> }
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
