//! The page while the app is not running: the logo, a sentence and a button in place of the splash screen.

use gloo_events::EventListener;
use wasm_bindgen_futures::spawn_local;

use crate::browser;
use crate::words::{Language, Words};

/// The language of the page.
pub fn language() -> Language {
    let root = browser::document().document_element();
    let tag = root.and_then(|it| it.get_attribute("lang"));
    Language::from_tag(&tag.unwrap_or_default())
}

/// Shows a sentence and a button that runs `then`. `role` is `alert` for problems.
pub fn show<F: Future<Output = ()> + 'static>(
    words: Words,
    role: &str,
    then: impl FnOnce() -> F + 'static,
) {
    let document = browser::document();
    let (Some(splash), Ok(logo), Ok(text), Ok(button)) = (
        document.get_element_by_id("splash"),
        document.create_element("img"),
        document.create_element("p"),
        document.create_element("button"),
    ) else {
        return;
    };
    for (name, value) in [("src", "icon.svg"), ("width", "64"), ("alt", "Papo")] {
        let _ = logo.set_attribute(name, value);
    }
    text.set_text_content(Some(words.text));
    button.set_text_content(Some(words.button));
    let _ = button.set_attribute("data-testid", "sign-in");
    EventListener::once(&button, "click", move |_| spawn_local(then())).forget();
    let _ = splash.set_attribute("role", role);
    splash.set_text_content(None);
    let _ = splash.append_child(&logo);
    let _ = splash.append_child(&text);
    let _ = splash.append_child(&button);
}

/// The fragment of the page's address, with its `#`.
pub fn fragment() -> String {
    browser::window().location().hash().unwrap_or_default()
}

/// Replaces the query of the page's address, without loading it.
pub(crate) fn set_address(address: &str) {
    if let Ok(history) = browser::window().history() {
        let nothing = wasm_bindgen::JsValue::NULL;
        let _ = history.replace_state_with_url(&nothing, "", Some(address));
    }
}

/// Leaves for another page, which takes the place of this one in the history.
pub(crate) fn leave_for(address: &str) {
    let _ = browser::window().location().replace(address);
}

/// Loads the page again.
pub fn reload() {
    let _ = browser::window().location().reload();
}
