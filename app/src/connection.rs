//! The socket: the only file that touches `WebSocket`.
//!
//! Says what happens and nothing about what it means. A socket that is dropped is closed and never heard again.

pub mod endpoint;

use gloo_events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{MessageEvent, WebSocket};
use yew::Callback;

/// Something that happened to a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// It is open.
    Opened,
    /// It brought a text frame.
    Received(String),
    /// It failed or was closed; nothing follows.
    Closed,
}

/// An open or opening socket.
#[derive(Debug)]
#[must_use = "a socket closes when it is dropped"]
pub struct Socket {
    socket: WebSocket,
    /// Taken off before the socket is closed, so that a dropped socket cannot call anybody.
    listeners: Vec<EventListener>,
}

impl Socket {
    /// Begins to open a socket to `url`. `None` if the browser refuses the address.
    pub fn open(url: &str, heard: Callback<Happening>) -> Option<Self> {
        let socket = WebSocket::new(url).ok()?;
        let opened = heard.clone();
        let received = heard.clone();
        let listeners = vec![
            EventListener::new(&socket, "open", move |_| opened.emit(Happening::Opened)),
            EventListener::new(&socket, "message", move |event| {
                let text = event
                    .dyn_ref::<MessageEvent>()
                    .and_then(|event| event.data().as_string());
                // Binary frames are nothing that a back end of ours sends.
                if let Some(text) = text {
                    received.emit(Happening::Received(text));
                }
            }),
            // `error` is always followed by `close`, which is enough.
            EventListener::new(&socket, "close", move |_| heard.emit(Happening::Closed)),
        ];
        Some(Self { socket, listeners })
    }

    /// Sends a text frame. That it cannot be sent shows when nothing comes back: a browser drops without an error what is
    /// sent while a socket closes.
    pub fn send(&self, frame: &str) {
        let _ = self.socket.send_with_str(frame);
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.listeners.clear();
        let _ = self.socket.close();
    }
}
