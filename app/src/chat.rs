//! The session in the browser.
//!
//! - [`conversation`]: the hook that starts the session and re-renders the page when it changes.
//! - [`driver`]: carries out the session's effects: sockets, timers, storage.
//! - [`storage`]: data that survives the page: drafts, unacknowledged messages and the person.
//! - [`draft`]: access to the composer's text field for the rest of the app.
//! - [`room`]: the room of the page, and the rooms visited before.

pub mod conversation;
pub mod draft;
pub mod driver;
pub mod room;
pub mod storage;

use std::cell::{Ref, RefCell};
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

use papo_protocol::session::{Content, Entry, Input};
use papo_protocol::{RoomName, Session};
use yew::prelude::*;

use crate::browser;
use crate::i18n::Language;

/// A message of the timeline. Compared by identity, as the timeline replaces an entry that changes.
#[derive(Clone, Debug)]
pub struct SharedEntry(pub Arc<Entry>);

impl PartialEq for SharedEntry {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Deref for SharedEntry {
    type Target = Entry;

    fn deref(&self) -> &Entry {
        &self.0
    }
}

/// The message that the composer's text is about.
#[derive(Clone, Debug, PartialEq)]
pub enum About {
    /// The text replies to it.
    Reply(SharedEntry),
    /// The text replaces its own.
    Edit(SharedEntry),
}

/// What every part of the page is given: the session's state, a way to feed it, and the language.
///
/// Passed down as an argument rather than as a context, because nearly every part needs all of it.
#[derive(Clone, Debug, Properties)]
pub struct Chat {
    /// The session, which its driver changes. See [`session`](Self::session).
    pub session: Rc<RefCell<Session>>,
    /// Counts the states of the session that were shown, so that comparing is cheap.
    pub revision: u32,
    /// The room of the session.
    pub room: RoomName,
    /// Feeds the session.
    pub inputs: Callback<Input>,
    /// Called with the composer's text whenever it changes.
    pub drafts: Callback<String>,
    /// The message that the composer's text replies to or edits, if any.
    pub about: Option<About>,
    /// Changes what the composer's text is about.
    pub onabout: Callback<Option<About>>,
    /// Whether drafts and unsent messages survive the page.
    pub keeps: bool,
    /// Whether the person has signed in, and can sign out.
    pub is_signed_in: bool,
    /// The language of the page.
    pub language: Language,
}

impl Chat {
    /// The session. Must not be held while feeding it.
    pub fn session(&self) -> Ref<'_, Session> {
        self.session.borrow()
    }

    /// Sends a message, or a change of one.
    pub fn send(&self, content: impl Into<Content>) {
        self.inputs.emit(Input::Send {
            id: browser::new_message_id(),
            content: content.into(),
            sent_at: browser::now(),
        });
    }
}

impl PartialEq for Chat {
    /// Sessions are compared by identity and revision.
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.session, &other.session)
            && self.revision == other.revision
            && self.room == other.room
            && self.language == other.language
            && self.keeps == other.keeps
            && self.is_signed_in == other.is_signed_in
            && self.about == other.about
            && self.inputs == other.inputs
            && self.drafts == other.drafts
    }
}
