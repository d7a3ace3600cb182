//! Hooks that several components share. Each hook of Yew is compiled once for every type of closure that it is given, so
//! sharing also saves download.

use std::any::Any;

use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use web_sys::{Event, EventTarget};
use yew::prelude::*;

use crate::browser;

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

/// Renders the component again at `at` on the clock of [`browser::monotonic_now`], unless that has passed.
#[hook]
pub fn use_wake(at: Option<u64>) {
    let tick = use_force_update();
    let wait = at.and_then(|at| at.checked_sub(browser::monotonic_now()));
    // Set at every rendering, because a coarse clock can say after the timeout that the moment is still to come.
    use_effect(move || {
        let timeout = wait.map(|wait| {
            let wait = u32::try_from(wait + 1).unwrap_or(u32::MAX);
            Timeout::new(wait, move || tick.force_update())
        });
        move || drop(timeout)
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
