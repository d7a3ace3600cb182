//! The back end from outside: events in, rows and frames out.
//!
//! - [`chat`]: the helper that all stories are told with.
//! - [`events`]: recorded events, and events that are no good.
//! - [`conversation`]: who hears what.
//! - [`catch_up`]: what the log adds to it.
//! - [`broadcast`]: time, trouble and deadlines.
//! - [`clean_up`]: which rows go.
//! - [`privacy`]: what the log says, and what it never says.
//! - [`http`]: the helper that the contracts are tried with.
//! - [`dynamodb`]: the databases that they are tried on.
//! - [`store_contract`]: one contract over every store.
//! - [`room_contract`]: one contract over every log.
//! - [`costs`]: what each frame costs, as the database counts it.
//! - [`restored`]: a table from a backup.
//! - [`push_contract`]: what becomes of `@connections`' answers.
//! - [`executables`]: what they say when they cannot start.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests stop a test at the line where it cannot go on"
)]

mod chat;

mod events;

mod conversation;

mod catch_up;

mod broadcast;

mod clean_up;

mod privacy;

mod http;

mod dynamodb;

mod store_contract;

mod room_contract;

mod costs;

mod restored;

mod push_contract;

mod executables;
