//! Web Locks: a lock is released however a page ends, so a free lock means that its page is gone.
//!
//! See <https://www.w3.org/TR/web-locks/>. The API exists on secure origins only; elsewhere every lock counts as free.

use js_sys::{Function, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::JsFuture;

use super::options;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = ["navigator", "locks"], js_name = request)]
    fn request_lock(name: &str, options: &JsValue, granted: JsValue) -> Result<JsValue, JsValue>;
}

/// A lock that is held until this is dropped, or the page ends.
#[derive(Debug)]
#[must_use = "a lock is released when it is dropped"]
pub struct Held {
    release: Option<Function>,
}

/// Holds the lock `name`, which no other page uses yet.
pub fn hold(name: &str) -> Held {
    request(name, true).0
}

/// Takes the lock `name`: now if it is free; else, if `wait` is set, as soon as it is released.
pub async fn take(name: &str, wait: bool) -> Option<Held> {
    let (held, granted) = request(name, wait);
    let lock = JsFuture::from(granted).await.ok()?;
    (!lock.is_null()).then_some(held)
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(release) = &self.release {
            let _ = release.call0(&JsValue::UNDEFINED);
        }
    }
}

/// Requests the lock. The promise settles with it once it is held, with `null` if it is not free, or with `undefined` in a
/// browser without locks.
fn request(name: &str, wait: bool) -> (Held, Promise) {
    let (mut release, mut grant) = (None, None);
    // The lock is held until this promise settles.
    let until_released = Promise::new(&mut |resolve, _| release = Some(resolve));
    let granted = Promise::new(&mut |resolve, _| grant = Some(resolve));
    let settle = move |lock: JsValue| {
        if let Some(grant) = &grant {
            let _ = grant.call1(&JsValue::UNDEFINED, &lock);
        }
    };
    let options = options(&[("ifAvailable", (!wait).into())]);
    let held = Closure::once_into_js({
        let settle = settle.clone();
        move |lock| {
            settle(lock);
            until_released
        }
    });
    if request_lock(name, &options, held).is_err() {
        settle(JsValue::UNDEFINED);
    }
    (Held { release }, granted)
}
