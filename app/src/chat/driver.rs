//! Carries out the session's effects: owns the sockets, the timers, the clock and the storage.
//!
//! - [`adoption`]: takes over what closed pages left behind
//! - [`alarm`]: when the session is woken
//! - [`keeping`]: stores what must survive this page
//! - [`pace`]: how often the page is rendered

mod adoption;
mod alarm;
mod keeping;
mod pace;

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use gloo_timers::callback::Timeout;
use papo_protocol::session::{Effect, Input, SocketId};
use papo_protocol::{RoomName, Session};
use yew::Callback;

use self::alarm::{Alarm, Clocks};
use self::pace::{Pace, Step};
use super::draft;
use super::storage::{self, Storage};
use crate::access;
use crate::browser::{self, events, frame};
use crate::connection::{Socket, SocketEvent, endpoint};

thread_local! {
    /// The drivers of rooms that the page has left before everything was sent.
    static RETIRED: RefCell<Vec<Rc<Driver>>> = const { RefCell::new(Vec::new()) };
}

/// Drives one [`Session`]. Everything ends when it is dropped, or [retired](Self::retire) without messages to send.
#[derive(Debug)]
pub struct Driver {
    me: Weak<Self>,
    room: RoomName,
    /// The session, which the page reads.
    pub(super) session: Rc<RefCell<Session>>,
    /// The key under which this tab was in the room before.
    predecessor: Option<String>,
    state: RefCell<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Called whenever something changed.
    publish: Callback<()>,
    /// Counts the states of the session that were published.
    revision: u32,
    storage: Storage,
    /// The token of the connection.
    token: Option<String>,
    /// Whether the browser has refused to store something.
    loses: bool,
    sockets: Vec<(SocketId, Socket)>,
    /// When the session is woken, and the timeout for it.
    timer: Option<(Alarm, Timeout)>,
    /// The next frame of the page, while the frames of the socket wait for it.
    frame: Option<frame::Frame>,
    pace: Pace,
    /// When the newest messages will be saved.
    caching: Option<Timeout>,
    /// The revision of the timeline that was saved last.
    cached: u64,
    /// When to report again that something is being typed.
    typing_again_at: u64,
    /// Whether the page has left the room.
    is_retired: bool,
}

impl Driver {
    /// The driver of this tab's session in `room`: the retired one, if there is one. `publish` is called whenever something
    /// changed.
    pub fn enter(room: RoomName, publish: Callback<()>) -> Rc<Self> {
        let Some(driver) = take_retired(&room) else {
            return Self::new(room, publish);
        };
        let mut state = driver.state.borrow_mut();
        state.is_retired = false;
        state.publish = publish;
        drop(state);
        driver
    }

    fn new(room: RoomName, publish: Callback<()>) -> Rc<Self> {
        let storage = Storage::new(&room);
        let prefix = storage::prefix(&room);
        let predecessor = browser::tab_value(&prefix);
        browser::set_tab_value(&prefix, &storage.key);
        Rc::new_cyclic(|me| Self {
            me: me.clone(),
            room,
            session: Rc::new(RefCell::new(storage::session())),
            predecessor,
            state: RefCell::new(State {
                publish,
                storage,
                token: access::token(),
                ..State::default()
            }),
        })
    }

    /// Changes with every published state of the session.
    pub fn revision(&self) -> u32 {
        self.state.borrow().revision
    }

    /// Whether drafts and unsent messages survive the page.
    pub fn keeps(&self) -> bool {
        !self.state.borrow().loses
    }

    /// Whether the person has signed in.
    pub fn is_signed_in(&self) -> bool {
        self.state.borrow().token.is_some()
    }

    /// Feeds the session and carries out its effects.
    pub fn feed(&self, input: Input) {
        let now = browser::monotonic_now();
        if let Input::Rename(name) = &input {
            storage::keep_name(name);
            browser::keep_storage();
        }
        // Frames arrive in bursts. Rendering each by itself would leave no time for anything else.
        let can_wait = matches!(input, Input::Received(..));
        // It changes nothing that is shown, and comes in the middle of a rendering.
        let is_silent = matches!(input, Input::Reading(_));
        let mut state = self.state.borrow_mut();
        let mut session = self.session.borrow_mut();
        let ids = session.connection_ids().len();
        let effects = session.step(input, now, browser::random());
        for effect in effects {
            match effect {
                Effect::Connect(id) => {
                    if let Some(socket) = self.connect(id) {
                        state.sockets.push((id, socket));
                    }
                }
                Effect::Send(id, frame) => {
                    if let Some((_, socket)) = state.sockets.iter().find(|(it, _)| *it == id) {
                        socket.send(&frame);
                    }
                }
                Effect::Close(id) => state.sockets.retain(|(it, _)| *it != id),
                Effect::Save => self.save(&state.storage, session.outbox()),
            }
        }
        if session.connection_ids().len() > ids {
            storage::keep_ids(session.connection_ids());
        }
        // Waking the session too early changes nothing, and each frame of a burst moves the time.
        if let Some(at) = session.wake_at()
            && state.timer.as_ref().is_none_or(|(set, _)| at < set.at)
        {
            self.set_timer(&mut state, at);
        }
        let is_busy = session.outbox().is_busy();
        drop(session);
        if state.is_retired && !is_busy {
            drop(state);
            drop(take_retired(&self.room));
            self.stop();
        } else if can_wait && state.frame.is_some() {
            state.pace.receive();
        } else if can_wait {
            // What comes next waits for the frame that shows this.
            self.await_frame(&mut state);
            drop(state);
            self.publish();
        } else if !is_silent {
            drop(state);
            self.show();
        }
    }

