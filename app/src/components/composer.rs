//! Where one writes.
//!
//! The text lives in the page's own text field, not in the app's state: a keystroke renders at most this component, and
//! input methods are left in peace. A draft survives a lost connection because nothing touches it; `chat::kept` keeps a copy
//! that outlives the page.

use papo_protocol::MessageText;
use papo_protocol::limits::TEXT_BYTES;
use papo_protocol::text::InvalidText;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, HtmlTextAreaElement};
use yew::prelude::*;

use super::icons;
use crate::browser;
use crate::chat::{Chat, Command};
use crate::styles;

/// The field's `id`.
const FIELD: &str = "composer";

/// How tall the field grows, in CSS pixels: about eight lines.
const MAX_HEIGHT: i32 = 180;

/// Whether what is written can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Nothing,
    Good,
    TooLong { by: usize },
}

/// The composer.
#[component]
pub fn Composer(chat: &Chat) -> Html {
    let Chat {
        commands, language, ..
    } = chat;
    let words = language.words();
    let field = use_node_ref();
    let verdict = use_state_eq(|| Verdict::Nothing);

    let oninput = Callback::from({
        let (field, verdict) = (field.clone(), verdict.setter());
        let commands = commands.clone();
        move |_: InputEvent| {
            if let Some(field) = field.cast::<HtmlTextAreaElement>() {
                verdict.set(settle(&field, &commands));
            }
        }
    });
    let send = Callback::from({
        let (field, verdict) = (field.clone(), verdict.setter());
        let commands = commands.clone();
        move |()| {
            let Some(field) = field.cast::<HtmlTextAreaElement>() else {
                return;
            };
            let _ = field.focus();
            if let Ok(text) = MessageText::parse(sendable(&field.value())) {
                commands.emit(Command::Say(text));
                field.set_value("");
                verdict.set(settle(&field, &commands));
            }
        }
    });
    let onkeydown = {
        let send = send.clone();
        Callback::from(move |event: KeyboardEvent| {
            // 229 is what browsers report for keys that belong to an input method, where isComposing comes too late.
            let composing = event.is_composing() || event.key_code() == 229;
            if event.key() == "Enter" && !event.shift_key() && !composing {
                event.prevent_default();
                send.emit(());
            }
        })
    };
    let onsubmit = {
        let send = send.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            send.emit(());
        })
    };

    let too_long = match *verdict {
        Verdict::TooLong { by } => Some(language.too_long_by(by)),
        Verdict::Nothing | Verdict::Good => None,
    };
    // Also without a connection: what is said then waits in the outbox.
    let can_send = *verdict == Verdict::Good;
    html! {
        <form class={styles::COMPOSER} {onsubmit}>
            <div class="field">
                <textarea id={FIELD} ref={field} rows="1" data-testid="composer" aria-label={words.message}
                    aria-describedby="composer-hint" aria-invalid={too_long.is_some().to_string()}
                    placeholder={words.placeholder} enterkeyhint="send" dir="auto" {oninput} {onkeydown} />
                <button type="submit" class="send" data-testid="send" aria-label={words.send} title={words.send}
                    disabled={!can_send}>{ icons::up() }</button>
            </div>
            <p id="composer-hint" class={AttrValue::Static(if too_long.is_some() { "hint too-long" } else { "hint" })} aria-live="polite">
                if let Some(sentence) = too_long {
                    <span>{ sentence }</span>
                } else {
                    <span class="keys"><b>{ "Enter" }</b>{ " " }{ words.hint_send }{ " · " }<b>{ "Shift + Enter" }</b>{ " " }{ words.hint_break }</span>
                }
            </p>
        </form>
    }
}

/// Fits the field to the draft, has that kept, and says whether it can be sent.
fn settle(field: &HtmlTextAreaElement, commands: &Callback<Command>) -> Verdict {
    let draft = field.value();
    let style = AsRef::<HtmlElement>::as_ref(field).style();
    let _ = style.set_property("height", "auto");
    let height = field.scroll_height().min(MAX_HEIGHT);
    let _ = style.set_property("height", &format!("{height}px"));
    let verdict = judge(&draft);
    commands.emit(Command::Write(draft));
    verdict
}

fn judge(draft: &str) -> Verdict {
    match MessageText::parse(sendable(draft)) {
        Ok(_) => Verdict::Good,
        Err(InvalidText::TooLong { bytes }) => Verdict::TooLong {
            by: bytes - TEXT_BYTES,
        },
        Err(InvalidText::Empty | InvalidText::ForbiddenCharacter { .. }) => Verdict::Nothing,
    }
}

/// What was pasted may hold what must not be sent, and what nobody meant to send: control characters and white space
/// around the text.
fn sendable(draft: &str) -> String {
    let kept = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    draft
        .chars()
        .filter(kept)
        .collect::<String>()
        .trim_end()
        .trim_start_matches('\n')
        .to_owned()
}

/// Puts a text back into the field, below what is there, and lets the field know. Whether there is a field.
pub fn insert_into_draft(text: &str) -> bool {
    let field = browser::document()
        .get_element_by_id(FIELD)
        .and_then(|it| it.dyn_into::<HtmlTextAreaElement>().ok());
    let Some(field) = field else { return false };
    let draft = field.value();
    let joined = if draft.trim().is_empty() {
        text.to_owned()
    } else {
        format!("{draft}\n{text}")
    };
    field.set_value(&joined);
    if let Ok(event) = web_sys::InputEvent::new("input") {
        let _ = field.dispatch_event(&event);
    }
    let _ = field.focus();
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_is_judged_by_what_would_be_sent() {
        assert_eq!(judge(" \r\n\u{7}"), Verdict::Nothing);
        assert_eq!(judge("a"), Verdict::Good);
        assert_eq!(
            judge(&"é".repeat(TEXT_BYTES)),
            Verdict::TooLong { by: TEXT_BYTES }
        );
    }

    #[test]
    fn what_must_not_be_sent_is_left_out() {
        assert_eq!(sendable("\r\n  a\r\nb\u{1b}[0m\t\n\n"), "  a\nb[0m");
    }
}
