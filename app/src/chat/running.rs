//! Starts the session, and keeps the page up to date with it.

use std::rc::Rc;

use gloo_events::EventListener;
use papo_protocol::Session;
use papo_protocol::session::Input;
use web_sys::EventTarget;
use yew::prelude::*;

use super::Command;
use super::driver::Driver;
use crate::browser;

/// Whether somebody can see the page may have changed.
const VISIBILITY: &str = "visibilitychange";

/// Holds the conversation for as long as the component lives: the session as it is now, and how to talk to it.
#[hook]
pub fn use_conversation() -> (Rc<Session>, Callback<Command>) {
    let session = use_state(|| Rc::new(Session::default()));
    let running = use_memo((), |()| {
        let publish = session.setter();
        let driver = Driver::new(Callback::from(move |session| publish.set(session)));
        let commands = Callback::from({
            let driver = Rc::clone(&driver);
            move |command| match command {
                Command::Write(draft) => driver.write(draft),
                other => driver.feed(input(other)),
            }
        });
        (driver, commands)
    });
    let commands = running.1.clone();
    use_effect_with((), move |()| {
        let driver = &running.0;
        driver.look();
        let listeners = listen(driver);
        move || {
            drop(listeners);
            running.0.stop();
        }
    });
    (Rc::clone(&session), commands)
}

fn input(command: Command) -> Input {
    match command {
        Command::Write(draft) => Input::Composing(!draft.is_empty()),
        Command::Say(text) => Input::Say {
            id: browser::new_message_id(),
            text,
            said_at: browser::now(),
        },
        Command::SayAgain(id) => Input::SayAgain(id),
        Command::Discard(id) => Input::Discard(id),
        Command::TryNow => Input::TryNow,
        Command::Dismiss => Input::Dismiss,
        Command::Earlier => Input::Earlier,
    }
}

/// Back-off is for a back end that is down. When the network or the reader has just come back, it only costs time; and
/// when the network has just gone, it is better to know soon.
fn listen(driver: &Rc<Driver>) -> [EventListener; 3] {
    let (window, document) = (browser::window(), browser::document());
    let on = |target: &EventTarget, event: &'static str| {
        let driver = Rc::clone(driver);
        EventListener::new(target, event, move |_| {
            if event != VISIBILITY {
                driver.feed(Input::TryNow);
            } else if browser::is_visible() {
                driver.look();
            }
        })
    };
    [
        on(&window, "online"),
        on(&window, "offline"),
        on(&document, VISIBILITY),
    ]
}
