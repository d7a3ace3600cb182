//! A back end that knows only the original protocol: it broadcasts what it receives and keeps nothing.
//!
//! It replaces ours for part of some runs. A session may then send a message only once, because a repetition would be another
//! message, and only the echo counts as an acknowledgement. When our back end returns, the session must not repeat messages
//! that others may have received.

use std::collections::BTreeSet;

use papo_protocol::{Action, ClientMessageId, ConnectionId};
use serde_json::{Value, json};

use super::trace::Actor;
use super::{Event, Simulation};
use crate::checker::Subject;
use crate::counters::FaultEvent;
use crate::verdict::{Violation, ViolationKind};

/// The messages that were sent to this back end.
#[derive(Debug, Default)]
pub(super) struct Original {
    /// Whether it has replaced ours.
    pub(super) is_used: bool,
    /// The connections to it, including closed ones.
    pub(super) connections: BTreeSet<ConnectionId>,
    /// The messages that were sent on them.
    pub(super) sent: BTreeSet<ClientMessageId>,
    /// The messages that were posted to their senders.
    pub(super) echoed: BTreeSet<ClientMessageId>,
    messages: u64,
}

impl Simulation {
    /// Replaces one back end by the other, which closes all connections.
    pub(super) fn replace_backend(&mut self, by_original: bool) {
        self.counters.count(FaultEvent::BackendReplaced);
        self.note(Actor::Environment, || {
            let name = if by_original { "the original's" } else { "our" };
            format!("{name} back end is deployed")
        });
        self.stop_backend();
        self.original.is_used = by_original;
        for id in self.backend.network.all_open() {
            self.backend.network.close(&id);
        }
        for client in 0..self.clients.len() {
            let page = self.clients[client].page;
            let sockets: Vec<_> = self.clients[client].sockets.keys().copied().collect();
            for socket in sockets {
                self.soon(Event::Closed(client, page, socket));
            }
        }
    }

    /// Handles a frame as the original does.
    pub(super) fn original_receives(&mut self, from: &ConnectionId, frame: &str) {
        let network = &self.backend.network;
        if !network.is_open(from) {
            return;
        }
        let action: Value = serde_json::from_str(frame).unwrap_or_default();
        match action["action"].as_str() {
            Some("connected") => {
                let connected = json!({ "type": "connected", "connectionId": from.as_str() });
                network.put(from, &connected.to_string());
            }
            Some("sendMessage") => self.original_broadcasts(from, &action),
            _ => network.put(from, &error("Forbidden", from)),
        }
        self.deliver();
    }

    fn original_broadcasts(&mut self, from: &ConnectionId, action: &Value) {
        self.original.messages += 1;
        let message = json!({
            "connectionId": from.as_str(),
            "message": action["message"],
            "messageId": format!("o{}", self.original.messages),
            "requestTimeEpoch": self.now,
        });
        let open = self.backend.network.all_open();
        let crashes_after = self.chance(25).then(|| self.random.usize(0..=open.len()));
        let network = &self.backend.network;
        for to in open.iter().take(crashes_after.unwrap_or(open.len())) {
            network.put(to, &message.to_string());
            if to == from {
                let id = action["clientMessageId"].as_str();
                let id = id.and_then(|id| ClientMessageId::parse(id).ok());
                self.original.echoed.extend(id);
            }
        }
        if crashes_after.is_some() {
            self.counters.count(FaultEvent::HandlerCrashed);
            network.put(from, &error("Internal server error", from));
        }
    }

    /// Checks that a message is sent to the original's back end once, and never again after that.
    pub(super) fn check_sent_once(&mut self, client: usize, on: &ConnectionId, frame: &str) {
        let Ok(Action::SendMessage {
            client_message_id: Some(id),
            ..
        }) = Action::parse(frame)
        else {
            return;
        };
        let original = &mut self.original;
        let was_sent = if original.connections.contains(on) {
            !original.sent.insert(id.clone())
        } else {
            original.sent.contains(&id)
        };
        if was_sent {
            let detail = format!(
                "{} sends {id} again, which the original's back end may have broadcast",
                Subject::client(client)
            );
            let violation = Violation::new(ViolationKind::Duplicated, detail);
            self.violations.push(violation);
        }
    }
}

/// API Gateway's error frame.
fn error(message: &str, to: &ConnectionId) -> String {
    json!({ "message": message, "connectionId": to.as_str(), "requestId": "r" }).to_string()
}
