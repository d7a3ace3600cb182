//! Keeps the latest lines of the log for the console.
//!
//! Logging is global to a process, and so is this buffer.

use std::{
    collections::VecDeque,
    fmt::Write as _,
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::layer::Context;

/// Lines kept.
const LINES: usize = 500;
/// Characters kept of a line.
const LENGTH: usize = 2_000;

static BUFFER: Mutex<VecDeque<Line>> = Mutex::new(VecDeque::new());

/// One line of the log.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) time: Timestamp,
    pub(crate) level: Level,
    /// Whether a function printed it.
    pub(crate) is_function: bool,
    pub(crate) text: String,
}

/// A layer that copies the log into the buffer.
#[derive(Debug, Clone, Copy, Default)]
pub struct LogBuffer;

impl<S: Subscriber> tracing_subscriber::Layer<S> for LogBuffer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut message = Message(String::new());
        event.record(&mut message);
        let text = match message.0.char_indices().nth(LENGTH) {
            Some((end, _)) => message.0[..end].to_owned(),
            None => message.0,
        };
        let line = Line {
            time: Timestamp::now(),
            level: *event.metadata().level(),
            is_function: event.metadata().target() == "function",
            text,
        };
        let mut lines = BUFFER.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }
}

/// The latest lines, newest first.
pub(crate) fn latest() -> Vec<Line> {
    let lines = BUFFER.lock().unwrap_or_else(PoisonError::into_inner);
    lines.iter().rev().cloned().collect()
}

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        // Writing into a string cannot fail.
        let _ = if field.name() == "message" {
            write!(self.0, "{value:?}")
        } else {
            write!(self.0, " {}={value:?}", field.name())
        };
    }
}
