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

/// What the form changes.
#[derive(Clone)]
struct Form {
    /// Whether the form changes a name.
    is_changing: Signal<bool>,
    /// What is wrong with the name.
    invalid: Signal<Option<InvalidName>>,
}

impl Form {
    /// Takes the name in the field, or explains why it is invalid.
    fn save(&self, inputs: &Callback<Input>) {
        let Some(field) = input(FIELD) else {
            return;
        };
        match PersonName::parse(&field.value()) {
            Ok(name) => {
                inputs.emit(Input::Rename(name));
                self.close();
            }
            Err(reason) => {
                self.invalid.set(Some(reason));
                let _ = field.focus();
            }
        }
    }

    /// Closes the form and goes on with the draft.
    fn close(&self) {
        self.is_changing.set(false);
        self.invalid.set(None);
        draft::focus_unless_touch();
    }
}

/// The form, if there is no name yet or it `is_changing`, which can be cancelled.
#[hook]
pub fn use_name_form(chat: &Chat, is_changing: &Signal<bool>) -> Html {
    let words = chat.language.words();
    let form = Form {
        is_changing: is_changing.clone(),
        invalid: use_signal(|| None),
    };
    let current = chat.session().name().cloned();
    let can_cancel = current.is_some();
    let is_shown = is_changing.get() || !can_cancel;
    use_guard(
        is_shown,
        Box::new(move || {
            begin(current);
            Box::new(())
        }),
    );
    if !is_shown {
        return Html::default();
    }

    let invalid = form.invalid.get();
    let text = invalid.map_or(words.name_hint, |it| chat.language.invalid_name(it));
    let onsubmit = Callback::from({
        let (form, inputs) = (form.clone(), chat.inputs.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            form.save(&inputs);
        }
    });
    let oninput = Callback::from({
        let form = form.clone();
        move |_: InputEvent| form.invalid.set(None)
    });
    let oncancel = Callback::from({
        let form = form.clone();
        move |_: MouseEvent| form.close()
    });
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        if can_cancel && event.key() == "Escape" {
            form.close();
        }
    });
    html! {
        <form class="papo-name-form" data-testid="name-form" {onsubmit} {onkeydown}>
            <label for={FIELD}>{ words.name_label }</label>
            <div class="line">
                <input id={FIELD} data-testid="name" autocomplete="nickname" dir="auto" enterkeyhint="done"
                    maxlength={NAME_BYTES.to_string()} aria-describedby="name-hint"
                    aria-invalid={flag(invalid.is_some())} {oninput} />
                <button type="submit" data-testid="name-save">
                    { if can_cancel { words.name_save } else { words.name_enter } }
                </button>
                if can_cancel {
                    { button(words.cancel, oncancel) }
                }
            </div>
            { hint("name-hint", invalid.is_some(), text.into()) }
            if chat.is_signed_in {
                <button type="button" data-testid="sign-out" onclick={|_: MouseEvent| access::sign_out()}>{ words.sign_out }</button>
            }
        </form>
    }
}

/// Fills the field of a form that has just appeared with the `current` name, and moves the focus to it.
fn begin(current: Option<PersonName>) {
    let Some(field) = input(FIELD) else {
        return;
    };
    // Yew would restore a `value` property at every render, and with it overwrite what is being typed.
    if let Some(name) = &current {
        field.set_value(name.as_str());
    }
    // On a first visit, an on-screen keyboard would cover the conversation.
    if current.is_some() || !matches("(pointer: coarse)") {
        let _ = field.focus();
        field.select();
    }
}
