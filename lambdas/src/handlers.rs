//! The handlers: one route or action per file.
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
