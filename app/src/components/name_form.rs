//! Asks for the name of the person: before the first message in the composer's place, later above the composer.

use papo_protocol::PersonName;
use papo_protocol::limits::NAME_BYTES;
use papo_protocol::person::InvalidName;
use papo_protocol::session::Input;
use yew::prelude::*;

use super::button::button;
use super::flag;
use super::hint::hint;
use crate::access;
use crate::browser::{input, matches};
use crate::chat::{Chat, draft};
use crate::hooks::{Signal, use_guard, use_signal};

/// The `id` of the field.
const FIELD: &str = "name";

/// The form, if there is no name yet or it `is_changing`, which can be cancelled.
#[hook]
pub fn use_name_form(chat: &Chat, is_changing: &Signal<bool>) -> Html {
    let words = chat.language.words();
    let invalid = use_signal(|| None::<InvalidName>);
    let current = chat.session().name().cloned();
    let can_cancel = current.is_some();
    let is_shown = is_changing.get() || !can_cancel;

    use_guard(
        is_shown,
        Box::new(move || {
            let Some(field) = input(FIELD) else {
                return Box::new(());
            };
            // Yew would restore a `value` property at every render, and with it overwrite what is being typed.
            if let Some(name) = &current {
                field.set_value(name.as_str());
            }
            // On a first visit, an on-screen keyboard would cover the conversation.
            if can_cancel || !matches("(pointer: coarse)") {
                let _ = field.focus();
                field.select();
            }
            Box::new(())
        }),
    );

    if !is_shown {
        return Html::default();
    }

    let done = Callback::from({
        let (is_changing, invalid) = (is_changing.clone(), invalid.clone());
        move |()| {
            is_changing.set(false);
            invalid.set(None);
            draft::focus_unless_touch();
        }
    });
    let onsubmit = Callback::from({
        let invalid = invalid.clone();
        let (inputs, done) = (chat.inputs.clone(), done.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            let Some(field) = input(FIELD) else {
                return;
            };
            match PersonName::parse(&field.value()) {
                Ok(name) => {
                    inputs.emit(Input::Rename(name));
                    done.emit(());
                }
                Err(reason) => {
                    invalid.set(Some(reason));
                    let _ = field.focus();
                }
            }
        }
    });
    let oninput = Callback::from({
        let invalid = invalid.clone();
        move |_: InputEvent| invalid.set(None)
    });
    let onkeydown = Callback::from({
        let done = done.clone();
        move |event: KeyboardEvent| {
            if can_cancel && event.key() == "Escape" {
                done.emit(());
            }
        }
    });
    let invalid = invalid.get();
    let text = match invalid {
        Some(reason) => chat.language.invalid_name(reason),
        None => words.name_hint,
    };
    html! {
        <form class="papo-name-form" data-testid="name-form" {onsubmit} {onkeydown}>
            <label for={FIELD}>{ words.name_label }</label>
            <div class="line">
                <input id={FIELD} data-testid="name" autocomplete="nickname" dir="auto" enterkeyhint="done"
                    maxlength={NAME_BYTES.to_string()} aria-describedby="name-hint"
                    aria-invalid={flag(invalid.is_some())} {oninput} />
                <button type="submit" class="save" data-testid="name-save">
                    { if can_cancel { words.name_save } else { words.name_enter } }
                </button>
                if can_cancel {
                    { button(words.cancel, done.reform(|_: MouseEvent| ())) }
                }
            </div>
            { hint("name-hint", invalid.is_some(), text.into()) }
            if chat.is_signed_in {
                <button type="button" data-testid="sign-out" onclick={|_: MouseEvent| access::sign_out()}>{ words.sign_out }</button>
            }
        </form>
    }
}