    fn set_timer(&self, state: &mut State, at: u64) {
        let me = self.me.clone();
        let (alarm, wait) = Alarm::next(at, clocks());
        let timeout = events::after(wait, move || {
            if let Some(me) = me.upgrade() {
                me.on_timeout();
            }
        });
        state.timer = Some((alarm, timeout));
    }

    fn on_timeout(&self) {
        let mut state = self.state.borrow_mut();
        let Some((alarm, _)) = state.timer.take() else {
            return;
        };
        match alarm.fired(clocks(), browser::is_visible()) {
            Some(input) => {
                drop(state);
                self.feed(input);
            }
            None => self.set_timer(&mut state, alarm.at),
        }
    }

    fn await_frame(&self, state: &mut State) {
        let me = self.me.clone();
        state.frame = Some(frame::next(move || {
            if let Some(me) = me.upgrade() {
                me.on_frame();
            }
        }));
    }

    fn on_frame(&self) {
        let mut state = self.state.borrow_mut();
        state.frame = None;
        let step = state.pace.on_frame();
        if step != Step::Rest {
            self.await_frame(&mut state);
        }
        drop(state);
        if step == Step::Render {
            self.publish();
        }
    }

    /// Publishes the session now, and not again in the next frame.
    fn show(&self) {
        let mut state = self.state.borrow_mut();
        state.frame = None;
        state.pace = Pace::default();
        drop(state);
        self.publish();
    }

    fn publish(&self) {
        let mut state = self.state.borrow_mut();
        state.revision = state.revision.wrapping_add(1);
        self.keep_cache_later(&mut state);
        let publish = state.publish.clone();
        drop(state);
        publish.emit(());
    }

    /// The name or the token may have changed, for instance in another tab: all tabs are the same person.
    pub fn follow_storage(&self) {
        let kept = storage::person_name();
        let differs = kept.as_ref() != self.session.borrow().name();
        if let Some(name) = kept.filter(|_| differs) {
            self.feed(Input::Rename(name));
        }
        let token = access::token();
        let used = std::mem::replace(&mut self.state.borrow_mut().token, token.clone());
        if used != token {
            self.feed(Input::Replace);
        }
    }

    /// Connects, and takes over what closed pages left behind. Called when the page becomes visible.
    pub fn look(&self) {
        self.feed(Input::TryNow);
        self.adopt();
    }

    /// The page has left the room. Messages that were not sent yet still are.
    pub fn retire(&self) {
        if self.session.borrow().outbox().is_busy()
            && let Some(me) = self.me.upgrade()
        {
            let mut state = self.state.borrow_mut();
            state.is_retired = true;
            state.publish = Callback::noop();
            RETIRED.with_borrow_mut(|all| all.push(me));
        } else {
            self.stop();
        }
    }

    /// Puts the draft of an earlier visit into the field.
    pub fn show_draft(&self) {
        let draft = std::mem::take(&mut self.state.borrow_mut().storage.draft);
        if !draft.is_empty() && !draft::append(&draft) {
            self.state.borrow_mut().storage.draft = draft;
        }
    }

    /// Drops the sockets, the timers and the lock of the storage for good.
    fn stop(&self) {
        drop((self.state.take(), self.session.take()));
    }

    fn connect(&self, id: SocketId) -> Option<Socket> {
        let me = self.me.clone();
        let events = Callback::from(move |event| {
            let input = match event {
                SocketEvent::Opened => Input::Opened(id),
                SocketEvent::Received(frame) => Input::Received(id, frame),
                SocketEvent::Closed => {
                    access::report_refused();
                    Input::Closed(id)
                }
            };
            feed(&me, input);
        });
        let address = endpoint::of_this_page(&self.room);
        let socket = Socket::open(&address, &access::protocols(), &events);
        if socket.is_none() {
            // The browser rejected the address. Reported later, because a step is not reentrant.
            let me = self.me.clone();
            events::after(0, move || feed(&me, Input::Closed(id))).forget();
        }
        socket
    }
}

fn clocks() -> Clocks {
    Clocks {
        monotonic: browser::monotonic_now(),
        wall: browser::now().unsigned_abs(),
    }
}

/// The retired driver of `room`, which is then no longer kept.
fn take_retired(room: &RoomName) -> Option<Rc<Driver>> {
    RETIRED.with_borrow_mut(|all| {
        let at = all.iter().position(|it| it.room == *room)?;
        Some(all.swap_remove(at))
    })
}

fn feed(driver: &Weak<Driver>, input: Input) {
    if let Some(driver) = driver.upgrade() {
        driver.feed(input);
    }
}
