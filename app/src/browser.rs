//! What a browser has and a test machine has not: clocks, storage, the page itself.
//!
//! Storage that is full or forbidden is treated as empty: the app works without it.

use std::rc::Rc;

use papo_protocol::ClientMessageId;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, Element, ResizeObserver, Storage, Window};
use yew::NodeRef;

use crate::i18n::Language;
use crate::theme::Theme;

/// Where the language is remembered.
pub const LANGUAGE: &str = "papo.language";

/// Where the theme is remembered. The script in `index.html` reads it before the first paint.
pub const THEME: &str = "papo.theme";

/// Where is remembered what was typed, each page under a name that begins so; and where a tab keeps the name of its page.
pub const OUTBOX: &str = "papo.outbox";

/// Where the ids are kept that this tab has had.
pub const IDS: &str = "papo.ids";

/// The window.
///
/// # Panics
///
/// Off the page: in a worker, or in a test on the host.
#[expect(
    clippy::expect_used,
    reason = "the app runs in a page, and a page has a window"
)]
pub fn window() -> Window {
    web_sys::window().expect("a page has a window")
}

/// The document.
///
/// # Panics
///
/// As [`window`].
#[expect(
    clippy::expect_used,
    reason = "the app runs in a page, and a page has a document"
)]
pub fn document() -> Document {
    window().document().expect("a page has a document")
}

/// Whether somebody can see the page.
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

/// Off the browser, it is always the beginning of 1970.
#[cfg(not(target_arch = "wasm32"))]
pub fn now() -> i64 {
    0
}

/// The time in milliseconds on a clock that never runs backwards.
pub fn monotonic_now() -> u64 {
    let now = window().performance().map_or(0.0, |it| it.now());
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "positive, far below 2^53"
    )]
    let now = now as u64;
    now
}

/// A number from 0 to 1.
pub fn random() -> f64 {
    js_sys::Math::random()
}

/// A name for a message that nobody has used.
///
/// # Panics
///
/// Never; the proof stands in the code.
#[expect(clippy::expect_used, reason = "at most 33 digits and a hyphen")]
pub fn new_message_id() -> ClientMessageId {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the digits are all that counts"
    )]
    let digits = || (random() * f64::from(u32::MAX)) as u32;
    let id = format!("{:x}-{:08x}{:08x}", now(), digits(), digits());
    ClientMessageId::parse(id).expect("made of digits and a hyphen")
}

/// The content of `<meta name=…>`.
pub fn meta(name: &str) -> Option<String> {
    let selector = format!("meta[name={name}]");
    document()
        .query_selector(&selector)
        .ok()??
        .get_attribute("content")
}

/// A value out of the page's address.
pub fn query(name: &str) -> Option<String> {
    let search = window().location().search().ok()?;
    web_sys::UrlSearchParams::new_with_str(&search)
        .ok()?
        .get(name)
}

/// What was remembered under `key`.
pub fn remembered(key: &str) -> Option<String> {
    storage(Window::local_storage)?.get_item(key).ok()?
}

/// Remembers `value`, also for the next visit.
pub fn remember(key: &str, value: &str) {
    if let Some(storage) = storage(Window::local_storage) {
        let _ = storage.set_item(key, value);
    }
}

/// Forgets what was remembered under `key`.
pub fn forget(key: &str) {
    if let Some(storage) = storage(Window::local_storage) {
        let _ = storage.remove_item(key);
    }
}

/// The keys that begin with `start` and under which something is remembered.
pub fn remembered_under(start: &str) -> Vec<String> {
    let mut keys = Vec::new();
    if let Some(storage) = storage(Window::local_storage) {
        while let Ok(Some(key)) = storage.key(u32::try_from(keys.len()).unwrap_or(u32::MAX)) {
            keys.push(key);
        }
    }
    keys.retain(|key| key.starts_with(start));
    keys
}

#[wasm_bindgen]
extern "C" {
    /// <https://www.w3.org/TR/web-locks/>. Throws where there are no locks, which is wherever the origin is not secure.
    #[wasm_bindgen(catch, js_namespace = ["navigator", "locks"], js_name = request)]
    fn request_lock(name: &str, options: &JsValue, granted: JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = Promise)]
    fn race(of: &str) -> JsValue;

    #[wasm_bindgen(js_namespace = JSON, js_name = parse)]
    fn object(json: &str) -> JsValue;
}

/// Holds the lock `name` for as long as the page lives.
pub fn hold(name: &str) {
    request(name, true, None);
}

/// Does something while holding the lock `name`: now if nobody holds it; else, if it shall `wait`, as soon as it is free.
pub fn when_free(name: &str, wait: bool, then: impl Fn() + 'static) {
    request(name, wait, Some(Rc::new(then)));
}

