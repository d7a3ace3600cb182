//! What shows outside of the page that there are unread messages: the title, the icon and the badge of an installed app.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::document;

/// The title of the page without unread messages.
const TITLE: &str = "Papo";

#[wasm_bindgen]
extern "C" {
    /// <https://w3c.github.io/badging/>. Throws where there are no badges. Zero clears the badge.
    #[wasm_bindgen(catch, js_namespace = navigator, js_name = setAppBadge)]
    fn set_app_badge(count: u32) -> Result<JsValue, JsValue>;
}

/// Shows the number of unread messages.
pub fn show_unread(count: usize) {
    let title = match count {
        0 => TITLE.to_owned(),
        _ => format!("({count}) {TITLE}"),
    };
    document().set_title(&title);
    let icon = if count == 0 {
        "icon.svg"
    } else {
        "icon-unread.svg"
    };
    if let Ok(Some(link)) = document().query_selector("link[rel=icon]") {
        let _ = link.set_attribute("href", icon);
    }
    let _ = set_app_badge(u32::try_from(count).unwrap_or(u32::MAX));
}
