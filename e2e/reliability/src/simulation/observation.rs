//! What a client believes and displays after each step, and the rules that hold at every moment.

use super::client::Client;
use super::trace::Actor;
use super::{Event, Simulation};
use crate::checker;
use crate::recorder::Observation;

/// How long a person looks at a failed message before sending it again, in milliseconds.
const RETRY_BY_HAND: u64 = 5_000;

impl Simulation {
    pub(super) fn observe(&mut self, index: usize) {
        let client = &mut self.clients[index];
        let has_log = client.session.has_log() && !client.is_on_original;
        let observed = client.recorder.observe(&client.session, has_log);
        self.check(index, &observed);
        for id in observed.acknowledged {
            self.note(Actor::Client(index), || format!("has {id} acknowledged"));
        }
        for id in observed.failed {
            let changes = &self.clients[index].recorder.history().changes;
            if changes.contains(&id) {
                // It was refused for good: the message is deleted or unknown, or has another author.
                self.at(self.now, Event::Discards(index, id));
            // Only its author could know whether others have what the original's back end has not confirmed.
            } else if !self.original.sent.contains(&id)
                && self.clients[index].retrying.insert(id.clone())
            {
                self.at(self.now + RETRY_BY_HAND, Event::Retries(index, id));
            }
        }
    }

    /// Applies the rules that hold at every moment.
    fn check(&mut self, index: usize, observed: &Observation) {
        let Client {
            recorder,
            session,
            room,
            ..
        } = &self.clients[index];
        let history = recorder.history();
        let page = checker::Subject::page(index, history.pages.len());
        let displayed = recorder.page().violations().iter().cloned();
        self.violations.extend(displayed.map(|it| it.of(&page)));
        self.violations.extend(checker::attempts(history).err());
        // Broadcasts carry no epoch. After the loss of a table, a page takes the numbers of the new log for those of the old
        // one until it hears of the new epoch; then only the page in the end is compared.
        let end = session.timeline().end().filter(|_| !self.plan.loses_table);
        let violations = self.backend.log.with_written(room, |written| {
            let echoed = &self.original.echoed;
            let ids = observed
                .acknowledged
                .iter()
                .filter(|id| !echoed.contains(*id));
            let ids = ids.filter_map(|id| checker::acknowledged(index, id, written).err());
            let entries = observed.shown.iter().zip(std::iter::repeat(end));
            let entries = entries.filter_map(|(entry, end)| {
                let shown = checker::shown(end?.epoch.as_str(), entry, written).err()?;
                Some(shown.of(&page))
            });
            let gaps = end
                .filter(|_| !observed.shown.is_empty())
                .map(|end| checker::gaps(end.epoch.as_str(), &session.timeline().into(), written));
            let gaps = gaps.into_iter().flatten().map(|it| it.of(&page));
            ids.chain(entries).chain(gaps).collect::<Vec<_>>()
        });
        self.violations.extend(violations);
    }
}
