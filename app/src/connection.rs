//! The socket: the only module that uses `WebSocket`.
//!
//! Reports events and does not interpret them. A dropped socket is closed and reports nothing more.

pub mod endpoint;

use gloo_events::EventListener;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, MessageEvent, WebSocket};
use yew::Callback;

use crate::browser::events::listen;

/// An event of a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SocketEvent {
    /// The socket is open.
    Opened,
    /// A text frame arrived.
    Received(String),
    /// The socket failed or was closed. The last event.
    Closed,
}

/// An open or opening socket.
#[derive(Debug)]
#[must_use = "a socket closes when it is dropped"]
pub struct Socket {
    socket: WebSocket,
    /// Removed before the socket is closed, so that a dropped socket reports nothing.
    listeners: Vec<EventListener>,
}

impl Socket {
    /// Starts to open a socket to `url`, which offers these sub-protocols. `None` if the browser rejects the address.
    pub fn open(url: &str, protocols: &JsValue, events: &Callback<SocketEvent>) -> Option<Self> {
        let socket = WebSocket::new_with_str_sequence(url, protocols).ok()?;
        let listener = |kind: &'static str| {
            let events = events.clone();
            listen(&socket, kind, move |event| {
                if let Some(event) = read(event) {
                    events.emit(event);
                }
            })
        };
        // `close` always follows `error`.
        let listeners = ["open", "message", "close"].map(listener).into();
        Some(Self { socket, listeners })
    }

    /// Sends a text frame. Browsers silently discard frames for a socket that is closing, so a missing answer is the only
    /// sign of failure.
    pub fn send(&self, frame: &str) {
        let _ = self.socket.send_with_str(frame);
    }
}

/// Translates a DOM event of a socket. `None` for a binary frame, which the protocol does not have.
fn read(event: &Event) -> Option<SocketEvent> {
    Some(match event.type_().as_str() {
        "open" => SocketEvent::Opened,
        "message" => {
            let message = event.unchecked_ref::<MessageEvent>();
            SocketEvent::Received(message.data().as_string()?)
        }
        _ => SocketEvent::Closed,
    })
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.listeners.clear();
        let _ = self.socket.close();
    }
}
