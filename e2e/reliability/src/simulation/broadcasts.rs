//! `Fanout=stream`: passes appended entries to the broadcaster, and checks that they reach every open connection.
//!
//! The checker would not notice a broadcast that never happens, because clients catch up from the log. So every entry has
//! a time until which it must have been posted to each connection that was open when it was committed, and still is,
//! unless Lambda gave it up. This holds whatever crashes: the function that appended it, the broadcaster or a deliverer.

use papo_lambdas::fanout::Fanout;
use papo_lambdas::handlers::broadcaster::BatchResponse;
use papo_protocol::{ConnectionId, LogEntry, RoomName, Seq};

use super::safeguard::Safeguard;
use super::stream::Served;
use super::trace::Actor;
use super::{Event, Simulation};
use crate::counters::FaultEvent;
use crate::verdict::{Violation, ViolationKind};

/// The longest interval between two polls of the stream, in milliseconds.
const POLL: u64 = 250;

/// When an entry must have been posted or given up, in milliseconds: its greatest age in the stream, and a round.
const DUE: u64 = 75_000;

/// A message that must be posted.
#[derive(Debug)]
pub(super) struct Due {
    room: RoomName,
    seq: Seq,
    /// The connections that were open when it was committed.
    open: Vec<ConnectionId>,
}

impl Simulation {
    /// Passes on the entries that the invocation `by` appended.
    pub(super) fn collect_appended(&mut self, by: usize) {
        for (room, entry) in self.backend.log.take_appended() {
            if self.plan.fanout == Fanout::Direct {
                continue;
            }
            if let (LogEntry::Message(_), Some(seq)) = (&entry, entry.seq()) {
                let open = self.backend.network.open_in(&room);
                let due = Due {
                    room: room.clone(),
                    seq,
                    open,
                };
                self.at(self.now + DUE, Event::MustBePosted(due));
            }
            if self.without == Some(Safeguard::StreamOfCommits) {
                self.stream.append_on_success(by, room, entry, self.now);
            } else {
                self.stream.append(room, entry, self.now);
            }
        }
        self.poll_stream();
    }

    /// Polls the stream soon, if there is something in it.
    pub(super) fn poll_stream(&mut self) {
        if self.stream.is_due() && !self.is_polling {
            self.is_polling = true;
            let delay = self.random.u64(1..=POLL);
            self.at(self.now + delay, Event::Polls);
        }
    }

    /// Lambda polls the stream, and invokes the broadcaster with what is there.
    pub(super) fn polls(&mut self) {
        self.is_polling = false;
        if !self.stream.is_due() {
            return;
        }
        let batch = self.stream.next_batch(self.now);
        if batch.is_empty() {
            return;
        }
        if self.chance(30) {
            self.counters.count(FaultEvent::RowsUnreadable);
            self.backend.fail_next_page();
        }
        let crashes = self.is_injecting().then(|| self.random.fork());
        let count = batch.len();
        let number = self.backend.broadcast(batch, crashes);
        self.note(Actor::Handler(number), || {
            format!("receives {count} entries of the stream")
        });
        self.soon(Event::Steps(number));
    }

    /// The invocation `number` for a frame has ended.
    pub(super) fn ended(&mut self, number: usize, succeeded: bool) {
        self.stream.ended(number, succeeded);
        self.poll_stream();
    }

    /// The broadcaster has ended. `None`: it crashed.
    pub(super) fn batch_ended(&mut self, number: usize, response: Option<&BatchResponse>) {
        let failure = response.map(|response| response.batch_item_failures.first());
        let served = match failure {
            None => Served::Nothing,
            Some(None) => Served::All,
            Some(Some(failure)) => match failure.item_identifier.parse() {
                Ok(number) => Served::Before(number),
                Err(_) => Served::Nothing,
            },
        };
        self.note(Actor::Handler(number), || format!("has served {served:?}"));
        let served = if self.without == Some(Safeguard::RepeatedBatches) {
            Served::All
        } else {
            served
        };
        if served != Served::All {
            self.counters.count(FaultEvent::BatchRepeated);
        }
        if self.stream.batch_ended(served) {
            self.counters.count(FaultEvent::BatchGivenUp);
            self.note(Actor::Environment, || "gives up the batch".to_owned());
        }
        self.poll_stream();
    }

    /// Checks that a message was posted to every connection that was open all the time.
    pub(super) fn must_be_posted(&mut self, due: &Due) {
        let Due { room, seq, open } = due;
        if self.stream.has_given_up(room, *seq) {
            return;
        }
        let network = &self.backend.network;
        let missing = open
            .iter()
            .find(|id| network.is_open(id) && !network.was_posted(id, *seq));
        if let Some(id) = missing {
            let detail = format!(
                "seq {seq} was never posted to {id}, which is open since before it was appended"
            );
            self.violations
                .push(Violation::new(ViolationKind::Lost, detail));
        }
    }
}
