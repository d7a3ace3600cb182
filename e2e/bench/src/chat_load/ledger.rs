//! Outstanding deliveries: what counts as delivered, lost and duplicated. Pure; times are counted from the start of the run.

#[cfg(test)]
mod tests;

use std::time::Duration;

use super::clients::Clients;
use papagaio::latency::Latency;

/// All sent and delivered messages.
///
/// The recipients of a message are the clients that are connected when it is due. A client that disconnects is an error; its
/// outstanding deliveries are dropped.
#[derive(Debug)]
pub(super) struct Ledger {
    alive: Clients,
    messages: Vec<Message>,
    /// The first message with an outstanding delivery.
    first_open: usize,
    open: usize,
    /// For each client: the number after its latest message.
    newest: Vec<u64>,
    figures: Figures,
}

/// What has happened so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Figures {
    /// Messages that were handed to the system.
    pub(super) sent: u64,
    /// Received frames with messages.
    pub(super) frames: u64,
    /// First deliveries.
    pub(super) deliveries: u64,
    /// Repeated deliveries.
    pub(super) duplicated: u64,
    /// Messages that reached a client after a later one.
    pub(super) out_of_order: u64,
    /// The time of the last delivery.
    pub(super) last_delivery: Duration,
    /// The time from when a message was due until each delivery.
    pub(super) latency: Latency,
    /// The time from when a message was due until it was sent: the part of the latency that this program adds.
    pub(super) lag: Latency,
    /// The time from when a message was due until all recipients had it.
    pub(super) until_all: Latency,
}

#[derive(Debug)]
struct Message {
    intended: Duration,
    /// The clients that have not received it. `None` once it is settled.
    missing: Option<Clients>,
}

impl Ledger {
    /// A ledger for clients 0 to `clients`, none of which is connected.
    pub(super) fn new(clients: usize) -> Self {
        Self {
            alive: Clients::none(clients),
            messages: Vec::new(),
            first_open: 0,
            open: 0,
            newest: vec![0; clients],
            figures: Figures::default(),
        }
    }

    /// Forgets all messages; clients stay connected.
    pub(super) fn begin_run(&mut self) {
        let alive = self.alive.clone();
        *self = Self {
            alive,
            ..Self::new(self.newest.len())
        };
    }

    /// `client` is connected.
    pub(super) fn joined(&mut self, client: usize) {
        self.alive.insert(client);
    }

    /// `client` has disconnected; its outstanding deliveries are dropped.
    pub(super) fn left(&mut self, client: usize) {
        self.alive.remove(client);
        for index in self.first_open..self.messages.len() {
            if let Some(missing) = &mut self.messages[index].missing
                && missing.remove(client)
                && missing.is_empty()
            {
                self.settle(index);
            }
        }
    }

    /// A message is due at `intended`. Returns its number.
    pub(super) fn intend(&mut self, intended: Duration) -> u64 {
        let missing = Some(self.alive.clone());
        self.messages.push(Message { intended, missing });
        self.open += 1;
        self.messages.len() as u64 - 1
    }

    /// Message `number` was handed to the system at `at`.
    pub(super) fn sent(&mut self, number: u64, at: Duration) {
        if let Some((_, message)) = self.message(number) {
            let late = at.saturating_sub(message.intended);
            self.figures.lag.record(late);
            self.figures.sent += 1;
        }
    }

    /// Message `number` was not sent, or refused: it has no recipients.
    pub(super) fn not_sent(&mut self, number: u64) {
        if let Some((index, message)) = self.message(number)
            && message.missing.is_some()
        {
            self.settle(index);
        }
    }

    /// A client received a frame with one or more messages.
    pub(super) fn frame(&mut self) {
        self.figures.frames += 1;
    }

    /// `client` received message `number` at `at`. Returns whether all recipients have it now.
    pub(super) fn delivered(&mut self, client: usize, number: u64, at: Duration) -> bool {
        let Some((index, message)) = self.message(number) else {
            return false;
        };
        let late = at.saturating_sub(message.intended);
        let Some(missing) = message.missing.as_mut().filter(|all| all.contains(client)) else {
            self.figures.duplicated += 1;
            return false;
        };
        missing.remove(client);
        let settled = missing.is_empty();
        self.figures.deliveries += 1;
        self.figures.last_delivery = at;
        self.figures.latency.record(late);
        if let Some(newest) = self.newest.get_mut(client) {
            self.figures.out_of_order += u64::from(number < *newest);
            *newest = (*newest).max(number + 1);
        }
        if settled {
            self.figures.until_all.record(late);
            self.settle(index);
        }
        settled
    }

    fn message(&mut self, number: u64) -> Option<(usize, &mut Message)> {
        let index = usize::try_from(number).ok()?;
        Some((index, self.messages.get_mut(index)?))
    }

    fn settle(&mut self, index: usize) {
        self.messages[index].missing = None;
        self.open -= 1;
        let settled = self.messages[self.first_open..]
            .iter()
            .take_while(|message| message.missing.is_none());
        self.first_open += settled.count();
    }

    /// How many clients are connected.
    pub(super) fn alive(&self) -> usize {
        self.alive.count()
    }

    /// The number of messages with outstanding deliveries.
    pub(super) fn open(&self) -> usize {
        self.open
    }

    /// What has happened so far.
    pub(super) fn figures(&self) -> &Figures {
        &self.figures
    }

    /// The number of outstanding deliveries. At the end of the run, these are lost.
    pub(super) fn undelivered(&self) -> u64 {
        let open = self.messages[self.first_open..].iter();
        open.filter_map(|message| message.missing.as_ref())
            .map(|missing| missing.count() as u64)
            .sum()
    }
}
