//! Papo's wire protocol, and the client side of it as a state machine.
//!
//! Pure code: I/O, clocks and randomness are passed in, so the same code runs in a Lambda function, in a browser and in a
//! simulation.
//!
//! # The protocol
//!
//! Text frames, JSON, one object per frame. `action` selects the route at API Gateway.
//!
//! ```text
//! > {"action":"connected"}
//! < {"type":"connected","connectionId":"L0SM9cOFvHcCIhw=","epoch":"m3k2x1","head":41}
//! > {"action":"sendMessage","message":"Olá!","clientMessageId":"c-1"}
//! < {"type":"message","connectionId":"L0SM9cOFvHcCIhw=","message":"Olá!","messageId":"L0SNBdKdvHcCIhw=","requestTimeEpoch":1733702400000,"seq":42,"clientMessageId":"c-1"}
//! > {"action":"history","after":40}
//! < {"type":"history","after":40,"epoch":"m3k2x1","head":42,"messages":[…],"complete":true}
//! > {"action":"ping"}
//! < {"type":"pong","epoch":"m3k2x1","head":42}
//! > {"action":"sendMessage","message":" "}
//! < {"type":"error","code":"emptyMessage","message":"The message is empty."}
//! ```
//!
//! Both sides ignore unknown fields, and clients ignore events of an unknown `type`, so either side may be newer.
//!
//! # Layout
//!
//! In reading order:
//!
//! - [`limits`]: every size and time, with unit and reason.
//! - `wire_string`: strings that go over the wire; [`id`]: ids.
//! - [`position`]: positions in the message log.
//! - [`backoff`]: how long to wait before a retry.
//! - [`text`]: the text of a message; `unicode`: invisible characters.
//! - [`person`], [`room`], [`emoji`]: who, where, and reactions.
//! - [`action`]: the frames of clients, and how the back end reads them.
//! - [`error`]: the `error` event.
//! - [`entry`]: the entries of the message log.
//! - [`event`]: the frames of the back end.
//! - [`change`]: edits, deletions and reactions, as an action and as an entry.
//! - [`server_frame`]: how a client reads received frames.
//! - [`session`]: the client as a state machine.
//!
//! `json` serializes frames. `schema/*.json` describes them for other languages; a test in `schema` generates it from these types.

pub mod limits;

mod wire_string;

pub mod id;

pub mod position;

pub mod backoff;

pub mod text;

mod unicode;

pub mod person;

pub mod room;

pub mod emoji;

pub mod action;

pub mod error;

pub mod entry;

pub mod event;

pub mod change;

pub mod server_frame;

pub mod session;

mod json;

#[cfg(all(test, not(target_arch = "wasm32")))]
mod schema;

pub use action::{Action, Resume, Target};
pub use change::Change;
pub use emoji::Emoji;
pub use entry::{ChangeEntry, ChangeKind, LogEntry, Message};
pub use error::{ErrorCode, ErrorEvent};
pub use event::{
    Connected, Entries, Event, Heads, History, Left, People, Person, Pong, RoomHead, Typing,
};
pub use id::{ClientMessageId, ConnectionId, MessageId};
pub use person::{PersonId, PersonKey, PersonName};
pub use position::{Epoch, Position, Range, Seq};
pub use room::RoomName;
pub use server_frame::ServerFrame;
pub use session::Session;
pub use text::MessageText;