fn request(name: &str, wait: bool, then: Option<Rc<dyn Fn()>>) {
    let granted = then.clone();
    let granted = Closure::once_into_js(move |lock: JsValue| match granted {
        // A lock is held until a promise is settled, and a race of nobody never ends.
        None => race(""),
        Some(then) => {
            if !lock.is_null() {
                then();
            }
            JsValue::UNDEFINED
        }
    });
    let options = object(if wait {
        "{}"
    } else {
        r#"{"ifAvailable":true}"#
    });
    if request_lock(name, &options, granted).is_err()
        && let Some(then) = then
    {
        then();
    }
}

/// What this tab keeps under `key`.
pub fn kept(key: &str) -> Option<String> {
    storage(Window::session_storage)?.get_item(key).ok()?
}

/// Keeps `value` until the tab is closed.
pub fn keep(key: &str, value: &str) {
    if let Some(storage) = storage(Window::session_storage) {
        let _ = storage.set_item(key, value);
    }
}

fn storage<E>(of: impl Fn(&Window) -> Result<Option<Storage>, E>) -> Option<Storage> {
    of(&window()).ok()?
}

/// The language to begin with: the one chosen last time, else the browser's.
pub fn preferred_language() -> Language {
    let tag = remembered(LANGUAGE).or_else(|| window().navigator().language());
    Language::from_tag(&tag.unwrap_or_default())
}

/// Tells browsers and screen readers which language the page speaks.
pub fn announce_language(language: Language) {
    set_root_attribute("lang", language.tag());
}

/// Sets an attribute of `<html>`.
pub fn set_root_attribute(name: &str, value: &str) {
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute(name, value);
    }
}

/// Adds a sheet of styles to the page.
pub fn add_sheet(css: &str) {
    if let (Some(head), Ok(style)) = (document().head(), document().create_element("style")) {
        style.set_text_content(Some(css));
        let _ = head.append_child(&style);
    }
}

/// Takes away what stood on the page until the app could start.
pub fn remove_splash() {
    if let Some(splash) = document().get_element_by_id("splash") {
        splash.remove();
    }
}

/// A moment as the clock on the wall shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WallClock {
    /// The year.
    pub year: i64,
    /// The month, 1 to 12.
    pub month: u32,
    /// The day of the month.
    pub day: u32,
    /// The hour, 0 to 23.
    pub hour: u32,
    /// The minute.
    pub minute: u32,
}

/// The moments that a browser's `Date` knows, in milliseconds around 1970.
pub(crate) const MOMENTS: std::ops::RangeInclusive<i64> =
    -8_640_000_000_000_000..=8_640_000_000_000_000;

/// Reads the local clock at a moment in milliseconds since 1970. `None` if there is no such moment.
#[cfg(target_arch = "wasm32")]
pub fn wall_clock(epoch: i64) -> Option<WallClock> {
    if !MOMENTS.contains(&epoch) {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
    let date = js_sys::Date::new(&(epoch as f64).into());
    Some(WallClock {
        year: i64::from(date.get_full_year()),
        month: date.get_month() + 1,
        day: date.get_date(),
        hour: date.get_hours(),
        minute: date.get_minutes(),
    })
}

/// Off the browser, the clock hangs in Greenwich.
#[cfg(not(target_arch = "wasm32"))]
pub fn wall_clock(epoch: i64) -> Option<WallClock> {
    crate::chat::grouping::utc(epoch)
}

/// Shows the page in a theme.
pub fn apply_theme(theme: Theme) {
    let dark = match theme {
        Theme::Light => false,
        Theme::Dark => true,
        Theme::System => system_is_dark(),
    };
    set_root_attribute("data-theme", if dark { "dark" } else { "light" });
}

fn system_is_dark() -> bool {
    let query = window().match_media("(prefers-color-scheme: dark)");
    query.ok().flatten().is_some_and(|query| query.matches())
}

/// Tells when an element's box changes its size, until it is dropped.
#[derive(Debug)]
#[must_use = "an observer stops when it is dropped"]
pub struct SizeObserver {
    observer: Option<ResizeObserver>,
    _changed: Closure<dyn FnMut()>,
}

impl SizeObserver {
    /// Observes the element that `node` stands for.
    pub fn new(node: &NodeRef, changed: impl FnMut() + 'static) -> Self {
        let changed = Closure::<dyn FnMut()>::new(changed);
        let observer = ResizeObserver::new(changed.as_ref().unchecked_ref()).ok();
        if let (Some(observer), Some(element)) = (&observer, node.cast::<Element>()) {
            observer.observe(&element);
        }
        Self {
            observer,
            _changed: changed,
        }
    }
}

impl Drop for SizeObserver {
    fn drop(&mut self) {
        if let Some(observer) = &self.observer {
            observer.disconnect();
        }
    }
}
