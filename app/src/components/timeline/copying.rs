//! The text of copied messages: one line of author and time for each, instead of a heap of initials and times.

use wasm_bindgen::JsCast;
use web_sys::{ClipboardEvent, Element, HtmlElement};
use yew::Event;

use crate::browser;

/// Replaces what is copied if it spans several messages.
pub(super) fn copy(event: Event) {
    let text = selected();
    if text.len() > 1
        && let Some(clipboard) = event.unchecked_ref::<ClipboardEvent>().clipboard_data()
        && clipboard.set_data("text/plain", &text.join("\n")).is_ok()
    {
        event.prevent_default();
    }
}

/// The selected messages, written down.
fn selected() -> Vec<String> {
    let Ok(Some(selection)) = browser::window().get_selection() else {
        return Vec::new();
    };
    let Ok(messages) = browser::document().query_selector_all("[data-testid=message]") else {
        return Vec::new();
    };
    let mut texts = Vec::new();
    for message in (0..messages.length()).filter_map(|index| messages.item(index)) {
        let message = message.unchecked_into::<Element>();
        if let Ok(Some(text)) = message.query_selector("[data-testid=text]")
            && let Ok(true) = selection.contains_node_with_allow_partial_containment(&text, true)
        {
            texts.push(written(&message));
        }
    }
    texts
}

fn written(message: &Element) -> String {
    let part = |selector: &str| {
        let found = message.query_selector(selector).ok().flatten()?;
        Some(found.unchecked_into::<HtmlElement>().inner_text())
    };
    let author = message.get_attribute("data-author").unwrap_or_default();
    let time = part("time").unwrap_or_default();
    let text = part("[data-testid=text]").unwrap_or_default();
    format!("{author}, {time}: {text}")
}
