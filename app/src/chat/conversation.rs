//! The hook that starts the session and re-renders the page when it changes.

use std::rc::Rc;

use gloo_events::EventListener;
use papo_protocol::RoomName;
use papo_protocol::session::Input;
use web_sys::EventTarget;
use yew::prelude::*;

use super::driver::Driver;
use super::{About, Chat};
use crate::browser::{self, attention, events};
use crate::hooks::{use_guard, use_signal};
use crate::i18n::Language;

/// Runs the conversation in `room` while the component is mounted.
#[hook]
pub fn use_conversation(room: &RoomName, language: Language) -> Chat {
    let page = use_force_update();
    let chosen = use_signal(|| None);
    let about = chosen.get();
    let running = use_ref(|| {
        let publish = Callback::from(move |()| page.force_update());
        let driver = Driver::enter(room.clone(), publish);
        let inputs = Callback::from({
            let driver = Rc::clone(&driver);
            move |input| driver.feed(input)
        });
        let drafts = Callback::from({
            let driver = Rc::clone(&driver);
            move |draft| driver.write(draft)
        });
        let onabout = Callback::from(move |about| chosen.set(about));
        (driver, inputs, drafts, onabout)
    });
    let session = Rc::clone(&running.0.session);
    // An edit ends when its message is deleted.
    let about = about.filter(|it| match it {
        About::Edit(entry) => session.borrow().can_edit(entry),
        About::Reply(_) => true,
    });
    let chat = Chat {
        session,
        revision: running.0.revision(),
        room: room.clone(),
        inputs: running.1.clone(),
        drafts: running.2.clone(),
        about,
        onabout: running.3.clone(),
        keeps: running.0.keeps(),
        is_signed_in: running.0.is_signed_in(),
        language,
    };
    let entered = room.clone();
    use_guard(
        true,
        Box::new(move || {
            super::room::visit(&entered);
            attention::show(&entered, 0);
            let driver = &running.0;
            driver.show_draft();
            driver.open_storage();
            driver.look();
            let others = super::room::visited()
                .into_iter()
                .filter(|it| *it != entered);
            driver.feed(Input::WatchRooms(others.collect()));
            let listeners = listen(driver);
            Box::new((listeners, Retiring(Rc::clone(driver))))
        }),
    );
    chat
}

/// Retires a driver when it is dropped.
struct Retiring(Rc<Driver>);

impl Drop for Retiring {
    fn drop(&mut self) {
        self.0.retire();
    }
}

/// Listens to the page's events.
///
/// Back-off protects a back end that is down. When the network or the reader has just come back, there is no reason to wait;
/// when the network has just gone, it is better to notice soon.
fn listen(driver: &Rc<Driver>) -> [EventListener; 7] {
    let (window, document) = (browser::window(), browser::document());
    let on = |target: &EventTarget, event: &'static str, then: fn(&Driver)| {
        let driver = Rc::clone(driver);
        events::listen(target, event, move |_| then(&driver))
    };
    let leaving = {
        let driver = Rc::clone(driver);
        events::listen(&window, "beforeunload", move |event| {
            if driver.would_lose() {
                event.prevent_default();
            }
        })
    };
    let look = |driver: &Driver| {
        if browser::is_visible() {
            driver.look();
        }
    };
    [
        on(&window, "online", |driver| driver.feed(Input::TryNow)),
        on(&window, "offline", |driver| driver.feed(Input::TryNow)),
        on(&document, "visibilitychange", look),
        on(&window, "pagehide", Driver::leave),
        on(&window, "pageshow", Driver::stay),
        on(&window, "storage", Driver::follow_storage),
        leaving,
    ]
}
