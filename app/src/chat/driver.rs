//! Carries out what the session decides: holds the sockets, the timer, the clock, and what is kept.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use gloo_timers::callback::Timeout;
use papo_protocol::Session;
use papo_protocol::session::{Effect, Input, Pending, SocketId};
use yew::Callback;

use super::kept::{self, Kept};
use crate::browser;
use crate::components::composer::insert_into_draft;
use crate::connection::{Happening, Socket, endpoint};

/// Drives one [`Session`]. Everything ends when it is dropped or [stopped](Self::stop).
#[derive(Debug)]
pub struct Driver {
    me: Weak<Self>,
    publish: Callback<Rc<Session>>,
    /// Under which name the page before this one, in the same tab, has kept what was typed.
    before: Option<String>,
    state: RefCell<State>,
}

#[derive(Debug, Default)]
struct State {
    session: Session,
    kept: Kept,
    sockets: Vec<(SocketId, Socket)>,
    timer: Option<Timeout>,
    /// What has come is about to be shown.
    showing: Option<Timeout>,
}

/// How long what comes waits to be shown together with what comes next, in milliseconds: one frame of most screens. In a
/// burst, showing every message by itself would leave no time for anything else.
const FRAME_MS: u32 = 16;

impl Driver {
    /// A conversation of the one who has had this tab. `publish` gets the session whenever something happened.
    pub fn new(publish: Callback<Rc<Session>>) -> Rc<Self> {
        let kept = Kept::new();
        let before = browser::kept(browser::OUTBOX);
        browser::keep(browser::OUTBOX, &kept.name);
        Rc::new_cyclic(|me| Self {
            me: me.clone(),
            publish,
            before,
            state: RefCell::new(State {
                session: Session::default().known_as(kept::ids()),
                kept,
                ..State::default()
            }),
        })
    }

    /// Hands in what happened and does what follows.
    pub fn feed(&self, input: Input) {
        let now = browser::monotonic_now();
        let can_wait = matches!(input, Input::Received(..));
        let mut state = self.state.borrow_mut();
        let ids = state.session.ids().len();
        let effects = state.session.step(input, now, browser::random());
        for effect in effects {
            match effect {
                Effect::Connect(name) => {
                    if let Some(socket) = self.connect(name) {
                        state.sockets.push((name, socket));
                    }
                }
                Effect::Send(name, frame) => {
                    if let Some((_, socket)) = state.sockets.iter().find(|(it, _)| *it == name) {
                        socket.send(&frame);
                    }
                }
                Effect::Close(name) => state.sockets.retain(|(it, _)| *it != name),
                Effect::Save => {
                    let State { session, kept, .. } = &mut *state;
                    kept.keep(session.outbox());
                }
            }
        }
        if state.session.ids().len() > ids {
            kept::keep_ids(state.session.ids());
        }
        let me = self.me.clone();
        state.timer = state.session.wake_at().map(|at| {
            let wait = u32::try_from(at.saturating_sub(now)).unwrap_or(u32::MAX);
            Timeout::new(wait, move || feed(&me, Input::Woke))
        });
        if can_wait {
            let me = self.me.clone();
            state.showing.get_or_insert_with(|| {
                Timeout::new(FRAME_MS, move || {
                    if let Some(me) = me.upgrade() {
                        me.show();
                    }
                })
            });
        } else {
            drop(state);
            self.show();
        }
    }

    fn show(&self) {
        let mut state = self.state.borrow_mut();
        state.showing = None;
        let session = Rc::new(state.session.clone());
        // Whoever hears of it may have something to say at once.
        drop(state);
        self.publish.emit(session);
    }

    /// Keeps what is in the field.
    pub fn write(&self, draft: String) {
        let composing = !draft.is_empty();
        let mut state = self.state.borrow_mut();
        let before = std::mem::replace(&mut state.kept.draft, draft);
        state.kept.keep(state.session.outbox());
        drop(state);
        if composing == before.is_empty() {
            self.feed(Input::Composing(composing));
        }
    }

    /// Somebody begins to look, or looks again: connects, and takes over what belongs to nobody.
    pub fn look(&self) {
        self.feed(Input::TryNow);
        for name in browser::remembered_under(browser::OUTBOX) {
            if name == self.state.borrow().kept.name {
                continue;
            }
            let me = self.me.clone();
            let wait = Some(&name) == self.before.as_ref();
            browser::when_free(&name.clone(), wait, move || {
                if let Some(me) = me.upgrade() {
                    me.take_over(&name);
                }
            });
        }
    }

    fn take_over(&self, name: &str) {
        let (outbox, mut draft) = kept::left(name);
        for Pending {
            id, text, said_at, ..
        } in outbox
        {
            self.feed(Input::Say { id, text, said_at });
        }
        let is_free = self.state.borrow().kept.draft.is_empty();
        if is_free && !draft.is_empty() && insert_into_draft(&draft) {
            draft.clear();
        }
        kept::keep_draft(name, &draft);
    }

    /// Drops the sockets and the timer for good.
    pub fn stop(&self) {
        *self.state.borrow_mut() = State::default();
    }

    fn connect(&self, name: SocketId) -> Option<Socket> {
        let me = self.me.clone();
        let heard = Callback::from(move |happening| {
            let input = match happening {
                Happening::Opened => Input::Opened(name),
                Happening::Received(frame) => Input::Received(name, frame),
                Happening::Closed => Input::Closed(name),
            };
            feed(&me, input);
        });
        let socket = Socket::open(&endpoint::of_this_page(), heard);
        if socket.is_none() {
            // An address that the browser refuses outright. Told later, because nothing can happen inside a step.
            let me = self.me.clone();
            Timeout::new(0, move || feed(&me, Input::Closed(name))).forget();
        }
        socket
    }
}

fn feed(driver: &Weak<Driver>, input: Input) {
    if let Some(driver) = driver.upgrade() {
        driver.feed(input);
    }
}
