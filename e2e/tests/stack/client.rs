//! A blocking client of the chat, so that tests need no runtime.

use std::net::TcpStream;

use papagaio::stack::Stack;
use serde_json::Value;
use tokio_tungstenite::tungstenite::stream::MaybeTlsStream;
use tokio_tungstenite::tungstenite::{self, Message, WebSocket};

use crate::LIMIT;

/// A connected client.
pub(crate) struct Client(WebSocket<MaybeTlsStream<TcpStream>>);

impl Client {
    #[track_caller]
    pub(crate) fn connect(stack: &Stack) -> Self {
        let (socket, _) = tungstenite::connect(stack.endpoint().to_string())
            .unwrap_or_else(|error| panic!("cannot connect: {error}"));
        let client = Self(socket);
        client
            .stream()
            .set_read_timeout(Some(LIMIT))
            .unwrap_or_else(|error| panic!("no time limit: {error}"));
        client
    }

    fn stream(&self) -> &TcpStream {
        match self.0.get_ref() {
            MaybeTlsStream::Plain(stream) => stream,
            _ => panic!("the connection is encrypted"),
        }
    }

    /// Sends `frame`, and returns the next frame that arrives.
    #[track_caller]
    pub(crate) fn ask(&mut self, frame: &str) -> Value {
        self.send(frame);
        self.receive()
    }

    /// Sends `frame`.
    #[track_caller]
    pub(crate) fn send(&mut self, frame: &str) {
        self.0
            .send(Message::text(frame))
            .unwrap_or_else(|error| panic!("cannot send: {error}"));
    }

    /// The next frame.
    #[track_caller]
    pub(crate) fn receive(&mut self) -> Value {
        loop {
            match self.0.read() {
                Ok(Message::Text(text)) => {
                    return serde_json::from_str(&text)
                        .unwrap_or_else(|error| panic!("{text}: {error}"));
                }
                Ok(Message::Ping(_) | Message::Pong(_)) => {}
                other => panic!("expected a frame, got {other:?}"),
            }
        }
    }

    /// Its connection ID.
    #[track_caller]
    pub(crate) fn id(&mut self) -> String {
        let answer = self.ask(r#"{"action":"connected"}"#);
        let id = answer["connectionId"].as_str();
        id.unwrap_or_else(|| panic!("no id: {answer}")).to_owned()
    }

    /// Closes the connection as a browser does when its page is closed.
    #[track_caller]
    pub(crate) fn close(mut self) {
        self.0
            .close(None)
            .unwrap_or_else(|error| panic!("cannot close: {error}"));
        loop {
            match self.0.read() {
                Ok(_) => {}
                Err(tungstenite::Error::ConnectionClosed) => return,
                Err(error) => panic!("the connection did not close cleanly: {error}"),
            }
        }
    }

    /// Ends the TCP connection without a close frame, as when a program is killed.
    pub(crate) fn vanish(self) {
        drop(self);
    }
}
