//! Timeouts and event listeners.
//!
//! The closures are boxed, so that the code that passes them to the browser is compiled once and not once for each closure.

use gloo_events::{EventListener, EventListenerOptions};
use gloo_timers::callback::Timeout;
use web_sys::{Event, EventTarget};

/// Calls `then` after that many milliseconds, unless the timeout is dropped before.
pub fn after(milliseconds: u32, then: impl FnOnce() + 'static) -> Timeout {
    let then: Box<dyn FnOnce()> = Box::new(then);
    Timeout::new(milliseconds, then)
}

/// Calls `then` with each event of this name, until the listener is dropped. It may prevent what the browser does by default.
pub fn listen(
    target: &EventTarget,
    name: &'static str,
    then: impl FnMut(&Event) + 'static,
) -> EventListener {
    let then: Box<dyn FnMut(&Event)> = Box::new(then);
    EventListener::new_with_options(
        target,
        name,
        EventListenerOptions::enable_prevent_default(),
        then,
    )
}
