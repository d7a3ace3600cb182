//! Carries out what the session decides: holds the socket, the timer and the clock.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use gloo_timers::callback::Timeout;
use papo_protocol::Session;
use papo_protocol::session::{Effect, Input};
use yew::Callback;

use crate::browser;
use crate::connection::{Happening, Socket, endpoint};

/// Drives one [`Session`]. Everything ends when it is dropped or [stopped](Self::stop).
#[derive(Debug)]
pub struct Driver {
    me: Weak<Self>,
    publish: Callback<Rc<Session>>,
    state: RefCell<State>,
}

#[derive(Debug, Default)]
struct State {
    session: Session,
    socket: Option<Socket>,
    timer: Option<Timeout>,
}

impl Driver {
    /// A conversation that has not begun. `publish` gets the session whenever something happened.
    pub fn new(publish: Callback<Rc<Session>>) -> Rc<Self> {
        Rc::new_cyclic(|me| Self {
            me: me.clone(),
            publish,
            state: RefCell::default(),
        })
    }

    /// Hands in what happened and does what follows.
    pub fn feed(&self, input: Input) {
        let now = browser::monotonic_now();
        let mut state = self.state.borrow_mut();
        let effects = state.session.step(input, now, browser::random());
        for effect in effects {
            match effect {
                Effect::Connect => {
                    // The old one goes first, so that it cannot be heard any more.
                    state.socket = None;
                    state.socket = self.connect();
                }
                Effect::Send(frame) => {
                    if let Some(socket) = &state.socket {
                        socket.send(&frame);
                    }
                }
                Effect::Hang => state.socket = None,
            }
        }
        let me = self.me.clone();
        state.timer = state.session.wake_at().map(|at| {
            let wait = u32::try_from(at.saturating_sub(now)).unwrap_or(u32::MAX);
            Timeout::new(wait, move || wake(&me))
        });
        let session = Rc::new(state.session.clone());
        // Whoever hears of it may have something to say at once.
        drop(state);
        self.publish.emit(session);
    }

    /// Drops the socket and the timer for good.
    pub fn stop(&self) {
        *self.state.borrow_mut() = State::default();
    }

    fn connect(&self) -> Option<Socket> {
        let me = self.me.clone();
        let heard = Callback::from(move |happening| {
            if let Some(driver) = me.upgrade() {
                driver.feed(match happening {
                    Happening::Opened => Input::Opened,
                    Happening::Received(frame) => Input::Received(frame),
                    Happening::Closed => Input::Closed,
                });
            }
        });
        let socket = Socket::open(&endpoint::of_this_page(), heard);
        if socket.is_none() {
            // An address that the browser refuses outright. Told later, because nothing can happen inside a step.
            let me = self.me.clone();
            Timeout::new(0, move || {
                if let Some(driver) = me.upgrade() {
                    driver.feed(Input::Closed);
                }
            })
            .forget();
        }
        socket
    }
}

fn wake(driver: &Weak<Driver>) {
    if let Some(driver) = driver.upgrade() {
        driver.feed(Input::Woke);
    }
}
