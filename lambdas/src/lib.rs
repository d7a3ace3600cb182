//! Papo's back end: the functions behind the WebSocket API, from the event that Lambda hands in to the frames that go out.
//!
//! Decisions are made in handlers that are generic over small traits (who is here, how to reach them, how to wait); the
//! traits' real sides speak to DynamoDB and API Gateway, their twins keep everything in memory. The executables in
//! `src/bin` only join the two.
//!
//! # Layout
//!
//! In reading order, along one message:
//!
//! - [`event`]: what API Gateway says about a connection and a frame, and what we answer to Lambda.
//! - [`connection`]: `$connect` and `$disconnect`: a row comes, a row goes.
//! - [`send_message`]: everything that a client says.
//! - [`append`]: one message to the end of the room's log, exactly once.
//! - [`broadcast`]: one frame to everybody, page by page, many at a time.
//! - [`delivery`]: one frame to one connection, tried again where that makes sense.
//! - [`answer`]: what one asker is told.
//! - [`catch_up`]: what a client missed.
//! - [`history`]: a part of the log that fits a frame.
//! - [`garbage_collection`]: rows whose connection is gone.
//! - [`room`]: what was said, as a log; [`room::dynamodb`] and its twin [`room::memory`].
//! - [`store`]: who is here; [`store::dynamodb`] and its twin [`store::memory`].
//! - [`push`]: how to reach them; [`push::api_gateway`] and its twin [`push::memory`].
//! - [`back_off`] and [`pace`]: how long to wait, and the waiting itself.
//! - [`error`]: what is our fault, with a stable name.
//! - [`aws`], [`log`] and [`start`]: the clients, the lines that operators read, and the first lines of every executable.

pub mod event;

pub mod connection;

pub mod send_message;

pub mod append;

pub mod broadcast;

pub mod delivery;

pub mod answer;

pub mod catch_up;

pub mod history;

pub mod garbage_collection;

pub mod room;

pub mod store;

pub mod push;

pub mod back_off;

pub mod pace;

pub mod error;

pub mod aws;

pub mod log;

pub mod start;

pub use error::Error;
