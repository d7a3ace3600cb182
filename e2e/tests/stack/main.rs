//! The rows that conversations leave in the connections table, and the processes of a real local stack.
//!
//! # Layout
//!
//! - `rows`: connecting, closing and vanishing, and the row of the connections table
//! - `clean_up`: the scheduled function
//! - `health_check`: the scheduled message through the endpoint
//! - `stream`: broadcasts from the stream of the messages table
//! - `life`: stopping and killing the gateway
//! - `client`: a blocking WebSocket client

mod client;

mod clean_up;
mod health_check;
mod life;
mod rows;
mod stream;

use std::time::Duration;

use papagaio::stack::Stack;
use papagaio::wait;
use papo_e2e::connections::{ConnectionsTable as _, Row};

/// Time limit for everything. A busy machine must not fail a test.
const LIMIT: Duration = Duration::from_secs(30);

/// Waits until the table has exactly the rows of these connections, in any order, and returns them.
#[track_caller]
fn wait_for_rows(stack: &Stack, ids: &[&str]) -> Vec<Row> {
    let mut wanted = ids.to_vec();
    wanted.sort_unstable();
    let what = format!("the rows {wanted:?}");
    let rows = wait::until(&what, LIMIT, || {
        let rows = stack.rows().map_err(|error| format!("{error:#}"))?;
        let mut found: Vec<_> = rows.iter().map(|row| row.connection_id.as_str()).collect();
        found.sort_unstable();
        if found == wanted {
            Ok(rows)
        } else {
            Err(format!("{found:?}"))
        }
    });
    rows.unwrap_or_else(|error| panic!("{error}"))
}

/// The row of a connection that does not exist.
fn stale_row() -> Row {
    Row {
        connection_id: "L0SM9cOFvHcCIhw=".to_owned(),
        connected_at: "2024-12-09T00:00:00.000Z".to_owned(),
        // Far in the future, so that the table's own expiry does not remove it.
        expires_at: 4_102_444_800,
    }
}
