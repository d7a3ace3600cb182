//! What must not be lost with the page, in the browser's storage: the draft, what was said, and who said it.
//!
//! Every page keeps its draft and its outbox under a name of its own, in the storage that all tabs share and that
//! outlives the browser, so that no tab touches what another one writes. As long as it lives it holds the lock of that name;
//! the browser lets go of it however the page ends. What stands under a name whose lock is free belongs to nobody, and one
//! page takes it over while it holds that lock: a page that begins, or that somebody looks at again. A page that is loaded
//! again waits for what it left itself. Messages go to the outbox, in which they are sent once; a draft goes into an empty
//! field only, so that it is never mixed with another, and waits otherwise.
//!
//! Where a browser has no locks (it has them on every secure origin), all names count as free. Two tabs may then send the
//! same message; the back end writes a name once, so that is no more than a frame too many.

use papo_protocol::ConnectionId;
use papo_protocol::session::{Outbox, Pending, saved};

use crate::browser;

/// The draft and the outbox of a page.
#[derive(Debug, Default)]
pub struct Kept {
    /// Under which it is kept.
    pub name: String,
    /// What is in the field.
    pub draft: String,
}

impl Kept {
    /// Of a new page. Holds its lock from now on.
    pub fn new() -> Self {
        let name = [browser::OUTBOX, browser::new_message_id().as_str()].join(".");
        browser::hold(&name);
        let draft = String::new();
        Self { name, draft }
    }

    /// Keeps the draft, and what is to be sent now.
    pub fn keep(&self, outbox: &Outbox) {
        keep(&self.name, outbox.entries(), &self.draft);
    }
}

/// The outbox stands in the first line, the draft behind it.
fn keep(name: &str, outbox: &[Pending], draft: &str) {
    if outbox.is_empty() && draft.is_empty() {
        browser::forget(name);
    } else {
        let mut text = saved::save(outbox.iter());
        text.push('\n');
        text.push_str(draft);
        browser::remember(name, &text);
    }
}

/// Keeps nothing but a draft under this name.
pub fn keep_draft(name: &str, draft: &str) {
    keep(name, &[], draft);
}

/// What a page has left under its name.
pub fn left(name: &str) -> (Vec<Pending>, String) {
    let text = browser::remembered(name).unwrap_or_default();
    let (outbox, draft) = text.split_once('\n').unwrap_or((&text, ""));
    (saved::restore(outbox), draft.to_owned())
}

/// The ids that this tab has had.
pub fn ids() -> impl Iterator<Item = ConnectionId> {
    let text = browser::kept(browser::IDS).unwrap_or_default();
    let ids: Vec<_> = text.lines().map(ConnectionId::new).collect();
    ids.into_iter()
}

/// Keeps the ids that this tab has had, so that what was said under them stays its own after a reload.
pub fn keep_ids(ids: &[ConnectionId]) {
    let mut text = String::new();
    for id in ids {
        text.push_str(id.as_str());
        text.push('\n');
    }
    browser::keep(browser::IDS, &text);
}
