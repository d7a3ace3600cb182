//! The real sessions and the real handlers in a world that does its worst, the same each time from one seed.
//!
//! Everything that happens is one event at a time on one thread: time is a number, chance comes from the seed, and a
//! handler takes one step an event, so that handlers overlap and can die between any two of their reads, writes and posts.
//! After the storm comes a calm, and then everybody must show the same log, with each message that anybody said in it once.
//!
//! # Layout
//!
//! - [`weather`]: what a seed brings; pure
//! - [`world`]: the events in their order, and what each of them does
//! - [`client`]: one person's page, with the session of the app and what survives a reload
//! - [`net`]: API Gateway's side of the connections
//! - [`backend`]: the handlers that are under way
//! - [`stepwise`]: a log whose operations are steps, and what was ever written into it
//! - [`check`]: what has to hold, at every moment and in the end; pure
//! - [`ledger`]: what became of every message, and what the weather did
//! - [`safeguard`]: what can be left out, to see that the check notices
//! - [`trace`]: what happened, for people to read

pub mod weather;

pub mod world;

mod client;

mod net;

mod backend;

pub mod stepwise;

mod check;

pub mod ledger;

pub mod safeguard;

pub mod trace;
