//! Papo's back end: the Lambda functions behind the WebSocket API, from the event to the outgoing frames.
//!
//! Handlers decide, and are generic over small traits for the tables, `@connections` and time. The traits are implemented
//! for DynamoDB and API Gateway, and in memory for tests. The executables in `src/bin` connect the two.
//!
//! # Layout
//!
//! In reading order, along one message:
//!
//! - [`event`]: API Gateway's events, and the response to Lambda.
//! - [`authorizer`]: who may connect.
//! - [`dispatch`]: from the event to its handler.
//! - [`request`]: what handlers work with.
//! - [`handlers`]: one action per file.
//! - [`health_check`]: a message through the real endpoint, on a schedule.
//! - [`append`]: appends a message to the room's log, exactly once.
//! - [`rate_limit`]: how much a person may use in a minute. `address`: who counts as one anonymous person.
//! - [`fanout`]: which function broadcasts.
//! - [`publish`]: appends an entry and broadcasts it.
//! - [`person`], [`presence`]: who is at the other end, and who is in a room.
//! - [`broadcast`]: one frame to every connection of a room.
//! - [`parts`]: a broadcast to a large room, by several functions.
//! - [`deliverer`]: one frame to one connection, with retries.
//! - [`reply`]: frames to the client that sent the request.
//! - [`history`]: pages of the log that fit a frame.
//! - [`message_log`]: the log; [`message_log::dynamodb`], [`message_log::memory`].
//! - [`connections`]: the connection rows; [`connections::dynamodb`], [`connections::memory`].
//! - [`management`]: `@connections`; [`management::api_gateway`], [`management::memory`].
//! - [`clock`]: injectable time. `bounded_map`: what a process remembers between invocations.
//! - [`error`]: why invocations fail.
//! - [`aws`], [`logging`], [`start`]: SDK clients, log format, and the start of every executable. [`aws::meter`] counts request
//!   units.

pub mod event;

pub mod authorizer;

pub mod dispatch;

pub mod request;

pub mod handlers;

pub mod health_check;

pub mod append;

pub mod rate_limit;

mod address;

pub mod fanout;

mod publish;

pub mod person;

pub mod presence;

pub mod broadcast;

pub mod parts;

pub mod deliverer;

mod reply;

pub mod history;

pub mod message_log;

pub mod connections;

pub mod management;

pub mod clock;

mod bounded_map;

pub mod error;

pub mod aws;

pub mod logging;

pub mod start;

pub use error::Error;
