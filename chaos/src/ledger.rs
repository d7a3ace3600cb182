//! What became of every message: the account that a run is closed with. Pure.
//!
//! Three sources are held against each other: what clients said and took for acknowledged, what the log holds in the end, and
//! what every page has shown. A line on a page that says that messages are missing excuses nothing here: the log keeps all of
//! a run, so whatever a page left out could have been shown.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use papo_protocol::session::{Cut, SendState};
use papo_protocol::{ClientMessageId, Message, Seq};

use crate::record::{Life, Record, Shown};

/// How a run ended, in messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ledger {
    pub(crate) sent: usize,
    pub(crate) acknowledged: usize,
    /// What is not as it should be, the same thing as often as it was seen.
    pub(crate) findings: Vec<Finding>,
}

/// The four things that must not be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// A message is not where it has to be: in the log, or on a page.
    Lost,
    /// A message is somewhere more than once, or was said by nobody.
    Doubled,
    /// Somebody sees another order than the log's, or the log has another one than the person who said it.
    OutOfOrder,
    /// A message is still in an outbox.
    Unresolved,
}

/// One thing that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) fault: Fault,
    /// Which message, by whose account, and what is wrong.
    pub(crate) what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lost => "lost",
            Self::Doubled => "doubled",
            Self::OutOfOrder => "out of order",
            Self::Unresolved => "unresolved",
        })
    }
}

impl Ledger {
    /// Closes the account: `log` is everything that the log holds, in its order.
    pub(crate) fn close(records: &[Record], log: &[Message]) -> Self {
        let mut ledger = Self {
            sent: records.iter().map(|record| record.said.len()).sum(),
            acknowledged: records.iter().map(|record| unique(record).len()).sum(),
            findings: Vec::new(),
        };
        ledger.check_log(records, log);
        for record in records {
            ledger.check_sender(record, log);
            let lives = record.lives.len();
            for (page, life) in record.lives.iter().enumerate() {
                let screen = Screen {
                    of: format!("client {}, page {} of {lives}", record.client + 1, page + 1),
                    is_last: page + 1 == lives,
                };
                ledger.check_life(&screen, life, log);
            }
        }
        ledger
    }

    /// How many findings are of this kind.
    pub(crate) fn count(&self, fault: Fault) -> usize {
        let of_it = |finding: &&Finding| finding.fault == fault;
        self.findings.iter().filter(of_it).count()
    }

    /// Whether nothing is lost, doubled, out of order or unresolved.
    pub(crate) fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    fn find(&mut self, fault: Fault, what: String) {
        self.findings.push(Finding { fault, what });
    }

    /// The log by itself: numbers without a gap, each message once, and nothing that nobody said.
    fn check_log(&mut self, records: &[Record], log: &[Message]) {
        let said: BTreeMap<&str, &str> = records
            .iter()
            .flat_map(|record| &record.said)
            .map(|said| (said.name.as_str(), said.text.as_str()))
            .collect();
        let mut names = BTreeSet::new();
        let mut due = 1;
        for message in log {
            let name = name(message);
            match message.seq {
                Some(seq) if seq >= due => {
                    for missing in due..seq {
                        self.find(
                            Fault::Lost,
                            format!("the log has no number {missing}; {name} has {seq}"),
                        );
                    }
                    due = seq + 1;
                }
                other => {
                    let what = format!("the log has {name} with number {other:?} in place {due}");
                    self.find(Fault::OutOfOrder, what);
                }
            }
            if !names.insert(name) {
                self.find(Fault::Doubled, format!("the log has {name} more than once"));
            }
            match said.get(name) {
                None => self.find(
                    Fault::Doubled,
                    format!("nobody said {name}, and the log has it"),
                ),
                Some(text) if *text != message.message => {
                    self.find(Fault::Lost, format!("the log has another text for {name}"));
                }
                Some(_) => {}
            }
        }
    }

