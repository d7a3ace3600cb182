//! Carries out the session's effects: owns the sockets, the timers, the clock and the storage.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use gloo_timers::callback::Timeout;
use papo_protocol::limits::TYPING_INTERVAL_MS;
use papo_protocol::session::{Effect, Input, Outbox, Pending, SocketId};
use papo_protocol::{RoomName, Session};
use yew::Callback;
use yew::platform::spawn_local;

use super::draft;
use super::storage::{self, Storage};
use crate::access;
use crate::browser::database::Database;
use crate::browser::{self, events, frame, locks};
use crate::connection::{Socket, SocketEvent, endpoint};

/// More frames of the socket than this within a frame of the page are a burst.
const BURST: u32 = 30;

/// How many frames of the page may pass without a rendering during a burst: a fifth of a second.
const MOST_SKIPPED: u32 = 12;

/// How long the newest messages may stay unsaved, in milliseconds.
const CACHE_DELAY_MS: u32 = 2_000;

/// Drives one [`Session`]. Everything ends when it is dropped, or [retired](Self::retire) without messages to send.
#[derive(Debug)]
pub struct Driver {
    me: Weak<Self>,
    room: RoomName,
    /// The session, which the page reads.
    pub(super) session: Rc<RefCell<Session>>,
    publish: Callback<()>,
    /// The key under which this tab was in the room before.
    predecessor: Option<String>,
    state: RefCell<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Counts the states of the session that were published.
    revision: u32,
    storage: Storage,
    /// The token of the connection.
    token: Option<String>,
    /// Whether the browser has refused to store something.
    loses: bool,
    sockets: Vec<(SocketId, Socket)>,
    timer: Option<Timeout>,
    /// The frame in which the session will be published.
    frame: Option<frame::Frame>,
    /// How many frames of the socket arrived since the last frame of the page.
    received: u32,
    /// How many frames of the page have passed without a rendering.
    skipped: u32,
    /// When the newest messages will be saved.
    caching: Option<Timeout>,
    /// The revision of the timeline that was saved last.
    cached: u64,
    /// When to report again that something is being typed.
    typing_again_at: u64,
    /// Keeps a retired driver alive.
    keeper: Option<Rc<Driver>>,
}

