//! Adds CSS to the page without a `<style>` element, which a strict Content-Security-Policy forbids.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    type CSSStyleSheet;

    #[wasm_bindgen(constructor, catch)]
    fn new() -> Result<CSSStyleSheet, JsValue>;

    #[wasm_bindgen(method, js_name = replaceSync)]
    fn replace_sync(this: &CSSStyleSheet, css: &str);

    /// <https://drafts.csswg.org/cssom/#extensions-to-the-document-or-shadow-root-interface>
    #[wasm_bindgen(js_namespace = ["document", "adoptedStyleSheets"], js_name = push)]
    fn adopt(sheet: &CSSStyleSheet);
}

/// Adds a style sheet to the page.
pub fn add(css: &str) {
    if let Ok(sheet) = CSSStyleSheet::new() {
        sheet.replace_sync(css);
        adopt(&sheet);
    }
}
