//! The next frame of the screen, or soon in a page that is not drawn.

use std::cell::RefCell;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

use super::events::after;
use super::window;

/// How long a page without frames waits, in milliseconds. A hidden page gets none.
const WITHOUT_FRAMES_MS: u32 = 100;

/// A scheduled call. Cancelled when it is dropped.
#[derive(Debug)]
#[must_use = "a frame is cancelled when it is dropped"]
pub struct Frame {
    request: i32,
    _callback: Closure<dyn FnMut()>,
    _timeout: Timeout,
}

/// Calls `then` once: before the next frame is drawn, or after 100 ms without one.
pub fn next(then: impl FnOnce() + 'static) -> Frame {
    let then = Rc::new(RefCell::new(Some(then)));
    let call = move || {
        let then = then.borrow_mut().take();
        if let Some(then) = then {
            then();
        }
    };
    let timeout = after(WITHOUT_FRAMES_MS, call.clone());
    let callback = Closure::<dyn FnMut()>::new(call);
    let request = window()
        .request_animation_frame(callback.as_ref().unchecked_ref())
        .unwrap_or_default();
    Frame {
        request,
        _callback: callback,
        _timeout: timeout,
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        let _ = window().cancel_animation_frame(self.request);
    }
}
