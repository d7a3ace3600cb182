//! API Gateway for WebSocket APIs on one machine: reads an AWS SAM template, runs its functions as they are, and
//! behaves towards clients and functions as API Gateway, Lambda and EventBridge do.
//!
//! # Layout
//!
//! Along the way of a message:
//!
//! - [`template`] reads the SAM template into a [`template::Stack`]: routes, functions, tables, schedules.
//! - `server` takes HTTP requests, `target` tells what their paths mean.
//! - `handshake` and `client`: a client is let in, lives, and leaves. `head` and [`headers`] keep its header names.
//! - `admission` decides who is let in: `throttle`, the `authorizer`, `$connect`.
//! - `socket` holds the conversation, frame by frame, and keeps the limits; `connections` knows who is there.
//! - [`route`] finds the route of a message, [`event`] writes the JSON that the function gets, `api` invokes it and
//!   tells the client what it is due: [`frames`], or a body read by [`proxy`].
//! - [`functions`] runs the functions' processes, `runtime_api` is the Lambda Runtime API that they speak.
//! - `management` is `@connections`, through which functions answer clients.
//! - `schedule`, `dynamodb`, `site` and `watch` stand beside it. `respond`, [`ids`] and `clock` serve them all.
//! - `tls` accepts HTTPS on the same port; `aws_hosts` stands in for AWS towards functions; `ready` is what the gateway
//!   prints once it serves.
//! - [`gateway`] puts everything together and takes it apart again.

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
pub mod dynamodb;
pub mod event;
mod event_source;
mod faults;
pub mod frames;
pub mod functions;
pub mod gateway;
mod handshake;
mod head;
pub mod headers;
pub mod ids;
mod invoke;
mod limits;
mod log_buffer;
mod management;
mod memory;
pub mod proxy;
mod ready;
mod respond;
pub mod route;
mod runtime_api;
mod schedule;
mod server;
mod site;
mod socket;
mod sqs;
mod target;
pub mod template;
mod throttle;
mod tls;
mod watch;

pub use crate::{
    cross_origin::Allowed,
    functions::child::{EXEC_ARGUMENT, become_function},
    gateway::{Config, Error, Gateway},
    limits::Limits,
    log_buffer::LogBuffer,
    ready::{Named, Ready, Scheduled},
};
