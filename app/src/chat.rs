//! The session in the browser.
//!
//! - [`provider`]: gives the session to the page, and the page's wishes to the session.
//! - [`driver`]: carries out what the session decides.
//! - [`grouping`]: which messages stand together, under which day.

pub mod driver;
pub mod grouping;
pub mod provider;

use std::rc::Rc;

use papo_protocol::{ClientMessageId, MessageText, Session};
use yew::prelude::*;

/// The session as it is now. Two are equal if they are the same one, so comparing costs nothing.
#[derive(Clone, Debug)]
pub struct Snapshot(pub Rc<Session>);

impl PartialEq for Snapshot {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// Something that the person wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Say this to everybody.
    Say(MessageText),
    /// Say a failed message again.
    SayAgain(ClientMessageId),
    /// Give a failed message up.
    Discard(ClientMessageId),
    /// Try to connect now.
    TryNow,
    /// The problem has been read.
    Dismiss,
}

/// How to talk to the session. Never changes, so whoever only talks is never rendered again for it.
pub type Commands = Callback<Command>;

/// The session as it is now.
#[hook]
pub fn use_session() -> Rc<Session> {
    use_context::<Snapshot>()
        .map(|snapshot| snapshot.0)
        .unwrap_or_default()
}

/// How to talk to the session.
#[hook]
pub fn use_commands() -> Commands {
    use_context::<Commands>().unwrap_or_else(Callback::noop)
}
