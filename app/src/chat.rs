//! The session in the browser.
//!
//! - [`running`]: starts the session, and keeps the page up to date with it.
//! - [`driver`]: carries out what the session decides.
//! - [`kept`]: what was typed and must not be lost, and which tab it belongs to.
//! - [`grouping`]: which messages stand together, under which day.

pub mod driver;
pub mod grouping;
pub mod kept;
pub mod running;

use std::rc::Rc;

use papo_protocol::{ClientMessageId, MessageText, Session};
use yew::prelude::*;

use crate::i18n::Language;

/// What every part of the page is given: the session as it is now, how to talk to it, and in which language.
///
/// Handed down as a property and not as a context: there are few parts, nearly all of them need it, and a context costs
/// more of the download than they do.
#[derive(Clone, Debug, Properties)]
pub struct Chat {
    /// The session as it is now.
    pub session: Rc<Session>,
    /// How to talk to the session.
    pub commands: Callback<Command>,
    /// The language of the page.
    pub language: Language,
}

impl PartialEq for Chat {
    /// Two sessions are equal if they are the same one, so comparing costs nothing.
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.session, &other.session)
            && self.language == other.language
            && self.commands == other.commands
    }
}

/// Something that the person wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Say this to everybody.
    Say(MessageText),
    /// Send a failed message after all.
    SayAgain(ClientMessageId),
    /// Give a failed message up.
    Discard(ClientMessageId),
    /// Try to connect now.
    TryNow,
    /// The problem has been read.
    Dismiss,
    /// This is in the field now.
    Write(String),
    /// Show what was said earlier.
    Earlier,
}
