//! What has to hold: for each page at every moment, and for everybody in the end.

use papo_protocol::session::{Cut, Timeline};
use papo_protocol::{Message, Seq};

use crate::client::Client;
use crate::ledger::{Fault, Ledger};
use crate::stepwise::StepwiseLog;
use crate::weather::Weather;

/// How often a client may try to connect within a minute. Back-off alone allows some ten in bad luck; looking at the page
/// and loading it again add a few.
const ATTEMPTS_A_MINUTE: usize = 20;

/// Something that is not as it has to be.
type Fact = (Fault, String);

/// A page at any moment: the numbers of a log in their order, a line wherever some are missing and nowhere else, and nothing
/// that was never in the log.
///
/// Messages carry numbers and no epoch. When a table was lost, a page takes them for those of its old log until it hears
/// of the new one, so it is held to the name of its log only if it `knows_its_log`.
pub(crate) fn page(
    of: usize,
    timeline: &Timeline,
    log: &StepwiseLog,
    knows_its_log: bool,
) -> Result<(), Fact> {
    let of = of + 1;
    let segments = timeline.segments();
    let newest = segments
        .iter()
        .rposition(|segment| segment.cut == Some(Cut::OtherLog))
        .unwrap_or_default();
    let mut before: Option<Seq> = None;
    for (index, segment) in segments.iter().enumerate() {
        if segment.cut == Some(Cut::OtherLog) {
            before = None;
        }
        let mut is_below_line = segment.cut.is_some();
        for entry in &segment.entries {
            let message = &entry.message;
            let text = &message.message;
            let Some(seq) = message.seq else {
                let what = format!("client {of} shows {text} without a number");
                return Err((Fault::OutOfOrder, what));
            };
            match before {
                Some(before) if seq <= before => {
                    let fault = if seq == before {
                        Fault::Doubled
                    } else {
                        Fault::OutOfOrder
                    };
                    let what =
                        format!("client {of} shows {text}, number {seq}, below number {before}");
                    return Err((fault, what));
                }
                Some(before) if seq > before + 1 && !is_below_line => {
                    let what = format!(
                        "client {of} shows {text}, number {seq}, right below number {before}, as if nothing was missing"
                    );
                    return Err((Fault::Lost, what));
                }
                Some(before) if seq == before + 1 && is_below_line => {
                    let what = format!(
                        "client {of} says that something is missing between {text}, number {seq}, and the number before it"
                    );
                    return Err((Fault::Lost, what));
                }
                _ => before = Some(seq),
            }
            is_below_line = false;
            let end = timeline.end().filter(|_| index >= newest && knows_its_log);
            let there = end.and_then(|end| log.ever_at(&(end.epoch.as_str().to_owned(), seq)));
            if end.is_some() && there.as_ref().map(|there| &there.message) != Some(text) {
                let there = there.map_or("nothing".to_owned(), |there| there.message);
                let what =
                    format!("client {of} shows {text} as number {seq}, where the log has {there}");
                return Err((Fault::OutOfOrder, what));
            }
        }
    }
    Ok(())
}

/// How often this client tries.
pub(crate) fn attempts(of: usize, client: &Client) -> Result<(), Fact> {
    let times = client.attempts.len();
    if times <= ATTEMPTS_A_MINUTE {
        return Ok(());
    }
    let what = format!(
        "client {} has tried to connect {times} times within a minute",
        of + 1
    );
    Err((Fault::Restless, what))
}

/// Everybody in the end.
pub(crate) fn end(
    clients: &[Client],
    log: &[Message],
    ever: &StepwiseLog,
    weather: &Weather,
    ledger: &mut Ledger,
) {
    let is_whole = !weather.loses_table && !weather.forgets;
    for pair in log.windows(2) {
        if pair[1].seq != pair[0].seq.map(|seq| seq + 1) {
            let what = format!("the log has a gap above number {:?}", pair[0].seq);
            ledger.find(Fault::Lost, what);
        }
    }
    for (of, client) in clients.iter().enumerate() {
        for id in &client.said {
            let count = log.iter().filter(|it| it.message == id.as_str()).count();
            let was_there = ever.ever_had(id.as_str());
            if count > 1 {
                ledger.find(Fault::Doubled, format!("{id} is {count} times in the log"));
            } else if !was_there || (count == 0 && is_whole) {
                ledger.find(Fault::Lost, format!("{id} is not in the log"));
            }
        }
        // What expires between two tries is another message after it, and may have been overtaken.
        if !weather.forgets {
            own_order(of, client, log, ledger);
        }
        outbox(of, client, ledger);
        last_page(of, client, log, is_whole, ledger);
        if let Err((fault, what)) = page(of, client.session.timeline(), ever, true) {
            ledger.find(fault, what);
        }
    }
}

/// What somebody said stands in the log in the order in which it was said.
fn own_order(of: usize, client: &Client, log: &[Message], ledger: &mut Ledger) {
    let place = |text: &str| log.iter().position(|it| it.message == text);
    let said = client.said.iter().filter(|id| !client.failed.contains(*id));
    let places = said.filter_map(|id| Some((id, place(id.as_str())?)));
    let places: Vec<_> = places.collect();
    for pair in places.windows(2) {
        if pair[1].1 < pair[0].1 {
            let what = format!(
                "client {} said {} before {}, and the log has it after",
                of + 1,
                pair[0].0,
                pair[1].0
            );
            ledger.find(Fault::OutOfOrder, what);
        }
    }
}

fn outbox(of: usize, client: &Client, ledger: &mut Ledger) {
    for pending in client.session.outbox().entries() {
        let what = format!(
            "client {} still has {} to send: {:?}",
            of + 1,
            pending.id,
            pending.state
        );
        ledger.find(Fault::Unresolved, what);
    }
}

/// The page shows the log to its end, and from its beginning unless something was removed from it.
fn last_page(of: usize, client: &Client, log: &[Message], is_whole: bool, ledger: &mut Ledger) {
    let timeline = client.session.timeline();
    let (end, head) = (
        timeline.end().map_or(0, |end| end.seq),
        log.last().and_then(|last| last.seq),
    );
    let of = of + 1;
    // What has expired leaves the log's last number behind, which nobody can see here.
    if head.is_some_and(|head| end < head) {
        let what =
            format!("client {of} shows the log up to number {end}, and it goes on to {head:?}");
        ledger.find(Fault::Lost, what);
    }
    if is_whole {
        let shown: Vec<&str> = timeline
            .entries()
            .map(|entry| entry.message.message.as_str())
            .collect();
        let said: Vec<&str> = log.iter().map(|it| it.message.as_str()).collect();
        if timeline.segments().len() > 1 {
            ledger.find(
                Fault::Lost,
                format!("client {of} says that something is missing, and nothing is"),
            );
        }
        if shown != said {
            let what = format!("client {of} shows {shown:?}, the log has {said:?}");
            ledger.find(Fault::Lost, what);
        }
    }
}
