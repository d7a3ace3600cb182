//! The conversation: what was said, what is on its way, and what one sees before anything was said.
//!
//! How it scrolls is decided in `following.rs`.

use papo_protocol::session::Pending as PendingMessage;
use stylist::yew::use_style;
use yew::prelude::*;

use super::following::{Following, use_following};
use super::group::Group;
use super::icons;
use super::pending::Pending;
use crate::browser;
use crate::chat::grouping::{days_between, group};
use crate::chat::use_session;
use crate::components::composer::insert_into_draft;
use crate::i18n::Language;

/// The conversation.
#[component]
pub fn Log() -> Html {
    let session = use_session();
    let language = use_context::<Language>().unwrap_or_default();
    let words = language.words();
    let Following {
        log,
        unseen,
        onscroll,
        onnewest,
    } = use_following(&session);

    let groups = use_memo(session.timeline().clone(), |timeline| {
        group(timeline.entries(), browser::wall_clock)
    });
    let messages = session.timeline().entries().len();
    let pending = session.outbox().entries();

    let onedit = use_callback((), |text: String, ()| insert_into_draft(&text));

    let class = use_log_style();
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
    let is_empty = messages == 0 && pending.is_empty();
    html! {
        <main {class}>
            <div class="log" ref={log} role="log" aria-live="polite" aria-label={words.conversation} tabindex="0"
                data-testid="log" {onscroll}>
                <div class="empty-place">
                    if is_empty {
                        <div class="empty">
                            { icons::mark(88) }
                            <h2>{ words.empty_title }</h2>
                            <p>{ words.empty_text }</p>
                        </div>
                    }
                </div>
                <div class="column">
                    <p class="day" key="trimmed" hidden={!session.timeline().is_trimmed()}>{ words.trimmed }</p>
                    <div key="groups">
                        for messages in groups.iter() {
                            <div key={messages.entries[0].message.message_id.as_str()}>
                                <div>
                                    if let Some(day) = messages.new_day {
                                        <p class="day">{ day_name(day) }</p>
                                    }
                                </div>
                                <Group messages={messages.clone()} />
                            </div>
                        }
                    </div>
                    <div key="pending">
                        for message in pending.iter() {
                            <Pending key={message.id.as_str()} message={PendingMessage::clone(message)} onedit={onedit.clone()} />
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

/// One sheet for the whole conversation, so that a bubble costs a class name and nothing else.
#[hook]
fn use_log_style() -> stylist::Style {
    use_style!(
        r#"
position: relative;
min-height: 0;

.log { height: 100%; overflow-y: auto; overflow-x: hidden; padding: 18px 16px 10px; display: flex; flex-direction: column; overscroll-behavior: contain; }
.log:focus-visible { outline-offset: -3px; }
.column { width: 100%; max-width: var(--column); margin: auto auto 0; }
.empty-place:empty { display: none; }
.empty-place { margin: auto; }
.empty { text-align: center; color: var(--ink-2); max-width: 320px; }
.empty svg { margin-bottom: 14px; }
.empty h2 { font-size: 18px; margin: 0 0 4px; color: var(--ink); letter-spacing: -.01em; }
.empty p { margin: 0; }
.day { width: fit-content; margin: 10px auto 14px; padding: 3px 12px; border-radius: 99px; background: var(--tint); color: var(--ink-2); font-size: 12px; font-weight: 560; }
.day[hidden] { display: none; }
.group { display: grid; grid-template-columns: 34px minmax(0, 1fr); column-gap: 10px; margin-bottom: 14px; }
.avatar { width: 34px; height: 34px; border-radius: 50%; display: grid; place-items: center; align-self: end; font-size: 12.5px; font-weight: 650; color: oklch(1 0 0); background: oklch(.52 .12 var(--hue)); text-transform: uppercase; }
.who { font-size: 13px; font-weight: 620; margin-left: 14px; color: oklch(var(--name-l) var(--name-c) var(--hue)); }
.stack { display: flex; flex-direction: column; gap: 4px; align-items: flex-start; min-width: 0; }
.me { display: flex; flex-direction: column; gap: 4px; align-items: flex-end; margin-bottom: 14px; }
.bubble { max-width: min(78%, 560px); padding: 8px 13px 8px 14px; border-radius: var(--radius); border: 1px solid var(--line); background: var(--other); box-shadow: var(--shadow); display: flex; flex-wrap: wrap; column-gap: 12px; align-items: flex-end; justify-content: flex-end; overflow-wrap: anywhere; }
.bubble p { margin: 0; flex: 1 1 auto; white-space: pre-wrap; tab-size: 4; }
.stack .bubble:last-child { border-bottom-left-radius: 6px; }
.me .bubble { background: var(--own); border-color: transparent; color: var(--own-ink); box-shadow: none; }
.me .bubble:last-of-type { border-bottom-right-radius: 6px; }
.time { font-size: 11.5px; line-height: 1; color: var(--ink-3); font-variant-numeric: tabular-nums; display: inline-flex; gap: 4px; align-items: center; padding-bottom: 4px; }
.me .time { color: var(--own-2); }
.failed { display: flex; flex-wrap: wrap; justify-content: flex-end; align-items: center; gap: 2px 12px; font-size: 12.5px; color: var(--off); }
.failed button { border: 0; padding: 0; min-height: 28px; background: none; font-weight: 600; text-decoration: underline; text-underline-offset: 2px; }
.newer { position: absolute; left: 50%; bottom: 10px; transform: translateX(-50%); display: inline-flex; align-items: center; gap: 8px; min-height: 36px; padding: 0 14px; border-radius: 99px; border: 1px solid var(--line); background: var(--raised); color: var(--accent-text); font-size: 13px; font-weight: 600; box-shadow: var(--shadow); white-space: nowrap; }
@media (max-width: 520px) {
    .log { padding: 12px 12px 8px; }
    .bubble { max-width: 86%; }
    .avatar { width: 28px; height: 28px; font-size: 11px; }
    .group { grid-template-columns: 28px minmax(0, 1fr); column-gap: 8px; }
}
@media (forced-colors: active) {
    .me .bubble { border-color: CanvasText; }
}
"#
    )
}
