//! What must not be lost with the page, in the browser's storage: what was said, and who said it.
//!
//! All tabs keep what they have to send in one place, and each touches only what is its own. A tab that is opened sends
//! what it finds there, because the tab that said it may be gone. If it is not, both send; the back end writes a name once,
//! so that is no more than a frame too many.

use papo_protocol::session::{Outbox, Pending, saved};
use papo_protocol::{ClientMessageId, ConnectionId};

use crate::browser;

/// What this tab has put into the storage.
#[derive(Debug, Default)]
pub struct Kept {
    ids: Vec<ClientMessageId>,
}

impl Kept {
    /// Takes over what is there.
    pub fn take_over() -> (Self, Vec<Pending>) {
        let found = found();
        let ids = found.iter().map(|pending| pending.id.clone()).collect();
        (Self { ids }, found)
    }

    /// Keeps what this tab has to send now, and what other tabs have.
    pub fn keep(&mut self, outbox: &Outbox) {
        let mine = outbox.entries();
        let mut others = found();
        others.retain(|it| !self.ids.contains(&it.id) && mine.iter().all(|own| own.id != it.id));
        browser::remember(browser::OUTBOX, &saved::save(others.iter().chain(mine)));
        self.ids = mine.iter().map(|pending| pending.id.clone()).collect();
    }
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

fn found() -> Vec<Pending> {
    browser::remembered(browser::OUTBOX).map_or_else(Vec::new, |text| saved::restore(&text))
}
