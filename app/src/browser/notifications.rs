//! Notifications of the operating system: <https://notifications.spec.whatwg.org/>.
//!
//! Only pages on a desktop can show them; on phones the constructor throws.

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::JsFuture;
use web_sys::EventTarget;

use super::events::listen;
use super::{options, window};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = EventTarget)]
    #[derive(Clone)]
    type Notification;

    #[wasm_bindgen(catch, static_method_of = Notification, js_name = requestPermission)]
    fn request_permission() -> Result<Promise, JsValue>;

    #[wasm_bindgen(constructor, catch)]
    fn new(title: &str, options: &JsValue) -> Result<Notification, JsValue>;

    #[wasm_bindgen(method)]
    fn close(this: &Notification);
}

/// Asks the reader for permission, unless they have answered before. Returns whether it was given.
pub async fn are_allowed() -> bool {
    let Ok(answer) = Notification::request_permission() else {
        return false;
    };
    let answer = JsFuture::from(answer).await;
    answer.is_ok_and(|answer| answer == "granted")
}

/// Shows a notification. It replaces an earlier one with the same `tag`, also one of another tab. A click on it leads to the
/// page.
pub fn show(title: &str, body: &str, tag: &str) {
    let options = options(&[
        ("body", body.into()),
        ("tag", tag.into()),
        ("icon", "icon.png".into()),
    ]);
    if let Ok(notification) = Notification::new(title, &options) {
        // Only some browsers show the page and close the notification by themselves.
        let clicked = notification.clone();
        listen(&notification, "click", move |_| {
            let _ = window().focus();
            clicked.close();
        })
        .forget();
    }
}
