//! Access to the composer's text field for the rest of the app.
//!
//! The draft lives in the field itself and not in the app's state: a keystroke renders at most the composer, and input
//! methods are not disturbed.

use wasm_bindgen::JsCast;
use web_sys::HtmlTextAreaElement;

use crate::browser;

/// The `id` of the field.
pub const FIELD: &str = "composer";

/// The field, if it is in the page.
pub fn field() -> Option<HtmlTextAreaElement> {
    let field = browser::document().get_element_by_id(FIELD)?;
    Some(field.unchecked_into())
}

/// Moves the focus to the field.
pub fn focus() {
    if let Some(field) = field() {
        let _ = field.focus();
    }
}

/// Moves the focus to the field unless that would open an on-screen keyboard.
pub fn focus_unless_touch() {
    if !browser::matches("(pointer: coarse)") {
        focus();
    }
}

/// Appends a text to the draft, on a separate line. Returns whether there is a field.
pub fn append(text: &str) -> bool {
    let Some(field) = field() else { return false };
    set(&field, &joined(&field.value(), text));
    let _ = field.focus();
    true
}

/// A draft and a text, each on its own line.
pub fn joined(draft: &str, text: &str) -> String {
    if draft.trim().is_empty() {
        text.to_owned()
    } else {
        [draft, "\n", text].concat()
    }
}

/// The part of `draft`, the text of the field, before the cursor.
pub fn before_cursor<'a>(field: &HtmlTextAreaElement, draft: &'a str) -> &'a str {
    let (cursor, mut units) = (cursor(field) as usize, 0);
    let is_before = |c: &char| {
        units += c.len_utf16();
        units <= cursor
    };
    let length = draft
        .chars()
        .take_while(is_before)
        .map(char::len_utf8)
        .sum();
    draft.get(..length).unwrap_or_default()
}

/// Replaces `replaced`, the text before the cursor, by `text`, as if it were typed: the reader can undo it. The cursor is then after
/// `text`.
pub fn replace_before_cursor(field: &HtmlTextAreaElement, replaced: &str, text: &str) {
    let end = cursor(field);
    let length = u32::try_from(replaced.encode_utf16().count()).unwrap_or(end);
    let start = end.saturating_sub(length);
    let _ = field.set_selection_range(start, end);
    browser::insert(text);
}

/// The place of the cursor, in UTF-16 units.
fn cursor(field: &HtmlTextAreaElement) -> u32 {
    field.selection_start().ok().flatten().unwrap_or_default()
}

/// Replaces the text of the field and reports it as input.
pub fn set(field: &HtmlTextAreaElement, text: &str) {
    field.set_value(text);
    browser::dispatch(field, "input");
}
