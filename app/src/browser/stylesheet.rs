//! Adds CSS to the page without a `<style>` element, which a strict Content-Security-Policy forbids.

use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::CssStyleSheet;

use super::document;

#[wasm_bindgen]
extern "C" {
    /// <https://drafts.csswg.org/cssom/#extensions-to-the-document-or-shadow-root-interface>
    #[wasm_bindgen(extends = web_sys::Document)]
    type StyledDocument;

    #[wasm_bindgen(method, getter, js_name = adoptedStyleSheets)]
    fn adopted_style_sheets(this: &StyledDocument) -> js_sys::Array;

    #[wasm_bindgen(method, setter, js_name = adoptedStyleSheets)]
    fn set_adopted_style_sheets(this: &StyledDocument, sheets: &js_sys::Array);

    #[wasm_bindgen(method, js_class = "CSSStyleSheet", js_name = replaceSync)]
    fn replace_sync(this: &Replaceable, css: &str);

    #[wasm_bindgen(js_name = CSSStyleSheet, extends = CssStyleSheet)]
    type Replaceable;

    #[wasm_bindgen(constructor, catch, js_class = "CSSStyleSheet")]
    fn new() -> Result<Replaceable, JsValue>;
}

/// Adds a style sheet to the page.
pub fn add(css: &str) {
    if let Ok(sheet) = Replaceable::new() {
        sheet.replace_sync(css);
        let document: StyledDocument = document().unchecked_into();
        let sheets = js_sys::Array::from(&document.adopted_style_sheets());
        sheets.push(&sheet);
        document.set_adopted_style_sheets(&sheets);
    }
}
