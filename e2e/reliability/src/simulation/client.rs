//! One simulated client: the app's session, its sockets, and what survives a reload.

use std::collections::{BTreeSet, HashMap};

use papo_protocol::session::{SocketId, saved};
use papo_protocol::{ClientMessageId, ConnectionId, PersonKey, RoomName, Session};

use super::safeguard::Safeguard;
use crate::recorder::Recorder;

/// One client.
#[derive(Debug)]
pub(crate) struct Client {
    /// The room of all its connections.
    pub(crate) room: RoomName,
    pub(crate) session: Session,
    pub(crate) sockets: HashMap<SocketId, ConnectionId>,
    /// Counts reloads, so that events for the sockets of an earlier page are ignored.
    pub(crate) page: u32,
    /// When the last frame that it sent arrives: a connection delivers frames to API Gateway in order.
    pub(crate) sent_until: u64,
    /// Whether its newest connection is to a back end that knows only the original protocol.
    pub(crate) is_on_original: bool,
    /// Until when its machine is suspended.
    pub(crate) suspended_until: u64,
    /// The messages that went out at least once; used without [`Safeguard::Resend`].
    pub(crate) sent_once: BTreeSet<ClientMessageId>,
    /// Failed messages that the person is about to send again.
    pub(crate) retrying: BTreeSet<ClientMessageId>,
    pub(crate) recorder: Recorder,
    /// The person's secret. A client without one does not introduce itself.
    key: Option<PersonKey>,
    /// The browser's storage.
    storage: String,
    /// The newest messages, as an earlier save found them.
    pub(crate) cache: Option<String>,
    without: Option<Safeguard>,
}

impl Client {
    /// A client whose page is loaded for the first time; `number` is counted from 0.
    pub(crate) fn new(
        number: usize,
        room: RoomName,
        key: Option<PersonKey>,
        without: Option<Safeguard>,
    ) -> Self {
        let session = introduced(Session::default(), key.as_ref());
        let mut recorder = Recorder::new(number);
        if key.is_some() {
            recorder.introduce();
        }
        Self {
            room,
            key,
            session: with_safeguards(session, without),
            sockets: HashMap::new(),
            page: 0,
            sent_until: 0,
            is_on_original: false,
            suspended_until: 0,
            sent_once: BTreeSet::new(),
            retrying: BTreeSet::new(),
            recorder,
            storage: String::new(),
            cache: None,
            without,
        }
    }

    /// Saves the outbox and the newest messages outside the page.
    pub(crate) fn save(&mut self) {
        self.cache = self.session.cache();
        if self.without != Some(Safeguard::SavedOutbox) {
            self.storage = saved::save(self.session.outbox().entries().iter());
        }
    }

    /// Replaces the page by a new one that knows only what was saved. Returns the abandoned sockets.
    pub(crate) fn reload(&mut self, knows_its_ids: bool) -> HashMap<SocketId, ConnectionId> {
        let mut session = Session::with_outbox(saved::restore(&self.storage));
        if knows_its_ids {
            session = session.with_connection_ids(self.session.connection_ids().iter().cloned());
        }
        let session = introduced(session, self.key.as_ref());
        self.session = with_safeguards(session, self.without);
        self.recorder.reload(&self.session);
        self.page += 1;
        std::mem::take(&mut self.sockets)
    }

    /// The newest connection.
    pub(crate) fn newest(&self) -> Option<(SocketId, ConnectionId)> {
        let newest = self.sockets.iter().max_by_key(|(socket, _)| **socket);
        newest.map(|(socket, id)| (*socket, id.clone()))
    }
}

fn introduced(session: Session, key: Option<&PersonKey>) -> Session {
    match key {
        Some(key) => session.introduced(key.clone(), None),
        None => session,
    }
}

fn with_safeguards(session: Session, without: Option<Safeguard>) -> Session {
    match without.and_then(Safeguard::of_session) {
        Some(safeguard) => session.without(safeguard),
        None => session,
    }
}
