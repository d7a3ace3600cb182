//! Shows unread messages outside the page: in the title, the icon, and the badge of an installed app.

use papo_protocol::RoomName;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::{document, find};

/// The title of the page without unread messages.
const TITLE: &str = "Papo";

#[wasm_bindgen]
extern "C" {
    /// <https://w3c.github.io/badging/>. Throws where there are no badges. Zero clears the badge.
    #[wasm_bindgen(catch, js_namespace = navigator, js_name = setAppBadge)]
    fn set_app_badge(count: u32) -> Result<JsValue, JsValue>;
}

/// Shows the room, if it is not the default one, and the number of unread messages.
pub fn show(room: &RoomName, count: usize) {
    let mut title = TITLE.to_owned();
    if *room != RoomName::default() {
        title = format!("#{room} · {title}");
    }
    if count > 0 {
        title = format!("({count}) {title}");
    }
    document().set_title(&title);
    let icon = if count == 0 {
        "icon.svg"
    } else {
        "icon-unread.svg"
    };
    if let Some(link) = find("link[rel=icon]") {
        let _ = link.set_attribute("href", icon);
    }
    let _ = set_app_badge(u32::try_from(count).unwrap_or(u32::MAX));
}
