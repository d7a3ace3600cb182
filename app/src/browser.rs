//! Browser APIs that the app uses, as plain functions.
//!
//! Everything here is a thin wrapper; decisions are made elsewhere.
//!
//! - [`attention`]: the number of unread messages, outside of the page.
//! - [`database`]: `IndexedDB`, for data that must survive the page.
//! - [`events`]: timeouts and event listeners.
//! - [`frame`]: the next frame of the screen.
//! - [`locks`]: Web Locks, which tell whether another tab is alive.
//! - [`notifications`]: notifications of the operating system.
//! - [`observers`]: element resizes and intersections.
//! - [`stylesheet`]: adds CSS without inline styles.
//! - `web_storage`: `localStorage` and `sessionStorage`, for short values.

pub mod attention;
pub mod database;
pub mod events;
pub mod frame;
pub mod locks;
pub mod notifications;
pub mod observers;
pub mod stylesheet;
mod web_storage;

use js_sys::{Object, Reflect};
use papo_protocol::ClientMessageId;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ClipboardEvent, Document, Element, Event, EventTarget, HtmlInputElement, Window};

use self::events::listen;
pub use self::web_storage::{forget, remember, remembered, set_tab_value, tab_value};
use crate::theme::Theme;

#[wasm_bindgen]
extern "C" {
    /// <https://w3c.github.io/editing/docs/execCommand/#execcommand()>
    #[wasm_bindgen(js_namespace = document, js_name = execCommand)]
    fn execute(command: &str, shows_ui: bool, value: &str) -> bool;

    /// <https://w3c.github.io/clipboard-apis/#dom-clipboard-writetext>. Throws where there is no such clipboard.
    #[wasm_bindgen(catch, js_namespace = ["navigator", "clipboard"], js_name = writeText)]
    fn write_text(text: &str) -> Result<JsValue, JsValue>;

    /// <https://storage.spec.whatwg.org/#dom-storagemanager-persist>. Throws where there is no such storage.
    #[wasm_bindgen(catch, js_namespace = ["navigator", "storage"], js_name = persist)]
    fn persist() -> Result<JsValue, JsValue>;

    /// <https://w3c.github.io/hr-time/#now-method>. Called for each frame of the socket, so without a `Performance` in between.
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
}

/// The `localStorage` key of the language.
pub const LANGUAGE: &str = "papo.language";

/// The `localStorage` key of the theme. `app/boot.js` reads it before the first paint.
pub const THEME: &str = "papo.theme";

/// The window.
///
/// # Panics
///
/// Outside a page: in a worker, or in a test on the host.
#[expect(clippy::expect_used, reason = "the app runs in a page")]
pub fn window() -> Window {
    web_sys::window().expect("a page has a window")
}

/// The document.
///
/// # Panics
///
/// As [`window`].
#[expect(clippy::expect_used, reason = "the app runs in a page")]
pub fn document() -> Document {
    window().document().expect("a page has a document")
}

/// An object with these properties, for APIs that take options.
pub fn options(properties: &[(&str, JsValue)]) -> Object {
    let options = Object::new();
    for (name, value) in properties {
        // It fails only for objects that are frozen.
        let _ = Reflect::set(&options, &(*name).into(), value);
    }
    options
}

/// The first element that a CSS selector matches.
pub fn find(selector: &str) -> Option<Element> {
    let root = document().document_element()?;
    root.query_selector(selector).ok()?
}

/// The element with this `id`, which is known to be an input field.
pub fn input(id: &str) -> Option<HtmlInputElement> {
    Some(document().get_element_by_id(id)?.unchecked_into())
}

/// Whether the page is visible.
pub fn is_visible() -> bool {
    !document().hidden()
}

/// The time in milliseconds since 1970.
#[cfg(target_arch = "wasm32")]
pub fn now() -> i64 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole milliseconds, far below 2^53"
    )]
    let now = js_sys::Date::now() as i64;
    now
}

/// On the host, where components are only rendered in tests, the start of 1970.
#[cfg(not(target_arch = "wasm32"))]
pub fn now() -> i64 {
    0
}

/// The time in milliseconds on a clock that never goes backwards.
#[cfg(target_arch = "wasm32")]
pub fn monotonic_now() -> u64 {
    let now = performance_now();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "positive, far below 2^53"
    )]
    let now = now as u64;
    now
}

/// On the host, the start of the clock.
#[cfg(not(target_arch = "wasm32"))]
pub fn monotonic_now() -> u64 {
    0
}

/// A random number in `0.0..1.0`.
pub fn random() -> f64 {
    js_sys::Math::random()
}

/// A fresh id for a message.
///
/// # Panics
///
/// Never; the proof is in the code.
#[expect(
    clippy::expect_used,
    reason = "at most 33 hexadecimal digits and a hyphen"
)]
pub fn new_message_id() -> ClientMessageId {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "only the digits matter"
    )]
    let digits = (random() * u64::MAX as f64) as u64;
    let id = format!("{:x}-{digits:016x}", now().unsigned_abs());
    ClientMessageId::parse(id).expect("made of digits and a hyphen")
}

