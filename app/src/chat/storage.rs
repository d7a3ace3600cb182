//! Data that survives the page: drafts, unacknowledged messages, the newest messages of each room, the connection ids of the tab,
//! and the person.
//!
//! Each page stores its draft and outbox for each room under its own key in `IndexedDB`, so tabs do not overwrite each other.
//! A page holds the Web Lock of its key while it is in the room. A key whose lock is free belongs to a page that has ended or
//! left the room; a page that starts there, or becomes visible, takes it over while holding that lock. A reloaded page waits
//! for the lock of its predecessor. Messages that are taken over go to the outbox, which sends each once. A draft goes into the
//! field only if the field is empty, so that drafts are never mixed; otherwise it stays stored.
//!
//! Without Web Locks (they need a secure origin) all keys count as free. Two tabs may then send the same message; the back
//! end stores a client's message id once, so the cost is one redundant frame.
//!
//! The person's key and name are in `localStorage`, because they are needed before the first connection and shared by all tabs.
//! If it is blocked, they last as long as the page.

use papo_protocol::session::{Outbox, Pending, saved};
use papo_protocol::{ConnectionId, PersonKey, PersonName, RoomName, Session};
use wasm_bindgen::JsValue;

use crate::browser::{self, database::Database, locks};

/// The prefix of the keys of drafts and outboxes in `room`, and the `sessionStorage` key under which a tab keeps its page's key.
pub fn prefix(room: &RoomName) -> String {
    ["papo.outbox.", room.as_str(), "."].concat()
}

/// The `sessionStorage` key of the connection ids of the tab.
pub const IDS: &str = "papo.ids";

/// The `localStorage` key of the person's key.
const PERSON: &str = "papo.person";

/// The `localStorage` key of the person's name.
const NAME: &str = "papo.name";

/// The storage of one page in one room.
#[derive(Debug, Default)]
pub struct Storage {
    /// The page's key.
    pub key: String,
    /// The text in the composer.
    pub draft: String,
    /// The database, once it is open.
    pub database: Option<Database>,
    /// The lock of the key.
    _lock: Option<locks::Held>,
}

impl Storage {
    /// The storage of a page that enters `room`. It holds the lock of its key. Nothing is written before there is a database.
    pub fn new(room: &RoomName) -> Self {
        let key = prefix(room) + browser::new_message_id().as_str();
        Self {
            _lock: Some(locks::hold(&key)),
            key,
            ..Self::default()
        }
    }

    /// Writes the draft and the outbox. The transaction begins before this returns; the future waits for its end.
    /// `None` without a database.
    pub fn save(
        &self,
        outbox: &Outbox,
    ) -> Option<impl Future<Output = Result<(), JsValue>> + use<>> {
        let written = write(
            self.database.as_ref()?,
            &self.key,
            outbox.entries(),
            &self.draft,
        );
        Some(written)
    }
}

/// Writes what the page leaves to `localStorage`, which is synchronous: a page that is being closed may not live until the
/// end of a transaction.
pub fn write_leaving(storage: &Storage, outbox: &Outbox) {
    if let Some(text) = written(outbox.entries(), &storage.draft) {
        browser::remember(&storage.key, &text);
    }
}

fn written(outbox: &[Pending], draft: &str) -> Option<String> {
    (!outbox.is_empty() || !draft.is_empty()).then(|| {
        let mut text = saved::save(outbox.iter());
        text.push('\n');
        text.push_str(draft);
        text
    })
}

/// Writes what a page leaves under `key`: the outbox in the first line, the draft after it.
pub fn write(
    database: &Database,
    key: &str,
    outbox: &[Pending],
    draft: &str,
) -> impl Future<Output = Result<(), JsValue>> + use<> {
    database.set(key, written(outbox, draft).as_deref())
}

/// The outbox and draft that a page has left under `key`.
pub async fn left(database: &Database, key: &str) -> (Vec<Pending>, String) {
    // The latest write wins.
    let leaving = browser::remembered(key);
    browser::forget(key);
    let text = match leaving {
        Some(text) => text,
        None => database.get(key).await.ok().flatten().unwrap_or_default(),
    };
    let (outbox, draft) = text.split_once('\n').unwrap_or((&text, ""));
    (saved::restore(outbox), draft.to_owned())
}

/// The key of the newest messages of `room`.
fn cache_key(room: &RoomName) -> String {
    ["papo.cache.", room.as_str()].concat()
}

/// Replaces the stored messages of `room` by `cache`, as [`Session::cache`] returned it. An empty one deletes them, because
/// they may contain a text that was deleted.
pub fn keep_cache(database: &Database, room: &RoomName, cache: &str) {
    drop(database.set(&cache_key(room), Some(cache)));
}

/// The messages of `room` that an earlier page kept.
pub async fn cache(database: &Database, room: &RoomName) -> Option<String> {
    database.get(&cache_key(room)).await.ok().flatten()
}

/// The connection ids that this tab has had, newest last.
fn ids() -> impl Iterator<Item = ConnectionId> {
    let text = browser::tab_value(IDS).unwrap_or_default();
    let ids: Vec<_> = text.lines().map(ConnectionId::new).collect();
    ids.into_iter()
}

/// Keeps the connection ids of this tab, so that its messages stay its own after a reload.
pub fn keep_ids(ids: &[ConnectionId]) {
    let mut text = String::new();
    for id in ids {
        text.push_str(id.as_str());
        text.push('\n');
    }
    browser::set_tab_value(IDS, &text);
}

/// A session of this tab and its person.
pub fn session() -> Session {
    let session = Session::default().with_connection_ids(ids());
    match person_key() {
        Some(key) => session.introduced(key, person_name()),
        None => session,
    }
}

/// The key of this browser's person, made on the first visit. `None` where the browser has no random numbers.
fn person_key() -> Option<PersonKey> {
    let kept = browser::remembered(PERSON).and_then(|key| PersonKey::parse(key).ok());
    kept.or_else(|| {
        let key = PersonKey::parse(browser::random_key()?).ok()?;
        browser::remember(PERSON, key.as_str());
        Some(key)
    })
}

/// The name that was chosen in this browser.
pub fn person_name() -> Option<PersonName> {
    PersonName::parse(&browser::remembered(NAME)?).ok()
}

/// Keeps the name for the next visit and the other tabs.
pub fn keep_name(name: &PersonName) {
    browser::remember(NAME, name.as_str());
}
