//! API Gateway for WebSocket APIs on one machine: reads an AWS SAM template, runs its functions as they are, and
//! behaves towards clients and functions as API Gateway, Lambda and EventBridge do.
//!
//! # Layout
//!
//! In the order in which a message passes through them:
//!
//! - [`template`] reads the template into a [`template::Stack`]: routes, functions, tables, schedules, event sources.
//! - `accept` takes connections, `server` the HTTP requests on them, over `tls` too. `target` decides what their paths mean,
//!   `services` holds what answers them, `cross_origin` keeps web pages out.
//! - `handshake` and `client` serve one client from its handshake to `$disconnect`. `head` and [`headers`] keep the spelling
//!   of its headers.
//! - `admission` decides which clients may connect: `throttle`, the `authorizer`, `$connect`.
//! - `socket` reads and writes frames; `connections` lists the clients and holds their send queues. `limits` and `memory`
//!   bound what they can use.
//! - [`route`] finds the route of a message, [`event`] writes the function's event, `api` invokes the function and sends
//!   the client an error of [`frames`] or a body read by [`proxy`]. [`mapping`] writes requests for other services.
//! - [`functions`] runs the functions' processes, [`runtime_api`] is the Lambda Runtime API that they use.
//! - `management` is `@connections`, through which functions send to clients.
//!
//! Besides: `invoke` (Lambda's `Invoke`), `schedule`, `event_source` (streams and queues), [`dynamodb`], `sqs` and `sns` (with
//! the `query` protocol), `ssm` (the Parameter Store), `aws_hosts` (what stands in for AWS), `site`, `watch`. `control` is
//! `/_gateway`, with the `console` and its `log_buffer`. `respond`, [`ids`], `clock`, `tasks`, `paths`, `temporary` and `ready` are used
//! by all of them. [`gateway`] assembles everything and shuts it down.

mod accept;
mod admission;
mod api;
mod authorizer;
mod aws_hosts;
mod client;
mod clock;
mod connections;
mod console;
mod control;
mod cross_origin;
mod dynamodb;
mod event;
mod event_source;
mod frames;
mod functions;
pub mod gateway;
mod handshake;
mod head;
mod headers;
mod ids;
mod invoke;
mod limits;
mod log_buffer;
mod management;
mod mapping;
mod memory;
mod paths;
mod proxy;
mod query;
mod ready;
mod respond;
pub mod route;
pub mod runtime_api;
mod schedule;
mod server;
mod services;
mod site;
mod sns;
mod socket;
mod sqs;
mod ssm;
mod target;
mod tasks;
pub mod template;
mod temporary;
mod throttle;
mod tls;
mod watch;

pub use crate::{
    cross_origin::Allowed,
    functions::child::{EXEC_ARGUMENT, become_function},
    gateway::{Config, Error, Gateway},
    limits::Limits,
    log_buffer::LogBuffer,
    paths::absolute,
    ready::{Named, Ready, Scheduled},
};