impl Driver {
    /// A driver of this tab's session in `room`. `publish` is called whenever something changed.
    pub fn new(room: RoomName, publish: Callback<()>) -> Rc<Self> {
        let storage = Storage::new(&room);
        let prefix = storage::prefix(&room);
        let predecessor = browser::tab_value(&prefix);
        browser::set_tab_value(&prefix, &storage.key);
        Rc::new_cyclic(|me| Self {
            me: me.clone(),
            room,
            session: Rc::new(RefCell::new(storage::session())),
            publish,
            predecessor,
            state: RefCell::new(State {
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
        let me = self.me.clone();
        state.timer = session.wake_at().map(|at| {
            let wait = u32::try_from(at.saturating_sub(now)).unwrap_or(u32::MAX);
            events::after(wait, move || feed(&me, Input::Timer))
        });
        let is_busy = session.outbox().is_busy();
        drop(session);
        if state.keeper.is_some() && !is_busy {
            drop(state);
            self.stop();
        } else if can_wait {
            state.received += 1;
            self.show_later(&mut state);
        } else {
            drop(state);
            self.show();
        }
    }

    fn show_later(&self, state: &mut State) {
        let me = self.me.clone();
        state.frame.get_or_insert_with(|| {
            frame::next(move || {
                if let Some(me) = me.upgrade() {
                    me.on_frame();
                }
            })
        });
    }

    fn on_frame(&self) {
        let mut state = self.state.borrow_mut();
        state.frame = None;
        let received = std::mem::take(&mut state.received);
        // While more messages arrive than fit the page, most renderings would be overwritten by the next one.
        if received > BURST && state.skipped < MOST_SKIPPED {
            state.skipped += 1;
            self.show_later(&mut state);
        } else {
            state.skipped = 0;
            drop(state);
            self.show();
        }
    }

    fn show(&self) {
        let mut state = self.state.borrow_mut();
        state.frame = None;
        state.revision = state.revision.wrapping_add(1);
        if self.session.borrow().timeline().revision() != state.cached {
            let me = self.me.clone();
            state.caching.get_or_insert_with(|| {
                events::after(CACHE_DELAY_MS, move || {
                    if let Some(me) = me.upgrade() {
                        me.keep_cache();
                    }
                })
            });
        }
        drop(state);
        self.publish.emit(());
    }

    fn save(&self, storage: &Storage, outbox: &Outbox) {
        if let Some(written) = storage.save(outbox) {
            let me = self.me.clone();
            spawn_local(async move {
                let succeeded = written.await.is_ok();
                if let Some(me) = me.upgrade() {
                    me.set_loses(!succeeded);
                }
            });
        }
    }

    fn set_loses(&self, loses: bool) {
        let mut state = self.state.borrow_mut();
        if state.loses != loses {
            state.loses = loses;
            drop(state);
            self.show();
        }
    }

    /// Keeps the draft.
    pub fn write(&self, text: String) {
        let composing = !text.is_empty();
        let now = browser::monotonic_now();
        let mut state = self.state.borrow_mut();
        let before = std::mem::replace(&mut state.storage.draft, text);
        self.save(&state.storage, self.session.borrow().outbox());
        // Every input renders the page, so not every key is one.
        let is_typing = composing && state.typing_again_at <= now;
        if is_typing {
            state.typing_again_at = now + TYPING_INTERVAL_MS;
        }
        drop(state);
        if is_typing {
            self.feed(Input::Typing);
        }
        if composing == before.is_empty() {
            self.feed(Input::Composing(composing));
        }
    }

    /// Keeps the newest messages for the next page.
    fn keep_cache(&self) {
        let mut state = self.state.borrow_mut();
        let session = self.session.borrow();
        state.caching = None;
        state.cached = session.timeline().revision();
        if let Some(database) = &state.storage.database {
            let cache = session.cache().unwrap_or_default();
            storage::keep_cache(database, &self.room, &cache);
        }
    }

    /// The page is being closed: writes what the database may not have yet.
    pub fn leave(&self) {
        self.keep_cache();
        let (state, session) = (self.state.borrow(), self.session.borrow());
        storage::write_leaving(&state.storage, session.outbox());
        // The key has to be in the database for the next page to find it.
        self.save(&state.storage, session.outbox());
    }

    /// The page was not closed after all: only the database is written from now on.
    pub fn stay(&self) {
        browser::forget(&self.state.borrow().storage.key);
    }

    /// Whether closing the page now would lose something that was written.
    pub fn would_lose(&self) -> bool {
        let state = self.state.borrow();
        let has_unsent =
            !state.storage.draft.is_empty() || !self.session.borrow().outbox().entries().is_empty();
        has_unsent && (state.loses || state.storage.database.is_none())
    }

    /// Opens the storage, shows the messages that an earlier page kept, and writes what was entered meanwhile.
    pub fn open_storage(&self) {
        let me = self.me.clone();
        spawn_local(async move {
            let database = Database::open().await;
            let Some(me) = me.upgrade() else { return };
            match database {
                Ok(database) => {
                    if let Some(cache) = storage::cache(&database, &me.room).await {
                        me.feed(Input::Restore(cache));
                    }
                    me.state.borrow_mut().storage.database = Some(database);
                    me.save(&me.state.borrow().storage, me.session.borrow().outbox());
                    me.adopt();
                }
                Err(_) => me.set_loses(true),
            }
        });
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

    /// Connects, and takes over what ended pages have left. Called when the page becomes visible.
    pub fn look(&self) {
        self.feed(Input::TryNow);
        self.adopt();
    }

    fn adopt(&self) {
        let state = self.state.borrow();
        let Some(database) = state.storage.database.clone() else {
            return;
        };
        let own = state.storage.key.clone();
        let prefix = storage::prefix(&self.room);
        let (me, predecessor) = (self.me.clone(), self.predecessor.clone());
        spawn_local(async move {
            let mut keys = database.keys(&prefix).await.unwrap_or_default();
            // The previous page may have ended before the database had its key.
            keys.extend(predecessor.clone().filter(|key| !keys.contains(key)));
            for key in keys.into_iter().filter(|key| *key != own) {
                let wait = Some(&key) == predecessor.as_ref();
                spawn_local(take_over(me.clone(), database.clone(), key, wait));
            }
        });
    }

    /// Continues with what another page has left. Returns the draft if it stays where it is.
    fn continue_with(&self, (outbox, draft): (Vec<Pending>, String)) -> String {
        for pending in outbox {
            self.feed(Input::Send {
                id: pending.id,
                content: pending.content,
                sent_at: pending.sent_at,
            });
        }
        let is_free = {
            let state = self.state.borrow();
            // The field belongs to another room once the page has left this one.
            state.storage.draft.is_empty() && state.keeper.is_none()
        };
        if is_free && !draft.is_empty() && draft::append(&draft) {
            String::new()
        } else {
            draft
        }
    }

    /// The page has left the room. Messages that were not sent yet still are.
    pub fn retire(&self) {
        if self.session.borrow().outbox().is_busy() {
            self.state.borrow_mut().keeper = self.me.upgrade();
        } else {
            self.stop();
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

fn feed(driver: &Weak<Driver>, input: Input) {
    if let Some(driver) = driver.upgrade() {
        driver.feed(input);
    }
}

/// Takes over what a page has left under `key`, once it has ended or left the room.
async fn take_over(driver: Weak<Driver>, database: Database, key: String, wait: bool) {
    let Some(_lock) = locks::take(&key, wait).await else {
        return;
    };
    let Some(driver) = driver.upgrade() else {
        return;
    };
    let draft = driver.continue_with(storage::left(&database, &key).await);
    let _ = storage::write(&database, &key, &[], &draft).await;
}
