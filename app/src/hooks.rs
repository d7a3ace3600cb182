//! Hooks that several components share. Each hook of Yew is compiled once for every type of closure that it is given, so
//! sharing also saves download.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

use web_sys::{Event, EventTarget};
use yew::prelude::*;

use crate::browser;
use crate::browser::events::{after, listen};

/// A value that a component shows: setting another one renders the component again. Yew's `use_state_eq` keeps the values of
/// past renderings as well, which takes much more code.
#[derive(Clone, Debug)]
pub struct Signal<T> {
    value: Rc<RefCell<T>>,
    changed: UseForceUpdateHandle,
}

impl<T: Clone + PartialEq> Signal<T> {
    /// The present value.
    pub fn get(&self) -> T {
        self.value.borrow().clone()
    }

    /// Replaces the value.
    pub fn set(&self, value: T) {
        if *self.value.borrow() != value {
            self.value.replace(value);
            self.changed.force_update();
        }
    }
}

/// A value that is `initial` at first.
#[hook]
pub fn use_signal<T: 'static>(initial: fn() -> T) -> Signal<T> {
    Signal {
        value: use_mut_ref(initial),
        changed: use_force_update(),
    }
}

/// Keeps what `start` returns while `is_on`, and the component is in the page.
#[hook]
pub fn use_guard(is_on: bool, start: Box<dyn FnOnce() -> Box<dyn Any>>) {
    use_effect_with(is_on, move |is_on| {
        let guard = is_on.then(start);
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
            after(wait, move || tick.force_update())
        });
        move || drop(timeout)
    });
}

/// Listens to an event while the component is in the page. `target` is called after the first rendering, and `then` stays
/// as it was then.
#[hook]
pub fn use_event(target: fn() -> EventTarget, event: &'static str, then: Callback<Event>) {
    use_guard(
        true,
        Box::new(move || {
            let listener = listen(&target(), event, move |event| then.emit(event.clone()));
            Box::new(listener)
        }),
    );
}
