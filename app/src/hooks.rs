//! Hooks that several components share. Each hook of Yew is compiled once for every type of closure that it is given, so
//! sharing also saves download.

use std::any::Any;

use gloo_events::EventListener;
use web_sys::{Event, EventTarget};
use yew::prelude::*;

/// A flag that is off at first.
#[hook]
pub fn use_flag() -> UseStateHandle<bool> {
    use_state_eq(|| false)
}

/// Keeps what `start` returns from the first rendering of the component until it is removed.
#[hook]
pub fn use_guard(start: Box<dyn FnOnce() -> Box<dyn Any>>) {
    use_effect_with((), move |()| {
        let guard = start();
        move || drop(guard)
    });
}

/// Listens to an event while the component is in the page. `target` is called after the first rendering, and `then` stays
/// as it was then.
#[hook]
pub fn use_event(target: fn() -> EventTarget, event: &'static str, then: Callback<Event>) {
    use_guard(Box::new(move || {
        let listener = EventListener::new(&target(), event, move |event| then.emit(event.clone()));
        Box::new(listener)
    }));
}
