//! Web Locks: a lock is released however a page ends, so a free lock means that its page is gone.
//!
//! See <https://www.w3.org/TR/web-locks/>. The API exists on secure origins only; elsewhere every lock counts as free.

use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::{future_to_promise, spawn_local};

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
    let mut release = None;
    // The lock is held until this promise settles.
    let until_released = Promise::new(&mut |resolve, _| release = Some(resolve));
    let _ = request(name, true, move || until_released);
    Held { release }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(release) = &self.release {
            let _ = release.call0(&JsValue::UNDEFINED);
        }
    }
}

/// Runs `then` to its end while holding the lock `name`: now if it is free; else, if `wait` is set, as soon as it is
/// released.
pub fn when_free<F: Future<Output = ()> + 'static>(
    name: &str,
    wait: bool,
    then: impl Fn() -> F + Clone + 'static,
) {
    let run = {
        let then = then.clone();
        move || {
            let running = then();
            future_to_promise(async move {
                running.await;
                Ok(JsValue::UNDEFINED)
            })
        }
    };
    if request(name, wait, run).is_err() {
        spawn_local(then());
    }
}

/// Requests the lock and holds it until the promise of `granted` settles.
fn request(
    name: &str,
    wait: bool,
    granted: impl FnOnce() -> Promise + 'static,
) -> Result<JsValue, JsValue> {
    let granted = Closure::once_into_js(move |lock: JsValue| {
        if lock.is_null() {
            JsValue::UNDEFINED
        } else {
            granted().into()
        }
    });
    let options = Object::new();
    Reflect::set(&options, &"ifAvailable".into(), &(!wait).into())?;
    request_lock(name, &options, granted)
}
