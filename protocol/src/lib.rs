//! What Papo's clients and its back end say to each other, and how a client holds the conversation.
//!
//! Pure code: no I/O, no clock, no randomness of its own. Whoever uses it hands those in, so the same lines run in a
//! Lambda function, in a browser and in a test.
//!
//! # The conversation
//!
//! Text frames, JSON, one object a frame. `action` selects the route at API Gateway.
//!
//! ```text
//! > {"action":"connected"}
//! < {"type":"connected","connectionId":"L0SM9cOFvHcCIhw=","epoch":"m3k2x1","head":41}
//! > {"action":"sendMessage","message":"Olá!","clientMessageId":"c-1"}
//! < {"connectionId":"L0SM9cOFvHcCIhw=","message":"Olá!","messageId":"L0SNBdKdvHcCIhw=","requestTimeEpoch":1733702400000,"type":"message","seq":42,"clientMessageId":"c-1"}
//! > {"action":"history","after":40}
//! < {"type":"history","after":40,"epoch":"m3k2x1","head":42,"messages":[…],"complete":true}
//! > {"action":"ping"}
//! < {"type":"pong","epoch":"m3k2x1","head":42}
//! > {"action":"sendMessage","message":" "}
//! < {"type":"error","code":"emptyMessage","message":"The message is empty."}
//! ```
//!
//! Unknown fields are ignored on both sides, and clients skip events of an unknown `type`, so either side may be newer.
//!
//! # Layout
//!
//! In reading order:
//!
//! - [`limits`]: every size and time, with unit and reason.
//! - [`id`]: the ids that go over the wire, and how a person tells two people apart by them.
//! - [`log`]: the room's log, as far as clients name it.
//! - [`text`]: what a message may contain.
//! - [`action`]: everything that a client may say, and how the back end reads it.
//! - [`refusal`]: why something was refused, as a stable code and a sentence.
//! - [`event`]: everything that a client may hear, and how it reads it.
//! - `json`: how all of it is read and written.
//! - [`session`]: the client's side of the conversation as a state machine.

pub mod limits;

pub mod id;

pub mod log;

pub mod text;

pub mod action;

pub mod refusal;

pub mod event;

mod json;

pub mod session;

pub use action::Action;
pub use event::History;
pub use event::{Event, Heard, Message};
pub use id::{ClientMessageId, ConnectionId, MessageId};
pub use log::{Epoch, Position, Range, Seq};
pub use refusal::{ErrorCode, Refusal};
pub use session::Session;
pub use text::MessageText;
