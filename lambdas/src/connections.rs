//! The table of open connections, one row each.
//!
//! One trait per operation, so that a handler's signature says what it may touch. Defines the row and the contract of each
//! operation. [`dynamodb`] implements them on a table, [`memory`] in a map; `tests/suite/connections_contract.rs` holds
//! both to the same contract.

pub mod dynamodb;

pub mod memory;

use std::future::Future;

use jiff::{SignedDuration, Timestamp};
use papo_protocol::limits::{CONNECTION_LIFE_SECONDS, ROW_MARGIN_SECONDS};
use papo_protocol::{ConnectionId, Person, RoomName};

use crate::authorizer::token;
use crate::error::StoreError;

/// How long after `$connect` a 410 does not yet prove that a connection is closed.
///
/// Until `$connect` has returned, `@connections` answers 410 for a connection whose row exists already ("Gone" in the AWS
/// re:Post knowledge centre). API Gateway waits for an integration for at most 29 s (quotas in the Developer Guide).
pub(crate) const OPENING: SignedDuration = SignedDuration::from_secs(30);

/// A connection row, as `$connect` writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The key.
    pub connection_id: ConnectionId,
    /// The room that the connection is in.
    pub room: RoomName,
    /// When the connection was opened.
    pub connected_at: Timestamp,
    /// When DynamoDB may delete the row, in seconds since 1970.
    pub expires_at: i64,
    /// When the client's token expires, in seconds since 1970. `None` for anonymous clients.
    pub token_expires_at: Option<i64>,
}

impl Row {
    /// The row of a connection to `room` that was opened at `connected_at`.
    pub fn new(connection_id: ConnectionId, room: RoomName, connected_at: Timestamp) -> Self {
        let life = CONNECTION_LIFE_SECONDS + ROW_MARGIN_SECONDS;
        Self {
            connection_id,
            room,
            connected_at,
            expires_at: connected_at.as_second().saturating_add_unsigned(life),
            token_expires_at: None,
        }
    }
}

/// The part of a row that a listing returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The key.
    pub connection_id: ConnectionId,
    /// When the connection was opened. `None` if the row was not written by `$connect`.
    pub connected_at: Option<Timestamp>,
    /// When the client's token expires, in seconds since 1970. `None` for anonymous clients.
    pub token_expires_at: Option<i64>,
    /// Who it is, if the client has introduced itself.
    pub person: Option<Person>,
}

impl Listed {
    /// Whether the client's token has expired at `now`.
    pub fn token_has_expired(&self, now: Timestamp) -> bool {
        self.token_expires_at
            .is_some_and(|at| token::has_expired(at, now.as_second()))
    }

    /// Whether the connection may still be opening at `now`, so that 410 does not prove that it is closed.
    ///
    /// A row without a time is treated as old.
    pub(crate) fn may_be_opening(&self, now: Timestamp) -> bool {
        self.connected_at
            .is_some_and(|since| now.duration_since(since) < OPENING)
    }
}

/// A page of rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The rows, in no particular order.
    pub rows: Vec<Listed>,
    /// Where the next page starts. `None` after the last page. An empty page need not be the last one.
    pub next: Option<ConnectionId>,
}

/// Writes rows.
pub trait PutConnection: Sync {
    /// Writes `row`; replaces the row with the same id.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; the row may have been written nevertheless.
    fn put(&self, row: &Row) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Deletes rows.
pub trait DeleteConnection: Sync {
    /// Deletes the row of `id` and returns it. Succeeds if there is none.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; the row may have been deleted nevertheless.
    fn delete(
        &self,
        id: &ConnectionId,
    ) -> impl Future<Output = Result<Option<Member>, StoreError>> + Send;
}

/// The part of a row that the handlers of frames need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The room that the connection is in.
    pub room: RoomName,
    /// Who it is, if the client has introduced itself.
    pub person: Option<Person>,
}

/// Finds a connection.
pub trait FindConnection: Sync {
    /// The row of `id`. `None` if it has none. Sees every row that was written before.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    fn find(
        &self,
        id: &ConnectionId,
    ) -> impl Future<Output = Result<Option<Member>, StoreError>> + Send;
}

/// Records who is at the other end of a connection.
pub trait Introduce: Sync {
    /// Writes `person` to the row of `id`. Does nothing if there is none.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; the person may have been written nevertheless.
    fn introduce(
        &self,
        id: &ConnectionId,
        person: &Person,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Lists the rows of one room.
pub trait ListRoom: Sync {
    /// Reads at most `limit` rows of `room`, from the beginning or after [`Page::next`] of the previous page.
    ///
    /// The rows come from an index that lags behind the table, by less than a second as a rule: a connection that has just
    /// been opened may be missing, one that has just been closed may be listed. A client that misses a message that way
    /// notices at the next `seq` or head.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    fn room_page(
        &self,
        room: &RoomName,
        limit: u16,
        after: Option<ConnectionId>,
    ) -> impl Future<Output = Result<Page, StoreError>> + Send;
}

/// Lists the rows of all rooms.
pub trait ListConnections: Sync {
    /// Reads at most `limit` rows, from the beginning or after [`Page::next`] of the previous page.
    ///
    /// A row that exists from before the first page is read until after the last is on exactly one page.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    fn page(
        &self,
        limit: u16,
        after: Option<ConnectionId>,
    ) -> impl Future<Output = Result<Page, StoreError>> + Send;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn only_a_recent_connection_may_be_opening() {
        let row = |connected_at| Listed {
            connection_id: ConnectionId::new("a="),
            connected_at,
            token_expires_at: None,
            person: None,
        };
        assert!(row(Some(at(100))).may_be_opening(at(129)));
        assert!(!row(Some(at(100))).may_be_opening(at(130)));
        assert!(row(Some(at(100))).may_be_opening(at(99)), "clocks differ");
        assert!(!row(None).may_be_opening(at(0)));
    }
}
