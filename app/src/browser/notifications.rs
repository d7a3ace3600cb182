//! Notifications of the operating system: <https://notifications.spec.whatwg.org/>.
//!
//! Only pages on a desktop can show them; on phones the constructor throws.

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::JsFuture;

use super::options;

#[wasm_bindgen]
extern "C" {
    type Notification;

    #[wasm_bindgen(catch, static_method_of = Notification, js_name = requestPermission)]
    fn request_permission() -> Result<Promise, JsValue>;

    #[wasm_bindgen(constructor, catch)]
    fn new(title: &str, options: &JsValue) -> Result<Notification, JsValue>;
}

/// Asks the reader for permission, unless they have answered before. Returns whether it was given.
pub async fn are_allowed() -> bool {
    let Ok(answer) = Notification::request_permission() else {
        return false;
    };
    let answer = JsFuture::from(answer).await;
    answer.is_ok_and(|answer| answer == "granted")
}

/// Shows a notification. It replaces an earlier one with the same `tag`, also one of another tab.
pub fn show(title: &str, body: &str, tag: &str) {
    let options = options(&[
        ("body", body.into()),
        ("tag", tag.into()),
        ("icon", "icon.png".into()),
    ]);
    let _ = Notification::new(title, &options);
}
