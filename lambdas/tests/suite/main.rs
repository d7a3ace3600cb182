//! The back end from outside: events in, rows and frames out.
//!
//! - [`chat`]: the helper of the behavioural tests.
//! - [`authorizer`]: who may connect.
//! - [`events`]: recorded events, and invalid ones.
//! - [`messages`]: which client receives what.
//! - [`people`]: people, edits, deletions, reactions, presence.
//! - [`history`]: the message log as clients see it.
//! - [`broadcast`]: timing, failures and deadlines.
//! - [`stream`]: the broadcaster that reads the table's stream.
//! - [`parts`]: large rooms, to which several functions deliver.
//! - [`clean_up`]: which rows are deleted.
//! - [`health_check`]: what passes, and what is reported.
//! - [`template`]: reads `template.yaml`.
//! - [`policies`]: each function's AWS calls and its policy.
//! - [`metric_filters`]: metric filters match what is logged.
//! - [`operations`]: alarms, the budget, the dashboard.
//! - [`privacy`]: what is logged, and what is never logged.
//! - [`http`]: a scripted server.
//! - [`dynamodb`]: the databases that the contracts run on.
//! - [`connections_contract`]: the contract of every table of connections.
//! - [`message_log_contract`]: the contract of every message log.
//! - [`contention`]: many senders in one room.
//! - [`costs`]: request units per action, as the database counts them.
//! - [`restored`]: a table restored from a backup.
//! - [`management_contract`]: responses of `@connections`.
//! - [`executables`]: what they print when they cannot start.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test helpers panic at the line that fails"
)]

mod authorizer;
mod broadcast;
mod chat;
mod clean_up;
mod connections_contract;
mod contention;
mod costs;
mod dynamodb;
mod events;
mod executables;
mod health_check;
mod history;
mod http;
mod management_contract;
mod message_log_contract;
mod messages;
mod metric_filters;
mod operations;
mod parts;
mod people;
mod policies;
mod privacy;
mod restored;
mod stream;
mod template;
