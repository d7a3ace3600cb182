//! Where messages are written.
//!
//! The draft is in the text field itself (see [`draft`]); `chat::storage` keeps a copy that outlives the page.

use gloo_events::EventListener;
use papo_protocol::MessageText;
use papo_protocol::limits::TEXT_BYTES;
use papo_protocol::text::InvalidText;
use wasm_bindgen::JsCast;
use web_sys::{ClipboardEvent, Element, HtmlElement, HtmlTextAreaElement};
use yew::prelude::*;

use super::icons;
use crate::browser::observers::LayoutObserver;
use crate::browser::{document, matches};
use crate::chat::{Chat, draft};
use crate::hooks::{use_flag, use_guard};
use crate::i18n::Language;
use crate::styles;

/// The height up to which the field grows, in CSS pixels: about eight lines.
const MAX_HEIGHT: i32 = 180;

/// How many UTF-16 units the field takes: twice what can be sent, so that a text that is too long can be shortened. Browsers
/// cut what is pasted at this length; a megabyte in the field would block the page for seconds.
const FIELD_UNITS: usize = 2 * TEXT_BYTES;

/// Whether the draft can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sendable {
    Empty,
    Yes,
    TooLong { by: usize },
}

/// The composer.
#[component]
pub fn Composer(chat: &Chat) -> Html {
    let words = chat.language.words();
    let field = use_node_ref();
    let sendable = use_state_eq(|| Sendable::Empty);
    let was_cut = use_flag();
    let is_touch = matches("(pointer: coarse)");

    use_guard(Box::new({
        let field = field.clone();
        move || {
            draft::focus_unless_touch();
            let typing = EventListener::new(&document(), "keydown", |event| {
                if let Some(event) = event.dyn_ref::<KeyboardEvent>() {
                    take_key(event);
                }
            });
            // A rotated phone wraps the draft differently.
            let resized = field.clone();
            let observer = LayoutObserver::new(&[&field], move || {
                if let Some(field) = resized.cast::<HtmlTextAreaElement>() {
                    fit(&field);
                }
            });
            Box::new((typing, observer))
        }
    }));

    let oninput = Callback::from({
        let (field, sendable, was_cut) = (field.clone(), sendable.setter(), was_cut.setter());
        let drafts = chat.drafts.clone();
        move |_: InputEvent| {
            if let Some(field) = field.cast::<HtmlTextAreaElement>() {
                let draft = field.value();
                fit(&field);
                sendable.set(check(&draft));
                if draft.len() < FIELD_UNITS {
                    was_cut.set(false);
                }
                drafts.emit(draft);
            }
        }
    });
    let onpaste = Callback::from({
        let was_cut = was_cut.setter();
        move |event: Event| {
            let clipboard = event.dyn_ref::<ClipboardEvent>();
            let text = clipboard.and_then(|it| it.clipboard_data()?.get_data("text/plain").ok());
            was_cut.set(text.is_some_and(|text| text.len() > FIELD_UNITS));
        }
    });
    let send = Callback::from({
        let (field, chat) = (field.clone(), chat.clone());
        move |()| {
            let Some(field) = field.cast::<HtmlTextAreaElement>() else {
                return;
            };
            let _ = field.focus();
            if let Ok(text) = MessageText::parse(cleaned(&field.value())) {
                chat.send(text);
                draft::set(&field, "");
            }
        }
    });
    let onkeydown = {
        let send = send.clone();
        Callback::from(move |event: KeyboardEvent| {
            // Browsers report key code 229 for keys of an input method where isComposing comes too late.
            let composing = event.is_composing() || event.key_code() == 229;
            // On-screen keyboards have no Shift + Enter: there Enter breaks the line and the button sends.
            let sends = event.key() == "Enter" && !event.shift_key() && !composing && !is_touch;
            if sends {
                event.prevent_default();
                send.emit(());
            }
        })
    };
    let onsubmit = send.reform(|event: SubmitEvent| event.prevent_default());

    let problem = problem(*sendable, *was_cut, chat.language);
    // Messages can be sent without a connection: they wait in the outbox.
    let can_send = *sendable == Sendable::Yes;
    let hint = if problem.is_some() {
        "hint problem"
    } else {
        "hint"
    };
    html! {
        <form class={styles::COMPOSER} {onsubmit}>
            <div class="field">
                <textarea id={draft::FIELD} ref={field} rows="1" data-testid="composer" aria-label={words.message}
                    aria-describedby="composer-hint" aria-invalid={problem.is_some().to_string()}
                    placeholder={words.placeholder} enterkeyhint={if is_touch { "enter" } else { "send" }} dir="auto"
                    maxlength={FIELD_UNITS.to_string()} {oninput} {onkeydown} {onpaste} />
                <button type="submit" class="send" data-testid="send" aria-label={words.send} title={words.send}
                    disabled={!can_send}>{ icons::up() }</button>
            </div>
            <p id="composer-hint" class={hint} aria-live="polite">
                if let Some(problem) = problem {
                    <span key="problem" data-testid="problem">{ problem }</span>
                } else {
                    <span key="keys" class="keys"><b>{ "Enter" }</b>{ " " }{ words.hint_send }{ " · " }<b>{ "Shift + Enter" }</b>{ " " }{ words.hint_break }</span>
                }
            </p>
        </form>
    }
}

