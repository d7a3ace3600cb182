//! Buttons with a word, which several components have.

use papo_protocol::session::Input;
use yew::prelude::*;

use crate::chat::{Chat, draft};

/// A button.
pub fn button(label: &'static str, onclick: Callback<MouseEvent>) -> Html {
    html! { <button type="button" {onclick}>{ label }</button> }
}

/// A button that feeds the session and then goes away with what it is about: the focus moves to the composer.
pub fn answer(label: &'static str, chat: &Chat, input: Input) -> Html {
    let inputs = chat.inputs.clone();
    let onclick = move |_: MouseEvent| {
        draft::focus_unless_touch();
        inputs.emit(input.clone());
    };
    button(label, Callback::from(onclick))
}
