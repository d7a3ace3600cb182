//! Edits, deletions and reactions: by authors, by others who try, and by a stranger who writes into the log.

use papo_protocol::session::{Content, Effect, Input};
use papo_protocol::{
    Change, ChangeEntry, ClientMessageId, Emoji, MessageText, PersonId, PersonName, Seq, Target,
};

use super::Simulation;
use super::client::Client;
use super::trace::Actor;
use crate::counters::FaultEvent;
use crate::sequence;

/// A person who wrote no message.
const STRANGER: &str = "stranger";

impl Simulation {
    /// Changes a message that the client displays. The session sends the change until it is in the log or refused; sometimes the same
    /// is sent past the session, also for others' messages, which the back end must refuse.
    pub(super) fn change(&mut self, client: usize) {
        let Ok(id) = ClientMessageId::parse(self.new_id("c")) else {
            return;
        };
        let Some((change, only_own)) = self.draw_change(&id) else {
            return;
        };
        let past_session = self.random.u8(0..4) == 0;
        let Some(target) = self.target(client, only_own && !past_session) else {
            return;
        };
        self.counters.count(FaultEvent::ChangeSent);
        let recorder = &mut self.clients[client].recorder;
        recorder.change(id.clone(), !past_session);
        if past_session {
            return self.change_past_session(client, target, change, id);
        }
        self.note(Actor::Client(client), || {
            format!("changes seq {}: {id}", target.of)
        });
        let (content, sent_at) = (Content::Change { target, change }, 0);
        self.input(
            client,
            Input::Send {
                id,
                content,
                sent_at,
            },
        );
    }

    /// What happens to a message, and whether only its author may do it.
    fn draw_change(&mut self, id: &ClientMessageId) -> Option<(Change, bool)> {
        Some(match self.random.u8(0..16) {
            0 => (Change::Delete, true),
            1..=8 => {
                let text = MessageText::parse(format!("edit {id}")).ok()?;
                (Change::Edit(text), true)
            }
            other => {
                let emoji = Emoji::parse(["👍", "🎉"][usize::from(other % 2)]).ok()?;
                let on = self.random.bool();
                (Change::React { emoji, on }, false)
            }
        })
    }

    /// A message that the client displays; often the first one, so that several changes are about one message.
    fn target(&mut self, client: usize, only_own: bool) -> Option<Target> {
        let Client {
            session, recorder, ..
        } = &self.clients[client];
        if only_own && !recorder.history().is_introduced {
            return None;
        }
        let timeline = session.timeline();
        let epoch = timeline.end()?.epoch.clone();
        let segments = timeline.segments();
        let newest = &segments[sequence::newest_log(segments)..];
        let messages = newest.iter().flat_map(|segment| &segment.entries);
        let messages = messages.filter(|entry| entry.own || !only_own);
        let seqs: Vec<Seq> = messages.filter_map(|entry| entry.message.seq).collect();
        let index = if self.random.bool() {
            0
        } else {
            self.random.usize(0..seqs.len().max(1))
        };
        Some(Target {
            of: *seqs.get(index)?,
            epoch: Some(epoch),
        })
    }

    /// Sends the change on the newest connection, sometimes twice. If it is lost, it stays lost.
    fn change_past_session(
        &mut self,
        client: usize,
        target: Target,
        change: Change,
        id: ClientMessageId,
    ) {
        let Some((socket, _)) = self.clients[client].newest() else {
            return;
        };
        let action = change.into_action(target, Some(id));
        for _ in 0..self.random.u8(1..=2) {
            self.carry_out(client, Effect::Send(socket, action.to_json()));
        }
    }

    pub(super) fn rename(&mut self, client: usize) {
        let name = self.new_id("Ana ");
        if let Ok(name) = PersonName::parse(&name) {
            self.note(Actor::Client(client), || format!("is now called {name}"));
            self.input(client, Input::Rename(name));
        }
    }

    /// Puts an edit or a deletion by a stranger into the log of the client's room. No page may apply it.
    pub(super) fn forge(&mut self, client: usize) {
        let room = self.clients[client].room.clone();
        let messages = self.backend.log.current().messages(&room);
        let Some(of) = self
            .random
            .choice(&messages)
            .and_then(|message| message.seq)
        else {
            return;
        };
        let Ok(id) = ClientMessageId::parse(self.new_id("f")) else {
            return;
        };
        let Ok(text) = MessageText::parse(format!("forged {id}")) else {
            return;
        };
        let change = if self.random.u8(0..4) == 0 {
            Change::Delete
        } else {
            Change::Edit(text)
        };
        let change = ChangeEntry {
            client_message_id: Some(id.clone()),
            ..ChangeEntry::new(change.into(), of, 0, PersonId::new(STRANGER))
        };
        let expires_at = self.backend.expires_at(self.now + self.clock_offset);
        let is_written = self.backend.log.forge(&room, change.into(), expires_at);
        self.collect_appended(usize::MAX);
        if is_written {
            self.counters.count(FaultEvent::ChangeForged);
            self.note(Actor::Environment, || {
                format!("a stranger changes seq {of}: {id}")
            });
        }
    }
}