/// 128 bits from the browser's cryptographic random numbers, as 32 hexadecimal digits. `None` where there are none.
pub fn random_key() -> Option<String> {
    let mut halves = [[0; 8]; 2];
    let crypto = window().crypto().ok()?;
    crypto
        .get_random_values_with_u8_array(halves.as_flattened_mut())
        .ok()?;
    let [first, second] = halves.map(u64::from_be_bytes);
    Some(format!("{first:016x}{second:016x}"))
}

/// The content of `<meta name=…>`.
pub fn meta(name: &str) -> Option<String> {
    find(&["meta[name=", name, "]"].concat())?.get_attribute("content")
}

/// A parameter of the page's query string.
pub fn query(name: &str) -> Option<String> {
    let search = window().location().search().ok()?;
    let mut parameters = search.strip_prefix('?')?.split('&');
    let value = parameters.find_map(|it| it.strip_prefix(name)?.strip_prefix('='))?;
    let value = js_sys::decode_uri_component(value);
    value.ok().map(Into::into)
}

/// Loads the page again.
pub fn reload() {
    let _ = window().location().reload();
}

/// Dispatches an event of this name.
pub fn dispatch(target: &EventTarget, name: &str) {
    if let Ok(event) = Event::new(name) {
        let _ = target.dispatch_event(&event);
    }
}

/// The fragment of the page's address, with its `#`; empty if there is none. Browsers escape letters with accents.
pub fn fragment() -> String {
    let escaped = window().location().hash().unwrap_or_default();
    let fragment = js_sys::decode_uri_component(&escaped);
    fragment.map_or(escaped, Into::into)
}

/// Sets the fragment of the page's address, which adds a step to the history.
pub fn set_fragment(fragment: &str) {
    let _ = window().location().set_hash(fragment);
}

/// The page's address with another fragment.
pub fn address_with(fragment: &str) -> String {
    let address = window().location().href().unwrap_or_default();
    let page = address.split('#').next().unwrap_or_default();
    [page, fragment].concat()
}

/// The text as it is compared in a search: in lower case, without accents.
pub fn folded(text: &str) -> String {
    let text: String = js_sys::JsString::from(text)
        .to_lower_case()
        .normalize("NFD")
        .into();
    text.chars().filter(|c| !is_accent(*c)).collect()
}

/// Whether `c` is a combining accent.
fn is_accent(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

/// Puts a text into the clipboard. Returns whether that succeeded.
///
/// `navigator.clipboard` exists on secure origins only, and its permission can be denied. The command needs neither, as it
/// works only in response to a click or a key, but Safari carries it out only where something is selected
/// (<https://github.com/lgarron/clipboard-polyfill/issues/30>).
pub fn copy(text: &str) -> bool {
    let copied = text.to_owned();
    let _replacing = listen(&document(), "copy", move |event| {
        let clipboard = event.unchecked_ref::<ClipboardEvent>().clipboard_data();
        if clipboard.is_some_and(|it| it.set_data("text/plain", &copied).is_ok()) {
            event.prevent_default();
        }
    });
    execute("copy", false, "") || write_text(text).is_ok()
}

/// Replaces the selection in the field that has the focus, as if the text were typed.
pub fn insert(text: &str) {
    execute("insertText", false, text);
}

/// Asks the browser not to clear the page's storage when space runs out. Firefox asks the reader, so call this when they have
/// just done something that is worth keeping.
pub fn keep_storage() {
    let _ = persist();
}

/// Whether a CSS media query matches, `false` on the host.
pub fn matches(media_query: &str) -> bool {
    let query = web_sys::window().and_then(|window| window.match_media(media_query).ok()?);
    query.is_some_and(|query| query.matches())
}

/// The tag of the language to start with: the one chosen last time, else the browser's.
pub fn preferred_language() -> String {
    let tag = remembered(LANGUAGE).or_else(|| window().navigator().language());
    tag.unwrap_or_default()
}

/// Sets an attribute of `<html>`.
pub fn set_root_attribute(name: &str, value: &str) {
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute(name, value);
    }
}

/// Removes the placeholder that is shown until the app has started.
pub fn remove_splash() {
    if let Some(splash) = document().get_element_by_id("splash") {
        splash.remove();
    }
}

/// Applies a theme to the page, including the colour of the browser's own bars.
pub fn apply_theme(theme: Theme) {
    let dark = match theme {
        Theme::Light => false,
        Theme::Dark => true,
        Theme::System => matches("(prefers-color-scheme: dark)"),
    };
    set_root_attribute("data-theme", if dark { "dark" } else { "light" });
    let colour = if dark { "#15181f" } else { "#fffdfa" };
    if let Some(meta) = find("meta[name=theme-color]") {
        let _ = meta.set_attribute("content", colour);
    }
}