    /// What somebody said: it is in the log or in the outbox, and in the log in the order in which it was said.
    fn check_sender(&mut self, record: &Record, log: &[Message]) {
        let who = record.client + 1;
        let place: BTreeMap<&str, Seq> = log
            .iter()
            .filter_map(|message| Some((name(message), message.seq?)))
            .collect();
        let acknowledged = unique(record);
        let waits = |name: &str| record.left.iter().any(|left| left.id.as_str() == name);
        let mut last = 0;
        for said in &record.said {
            let name = said.name.as_str();
            match place.get(name) {
                Some(seq) if *seq < last => {
                    let what = format!(
                        "client {who} said {name} after another one that has a higher number than {seq}"
                    );
                    self.find(Fault::OutOfOrder, what);
                }
                Some(seq) => last = *seq,
                None if acknowledged.contains(name) => {
                    let what =
                        format!("client {who} has {name} acknowledged, and the log has it not");
                    self.find(Fault::Lost, what);
                }
                None if waits(name) => {}
                None => {
                    let what = format!(
                        "client {who} said {name}, and it is neither in the log nor in the outbox"
                    );
                    self.find(Fault::Lost, what);
                }
            }
        }
        for left in &record.left {
            let name = left.id.as_str();
            let state = match &left.state {
                SendState::Waiting { .. } => "waiting".to_owned(),
                SendState::Sending { .. } => "on its way".to_owned(),
                SendState::Failed(failure) => format!("failed: {failure:?}"),
            };
            let place = place.get(name).map_or_else(
                || "not in the log".to_owned(),
                |seq| format!("number {seq} of the log"),
            );
            self.find(
                Fault::Unresolved,
                format!("client {who} has {name} in the outbox, {state}; it is {place}"),
            );
        }
    }

    /// What a page showed: a part of the log without a gap; if it is there still, up to the log's end.
    fn check_life(&mut self, screen: &Screen, life: &Life, log: &[Message]) {
        let of = &screen.of;
        if life.rewritten > 0 {
            let what = format!(
                "{of}: {} places came to hold something else",
                life.rewritten
            );
            self.find(Fault::OutOfOrder, what);
        }
        let mut seen = BTreeSet::new();
        let mut highest: Option<Seq> = None;
        for shown in life.shown() {
            let message = match shown {
                Shown::Message(entry) => &entry.message,
                Shown::Cut(cut) => {
                    let why = match cut {
                        Cut::Expired => "are not kept any more",
                        Cut::OtherLog => "were in another log",
                    };
                    let what = format!(
                        "{of} says that messages {why} after number {highest:?}, and they are in the log"
                    );
                    self.find(Fault::Lost, what);
                    continue;
                }
            };
            let name = name(message);
            let Some(seq) = message.seq else {
                self.find(
                    Fault::OutOfOrder,
                    format!("{of} shows {name} without a number"),
                );
                continue;
            };
            match at(log, seq) {
                Some(there) if there == message => {}
                Some(there) => {
                    let what = format!(
                        "{of} shows {name} as number {seq}, which is {} in the log",
                        self::name(there)
                    );
                    self.find(Fault::OutOfOrder, what);
                }
                None => self.find(
                    Fault::Lost,
                    format!("{of} shows {name} as number {seq}, and the log has it not"),
                ),
            }
            if !seen.insert(seq) {
                self.find(
                    Fault::Doubled,
                    format!("{of} shows {name}, number {seq}, more than once"),
                );
                continue;
            }
            if let Some(before) = highest {
                if seq < before {
                    self.find(
                        Fault::OutOfOrder,
                        format!("{of} shows {name}, number {seq}, below number {before}"),
                    );
                    continue;
                }
                self.not_shown(of, log, before + 1, seq);
            }
            highest = Some(seq);
        }
        if screen.is_last {
            let end = log
                .last()
                .and_then(|message| message.seq)
                .unwrap_or_default();
            match highest {
                Some(highest) => self.not_shown(of, log, highest + 1, end + 1),
                None if end > 0 => self.find(
                    Fault::Lost,
                    format!("{of} shows nothing, and the log has {end} messages"),
                ),
                None => {}
            }
        }
    }

    /// The numbers from `from` to before `to` are not on the page.
    fn not_shown(&mut self, of: &str, log: &[Message], from: Seq, to: Seq) {
        for seq in from..to {
            let name = at(log, seq).map_or("a message", name);
            self.find(
                Fault::Lost,
                format!("{of} does not show {name}, number {seq}"),
            );
        }
    }
}

/// A page and whose it is.
struct Screen {
    of: String,
    /// Whether it is there still.
    is_last: bool,
}

fn unique(record: &Record) -> BTreeSet<&str> {
    record
        .acknowledged
        .iter()
        .map(ClientMessageId::as_str)
        .collect()
}

fn name(message: &Message) -> &str {
    message
        .client_message_id
        .as_ref()
        .map_or("a message without a name", |id| id.as_str())
}

/// The message with this number.
fn at(log: &[Message], seq: Seq) -> Option<&Message> {
    let index = log.binary_search_by_key(&Some(seq), |message| message.seq);
    index.ok().map(|index| &log[index])
}
