//! One person's page: the session of the app, its sockets, and what survives a reload.

use std::collections::{BTreeSet, HashMap, VecDeque};

use papo_protocol::session::{Pending, SocketId, saved};
use papo_protocol::{ClientMessageId, ConnectionId, Session};

use crate::safeguard::Safeguard;

/// One client.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) session: Session,
    pub(crate) sockets: HashMap<SocketId, ConnectionId>,
    /// Counts reloads. What happens to the sockets of an earlier page is nobody's concern.
    pub(crate) page: u32,
    /// When the last frame that it sent arrives: frames of a connection do not overtake one another on their way up.
    pub(crate) sent_until: u64,
    /// Until when its machine sleeps.
    pub(crate) sleeps_until: u64,
    /// What it said, in that order.
    pub(crate) said: Vec<ClientMessageId>,
    /// What was sent under which name, for whoever sends nothing twice.
    pub(crate) sent: BTreeSet<ClientMessageId>,
    /// What has failed, and so lets later messages pass.
    pub(crate) failed: BTreeSet<ClientMessageId>,
    /// What has failed and is about to be sent again.
    pub(crate) thinking_about: BTreeSet<ClientMessageId>,
    /// When it tried to connect, as far back as counts.
    pub(crate) attempts: VecDeque<u64>,
    /// The last revision of the timeline that was checked.
    pub(crate) checked: Option<u64>,
    /// The browser's storage.
    storage: String,
    without: Option<Safeguard>,
}

impl Client {
    pub(crate) fn new(without: Option<Safeguard>) -> Self {
        Self {
            session: with_safeguards(Session::default(), without),
            sockets: HashMap::new(),
            page: 0,
            sent_until: 0,
            sleeps_until: 0,
            said: Vec::new(),
            sent: BTreeSet::new(),
            failed: BTreeSet::new(),
            thinking_about: BTreeSet::new(),
            attempts: VecDeque::new(),
            checked: None,
            storage: String::new(),
            without,
        }
    }

    /// Keeps the outbox where it outlives the page.
    pub(crate) fn save(&mut self) {
        if self.without != Some(Safeguard::SavedOutbox) {
            self.storage = saved::save(self.session.outbox().entries().iter());
        }
    }

    /// The page goes, with all that is not kept, and comes back. The sockets that it leaves behind.
    pub(crate) fn reload(&mut self, knows_its_ids: bool) -> HashMap<SocketId, ConnectionId> {
        let mut session = Session::with_outbox(saved::restore(&self.storage));
        if knows_its_ids {
            session = session.known_as(self.session.ids().iter().cloned());
        }
        self.session = with_safeguards(session, self.without);
        self.page += 1;
        self.checked = None;
        std::mem::take(&mut self.sockets)
    }

    /// Its newest connection.
    pub(crate) fn newest(&self) -> Option<(SocketId, ConnectionId)> {
        let newest = self.sockets.iter().max_by_key(|(socket, _)| **socket);
        newest.map(|(socket, id)| (*socket, id.clone()))
    }

    /// The messages that are not in the log as far as it knows.
    pub(crate) fn waiting(&self) -> Vec<ClientMessageId> {
        let entries = self.session.outbox().entries().iter();
        entries.map(|Pending { id, .. }| id.clone()).collect()
    }
}

fn with_safeguards(session: Session, without: Option<Safeguard>) -> Session {
    match without.and_then(Safeguard::of_session) {
        Some(safeguard) => session.without(safeguard),
        None => session,
    }
}
