//! Sends frames to every connection of a room.
//!
//! Decides the order: the sender first, whose copy is its acknowledgement; then the other connections, page by page, where
//! the next page is read while the previous one's posts are under way. [`crate::deliverer`] handles a single connection.
//! Only a connection that is gone loses its row. [`Frames`] has what each kind of client receives.

mod frames;
mod report;

use std::future::Future;
use std::time::Duration;

use futures::{Stream, StreamExt, stream};
use jiff::Timestamp;
use papo_protocol::{ConnectionId, RoomName};

use crate::clock::{Clock, timeout};
use crate::connections::{DeleteConnection, ListRoom, Listed};
use crate::deliverer::{BROADCAST, Deliverer};
use crate::error::StoreError;
use crate::management::{Close, Post, PostError};

pub use frames::Frames;
use report::Outcome;
pub use report::{Interruption, Report};

/// Rows per page.
///
/// Small enough for the first posts to start after a few milliseconds, large enough for reading (about 10 ms a page) to
/// stay ahead of posting. Pages are free: DynamoDB bills by the bytes read.
pub(crate) const PAGE_ROWS: u16 = 256;

/// How many deliveries exist at the same time: under way, slow, or waiting for a retry or a slot.
///
/// Each may hold a socket, and Lambda gives a process 1,024 file descriptors (quotas in the Lambda Developer Guide).
const OUTSTANDING: usize = 512;

/// What all broadcasts have in common, apart from their recipients.
#[derive(Debug)]
pub struct Broadcast<'a, S, G, C> {
    /// The connection rows.
    pub connections: &'a S,
    /// Sends the frames.
    pub deliverer: &'a Deliverer<'a, G, C>,
    /// What is sent.
    pub frames: &'a Frames,
    /// The time of the request; connections that are still opening at that time keep their rows.
    pub now: Timestamp,
    /// When the broadcast ends early.
    pub time_left: Duration,
}

impl<S: DeleteConnection, G: Post + Close, C: Clock> Broadcast<'_, S, G, C> {
    /// Sends the frames to `sender`, if there is one, and to every other connection of `room`.
    ///
    /// Never fails as a whole; see [`Report`].
    pub fn to_room(
        &self,
        room: &RoomName,
        sender: Option<Listed>,
    ) -> impl Future<Output = Report> + Send
    where
        S: ListRoom,
    {
        self.to_rows(all_rows(self.connections, room, PAGE_ROWS), sender)
    }

    /// The same for the connections of `rows`.
    pub(crate) async fn to_rows(
        &self,
        rows: impl Stream<Item = Result<Listed, StoreError>> + Send,
        sender: Option<Listed>,
    ) -> Report {
        let mut report = Report::default();
        let mut started = usize::from(sender.is_some());
        let sender_id = sender.as_ref().map(|row| row.connection_id.clone());
        let everyone = async {
            let others = rows.filter(|row| {
                let is_sender =
                    matches!(row, Ok(row) if Some(&row.connection_id) == sender_id.as_ref());
                std::future::ready(!is_sender)
            });
            let others = others
                .inspect(|row| started += usize::from(row.is_ok()))
                .map(|row| async { Ok::<_, StoreError>(self.to_row(&row?).await) })
                .buffer_unordered(OUTSTANDING);
            let own = stream::iter(&sender).then(async |row| Ok(self.to_row(row).await));
            // `select` polls its first stream first, so the sender's request starts before all others.
            let mut outcomes = std::pin::pin!(stream::select(own, others));
            while let Some(outcome) = outcomes.next().await {
                match outcome {
                    Ok(outcome) => report.count(outcome),
                    Err(error) => report.interrupted = Some(error.into()),
                }
                if report.most_failed() {
                    report.interrupted = Some(Interruption::MostFailed);
                    break;
                }
            }
        };
        let in_time = timeout(self.deliverer.clock(), self.time_left, everyone).await;
        report.failed += started - report.reached - report.skipped - report.gone - report.failed;
        if in_time.is_none() {
            report.interrupted.get_or_insert(Interruption::Deadline);
        }
        report
    }

    async fn to_row(&self, row: &Listed) -> Outcome {
        deliver(self.connections, self.deliverer, self.frames, row, self.now).await
    }
}

/// Every row of the room, in pages of `page_rows`, each read when it is needed. Ends after the first error.
pub(crate) fn all_rows(
    connections: &impl ListRoom,
    room: &RoomName,
    page_rows: u16,
) -> impl Stream<Item = Result<Listed, StoreError>> {
    enum Next {
        First,
        After(ConnectionId),
        End,
    }
    stream::unfold(Next::First, move |next| async move {
        let after = match next {
            Next::First => None,
            Next::After(id) => Some(id),
            Next::End => return None,
        };
        Some(match connections.room_page(room, page_rows, after).await {
            Ok(page) => {
                let rows = page.rows.into_iter().map(Ok).collect::<Vec<_>>();
                (rows, page.next.map_or(Next::End, Next::After))
            }
            Err(error) => (vec![Err(error)], Next::End),
        })
    })
    .flat_map(stream::iter)
}

/// Posts `frames` to one connection, one after the other, up to the first that fails. Deletes the row of a closed one.
pub(crate) async fn deliver<G: Post + Close, C: Clock>(
    connections: &impl DeleteConnection,
    deliverer: &Deliverer<'_, G, C>,
    frames: &Frames,
    row: &Listed,
    now: Timestamp,
) -> Outcome {
    let to = &row.connection_id;
    if row.token_has_expired(now) {
        tracing::info!(
            to = to.as_str(),
            "closing a connection whose token has expired"
        );
        let _ = deliverer.close(to).await;
        return Outcome::Gone;
    }
    let frames = frames.for_client(row.person.is_some());
    if frames.is_empty() {
        return Outcome::Skipped;
    }
    let mut outcome = Ok(());
    for frame in frames {
        outcome = deliverer.deliver(to, frame, BROADCAST).await;
        if outcome.is_err() {
            break;
        }
    }
    match outcome {
        Ok(()) => Outcome::Reached,
        Err(PostError::Gone) => {
            if !row.may_be_opening(now) {
                tracing::debug!(to = to.as_str(), "deleting the row of a closed connection");
                if let Err(error) = connections.delete(to).await {
                    tracing::warn!(to = to.as_str(), %error, "could not delete the row of a closed connection");
                }
            }
            Outcome::Gone
        }
        Err(error) => {
            tracing::debug!(to = to.as_str(), %error, "a connection was not reached");
            deliverer.close_if_refusing(to, &error).await;
            Outcome::Failed(error)
        }
    }
}