/// Sends what is typed outside of any field to the composer. The key's own action happens there.
fn take_key(event: &KeyboardEvent) {
    let with_modifier = event.ctrl_key() || event.meta_key() || event.alt_key();
    if with_modifier || event.default_prevented() || event.key().chars().count() != 1 {
        return;
    }
    let target = event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok());
    // Space presses buttons and scrolls the timeline.
    let elsewhere = target.is_some_and(|it| {
        it.closest("input, textarea, button, a, [role=menu], dialog")
            .is_ok_and(|found| found.is_some())
    });
    if !elsewhere && event.key() != " " {
        draft::focus();
    }
}

fn problem(sendable: Sendable, was_cut: bool, language: Language) -> Option<String> {
    match sendable {
        Sendable::TooLong { .. } if was_cut => Some(language.words().paste_cut.to_owned()),
        Sendable::TooLong { by } => Some(language.too_long_by(by)),
        Sendable::Empty | Sendable::Yes => None,
    }
}

/// Makes the field as tall as its text. Browsers with `field-sizing` do it themselves.
fn fit(field: &HtmlTextAreaElement) {
    let style = AsRef::<HtmlElement>::as_ref(field).style();
    if style
        .get_property_value("field-sizing")
        .is_ok_and(|it| !it.is_empty())
    {
        return;
    }
    let _ = style.set_property("height", "auto");
    let height = field.scroll_height().min(MAX_HEIGHT);
    let _ = style.set_property("height", &format!("{height}px"));
}

fn check(draft: &str) -> Sendable {
    match MessageText::parse(cleaned(draft)) {
        Ok(_) => Sendable::Yes,
        Err(InvalidText::TooLong { bytes }) => Sendable::TooLong {
            by: bytes - TEXT_BYTES,
        },
        Err(InvalidText::Empty | InvalidText::ForbiddenCharacter { .. }) => Sendable::Empty,
    }
}

/// The draft without what cannot be sent or is never meant: control characters, and white space around the text.
fn cleaned(draft: &str) -> String {
    let kept = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    draft
        .chars()
        .filter(kept)
        .collect::<String>()
        .trim_end()
        .trim_start_matches('\n')
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_is_checked_as_it_would_be_sent() {
        assert_eq!(check(" \r\n\u{7}"), Sendable::Empty);
        assert_eq!(check("a"), Sendable::Yes);
        assert_eq!(
            check(&"é".repeat(TEXT_BYTES)),
            Sendable::TooLong { by: TEXT_BYTES }
        );
    }

    #[test]
    fn control_characters_and_surrounding_white_space_are_not_sent() {
        assert_eq!(cleaned("\r\n  a\r\nb\u{1b}[0m\t\n\n"), "  a\nb[0m");
    }
}
