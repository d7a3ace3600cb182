//! The handlers: one route or action a file.
//!
//! A message is appended to the log before any client receives it. From then on no failure can lose it: clients that miss
//! the broadcast find it in the log, and its sender is told that it is there. Every frame gets exactly one answer: the
//! reply, the sender's own message, or an error. Answers are posted, never returned: the routes have no route response.
//! Handlers that only read can be repeated safely, so clients simply ask again when an answer is lost.

pub mod connect;

pub mod disconnect;

pub mod connected;

pub mod send_message;

pub mod change;

pub mod typing;

pub mod heads;

pub mod history;

pub mod ping;

pub mod broadcaster;

pub mod deliver_part;

pub mod garbage_collection;

use papo_protocol::Event;

use crate::clock::Clock;
use crate::dispatch::Request;
use crate::error::{Error, StoreError};
use crate::management::{Close, Post};
use crate::reply::unavailable;

/// Replies that the log cannot be read. If the reply fails too, the invocation fails with the log's error.
async fn reply_unavailable<S, L, G: Post + Close, C: Clock>(
    request: &Request<'_, S, L, G, C>,
    error: StoreError,
) -> Result<(), Error> {
    tracing::error!(%error, "the log could not be read");
    let refusal = unavailable("The messages could not be read. Try again in a moment.");
    let replied = request.reply(&Event::Error(refusal)).await;
    replied.map_err(|_| error.into())
}
