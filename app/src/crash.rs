//! What one sees if the app itself breaks.
//!
//! After a panic nothing of the app can be trusted, so this uses nothing of it: plain calls to the page.

use std::panic::PanicHookInfo;

use crate::browser;

/// Says so on the page and in the console. The socket is left to the reload.
pub fn show(panic: &PanicHookInfo<'_>) {
    let words = browser::preferred_language().words();
    web_sys::console::error_1(&panic.to_string().into());
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
    let _ = button.set_attribute("onclick", "location.reload()");
    let _ = notice.append_child(&button);
    let _ = body.append_child(&notice);
}
