//! The hook that starts the session and re-renders the page when it changes.

use std::rc::Rc;

use gloo_events::{EventListener, EventListenerOptions};
use papo_protocol::session::Input;
use papo_protocol::{RoomName, Session};
use web_sys::EventTarget;
use yew::prelude::*;

use super::Chat;
use super::driver::{Driver, Snapshot};
use super::storage;
use crate::browser::{self, attention};
use crate::hooks::{use_guard, use_signal};
use crate::i18n::Language;

/// The conversation in `room`, which lives as long as the component.
#[hook]
pub fn use_conversation(room: &RoomName, language: Language) -> Chat {
    let published = use_signal(|| Snapshot {
        session: Rc::new(storage::session()),
        keeps: true,
    });
    let chosen = use_signal(|| None);
    let Snapshot { session, keeps } = published.get();
    let about = chosen.get();
    let running = use_memo((), |()| {
        let session = Session::clone(&published.get().session);
        let publish = Callback::from(move |snapshot| published.set(snapshot));
        let driver = Driver::new(session, room.clone(), publish);
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
    let (inputs, drafts, onabout) = (running.1.clone(), running.2.clone(), running.3.clone());
    let entered = room.clone();
    use_guard(Box::new(move || {
        super::room::visit(&entered);
        attention::show(&entered, 0);
        let driver = &running.0;
        driver.open_storage();
        driver.look();
        let others = super::room::visited()
            .into_iter()
            .filter(|it| *it != entered);
        driver.feed(Input::WatchRooms(others.collect()));
        let listeners = listen(driver);
        Box::new((listeners, Retiring(Rc::clone(driver))))
    }));
    Chat {
        about,
        onabout,
        session,
        room: room.clone(),
        keeps,
        inputs,
        drafts,
        language,
    }
}

/// Retires a driver when it is dropped.
struct Retiring(Rc<Driver>);

impl Drop for Retiring {
    fn drop(&mut self) {
        self.0.retire();
    }
}

/// Back-off protects a back end that is down. When the network or the reader has just come back there is no reason to
/// wait; when the network has just gone, it is better to know soon.
fn listen(driver: &Rc<Driver>) -> [EventListener; 7] {
    let (window, document) = (browser::window(), browser::document());
    let on = |target: &EventTarget, event: &'static str, then: fn(&Driver)| {
        let driver = Rc::clone(driver);
        EventListener::new(target, event, move |_| then(&driver))
    };
    let leaving = {
        let driver = Rc::clone(driver);
        let options = EventListenerOptions::enable_prevent_default();
        EventListener::new_with_options(&window, "beforeunload", options, move |event| {
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
        on(&window, "storage", Driver::follow_name),
        leaving,
    ]
}
