//! Buttons with a word, which several components have.

use papo_protocol::ClientMessageId;
use papo_protocol::session::Input;
use yew::prelude::*;

use crate::chat::{Chat, draft};

/// A button.
pub fn button(label: &'static str, onclick: Callback<MouseEvent>) -> Html {
    html! { <button type="button" {onclick}>{ label }</button> }
}

/// A button that decides about a message or change that failed, and goes away with it: the focus moves to the composer.
pub fn decision(
    label: &'static str,
    chat: &Chat,
    id: &ClientMessageId,
    input: fn(ClientMessageId) -> Input,
) -> Html {
    let (inputs, id) = (chat.inputs.clone(), id.clone());
    let onclick = move |_: MouseEvent| {
        draft::focus_unless_touch();
        inputs.emit(input(id.clone()));
    };
    button(label, Callback::from(onclick))
}
