//! Who is here: one row a connection.
//!
//! One trait an operation, so that a handler's signature says what it may touch. This file says what a row is and what
//! each operation promises; [`dynamodb`] keeps the promises on a table, [`memory`] in a map, and one contract test
//! (`tests/suite/store_contract.rs`) holds both to them.

pub mod dynamodb;

pub mod memory;

use std::fmt;
use std::future::Future;

use jiff::{SignedDuration, Timestamp};
use papo_protocol::ConnectionId;
use papo_protocol::limits::{CONNECTION_LIFE_SECONDS, ROW_MARGIN_SECONDS};

/// How long a connection may answer 410 although it is about to live.
///
/// Until `$connect` has returned, `@connections` says 410 for a connection whose row is already there ("Gone" in the
/// knowledge centre of AWS re:Post). API Gateway waits 29 s for an integration at most (quotas of the Developer Guide).
pub const OPENING: SignedDuration = SignedDuration::from_secs(30);

/// What is written when a connection opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The key.
    pub connection_id: ConnectionId,
    /// When it was opened.
    pub connected_at: Timestamp,
    /// When the table may drop the row by itself, in seconds since 1970.
    pub expires_at: i64,
}

impl Row {
    /// The row of a connection that was opened at `connected_at`.
    pub fn new(connection_id: ConnectionId, connected_at: Timestamp) -> Self {
        let life = CONNECTION_LIFE_SECONDS + ROW_MARGIN_SECONDS;
        Self {
            connection_id,
            connected_at,
            expires_at: connected_at.as_second().saturating_add_unsigned(life),
        }
    }
}

/// A row as far as readers need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The key.
    pub connection_id: ConnectionId,
    /// When it was opened. `None` in a row that somebody else wrote without a readable time.
    pub connected_at: Option<Timestamp>,
}

impl Listed {
    /// Whether the connection may still be opening at `now`, so that 410 does not prove that it is gone.
    ///
    /// A row without a time was not written by `$connect` and is taken for old.
    pub fn may_be_opening(&self, now: Timestamp) -> bool {
        self.connected_at
            .is_some_and(|since| now.duration_since(since) < OPENING)
    }
}

/// Some rows, and where to go on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The rows, in no particular order.
    pub rows: Vec<Listed>,
    /// The key to go on after. `None` after the last page. A page may be empty and not be the last.
    pub next: Option<ConnectionId>,
}

/// Writes rows.
pub trait PutConnection: Sync {
    /// Writes `row`; replaces the one with the same id.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; whether the row was written is then unknown.
    fn put(&self, row: &Row) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Removes rows.
pub trait RemoveConnection: Sync {
    /// Removes the row of `id`. That there is none is no error.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; whether the row was removed is then unknown.
    fn remove(&self, id: &ConnectionId) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Reads rows.
pub trait ListConnections: Sync {
    /// Reads at most `limit` rows, from the beginning or after the key that the page before ended with.
    ///
    /// Every row that was there before the first page was asked for and is still there is on exactly one page.
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

/// An operation that the table did not carry out.
#[derive(Debug, thiserror::Error)]
#[error("{operation} on the table {table} failed: {cause}")]
pub struct StoreError {
    operation: &'static str,
    table: String,
    cause: String,
}

impl StoreError {
    /// `operation` is the name of the API call, `cause` the whole chain of reasons.
    pub fn new(operation: &'static str, table: &str, cause: impl fmt::Display) -> Self {
        Self {
            operation,
            table: table.to_owned(),
            cause: cause.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_row_outlives_the_longest_connection_by_an_hour() {
        let row = Row::new(ConnectionId::new("a="), at(1_731_324_924));
        assert_eq!(row.expires_at, 1_731_324_924 + 3 * 60 * 60);
    }

    #[test]
    fn a_young_connection_may_be_opening_and_an_old_one_not() {
        let row = |connected_at| Listed {
            connection_id: ConnectionId::new("a="),
            connected_at,
        };
        assert!(row(Some(at(100))).may_be_opening(at(129)));
        assert!(!row(Some(at(100))).may_be_opening(at(130)));
        assert!(row(Some(at(100))).may_be_opening(at(99)), "clocks differ");
        assert!(!row(None).may_be_opening(at(0)));
    }
}
