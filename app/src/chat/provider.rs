//! Gives the session to the page, and the page's wishes to the session.

use std::rc::Rc;

use gloo_events::EventListener;
use papo_protocol::Session;
use papo_protocol::session::Input;
use yew::prelude::*;

use super::driver::Driver;
use super::{Command, Commands, Snapshot};
use crate::browser;

/// What the provider wraps.
#[derive(Debug, PartialEq, Properties)]
pub struct Props {
    /// The page.
    pub children: Html,
}

/// Starts the conversation, and shares it with everything inside.
#[component]
pub fn ChatProvider(props: &Props) -> Html {
    let snapshot = use_state_eq(|| Snapshot(Rc::new(Session::default())));
    let driver = use_memo((), |()| {
        let publish = snapshot.setter();
        Driver::new(Callback::from(move |session| {
            publish.set(Snapshot(session));
        }))
    });
    let commands: Commands = use_callback((), {
        let driver = driver.clone();
        move |command: Command, ()| driver.feed(input(command))
    });
    use_effect_with((), move |()| {
        driver.feed(Input::Start);
        let listeners = come_back_when_the_network_does(&driver);
        move || {
            drop(listeners);
            driver.stop();
        }
    });

    html! {
        <ContextProvider<Commands> context={commands}>
            <ContextProvider<Snapshot> context={(*snapshot).clone()}>
                { props.children.clone() }
            </ContextProvider<Snapshot>>
        </ContextProvider<Commands>>
    }
}

fn input(command: Command) -> Input {
    match command {
        Command::Say(text) => Input::Say {
            id: browser::new_message_id(),
            text,
            said_at: browser::now(),
        },
        Command::SayAgain(failed) => Input::SayAgain {
            failed,
            id: browser::new_message_id(),
        },
        Command::Discard(id) => Input::Discard(id),
        Command::TryNow => Input::TryNow,
        Command::Dismiss => Input::Dismiss,
    }
}

/// Back-off is for a back end that is down. When the network or the reader has just come back, it only costs time.
fn come_back_when_the_network_does(driver: &Rc<Driver>) -> Vec<EventListener> {
    let online = {
        let driver = Rc::clone(driver);
        EventListener::new(&browser::window(), "online", move |_| {
            driver.feed(Input::TryNow);
        })
    };
    let visible = {
        let driver = Rc::clone(driver);
        EventListener::new(&browser::document(), "visibilitychange", move |_| {
            if browser::is_visible() {
                driver.feed(Input::TryNow);
            }
        })
    };
    vec![online, visible]
}
