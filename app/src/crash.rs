//! The message that the page shows after a panic.
//!
//! The app's state cannot be trusted any more, so this uses plain DOM calls only.

use std::panic::PanicHookInfo;

use crate::browser::{self, events::listen};
use crate::i18n::Language;

/// Reports a panic on the page and in the console. The socket stays open until the page is reloaded.
pub fn show(panic: &PanicHookInfo<'_>) {
    let words = Language::preferred().words();
    console_error_panic_hook::hook(panic);
    let document = browser::document();
    let (Some(body), Ok(notice), Ok(button)) = (
        document.body(),
        document.create_element("div"),
        document.create_element("button"),
    ) else {
        return;
    };
    let _ = notice.set_attribute("role", "alert");
    let _ = notice.set_attribute("class", "papo-crashed");
    notice.set_text_content(Some(words.crashed));
    button.set_text_content(Some(words.reload));
    listen(&button, "click", |_| browser::reload()).forget();
    let _ = notice.append_child(&button);
    let _ = body.append_child(&notice);
}
