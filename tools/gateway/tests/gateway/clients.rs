//! Clients of the gateway under test, including those of `tests/clients` and `tests/robustness`.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, sleep, timeout},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message, client::IntoClientRequest},
};

/// The time limit of every wait. Only a failing test takes that long.
pub(crate) const TIMEOUT: Duration = Duration::from_mins(1);

/// Polls until `found` returns something; panics with `what` when it does not in time.
pub(crate) async fn eventually<T>(what: &str, mut found: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        if let Some(found) = found().await {
            return found;
        }
        assert!(Instant::now() < deadline, "timed out waiting for {what}");
        sleep(Duration::from_millis(10)).await;
    }
}

/// A connected client.
pub(crate) struct Client {
    pub(crate) socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub(crate) handshake: Answer,
}

impl Client {
    /// Connects, or fails with the refusal.
    pub(crate) async fn connect(request: impl IntoClientRequest + Unpin) -> Result<Self, Answer> {
        let connecting = timeout(TIMEOUT, connect_async(request));
        match connecting.await.expect("the handshake takes too long") {
            Ok((socket, response)) => Ok(Self {
                socket,
                handshake: Answer::of(response.map(Option::unwrap_or_default)),
            }),
            Err(tungstenite::Error::Http(response)) => {
                Err(Answer::of(response.map(Option::unwrap_or_default)))
            }
            Err(error) => panic!("{error}"),
        }
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// The next text frame.
    pub(crate) async fn hear(&mut self) -> String {
        let next = timeout(TIMEOUT, self.socket.next());
        match next.await.expect("nothing is heard") {
            Some(Ok(Message::Text(text))) => text.to_string(),
            other => panic!("text was expected, not {other:?}"),
        }
    }

    /// Sends an order and returns the answer.
    pub(crate) async fn ask(&mut self, order: &str) -> String {
        self.send(order).await;
        self.hear().await
    }

    /// Code and reason with which the gateway closes. Skips text frames.
    pub(crate) async fn closed(&mut self) -> (u16, String) {
        loop {
            let next = timeout(TIMEOUT, self.socket.next());
            match next.await.expect("the connection is not closed") {
                Some(Ok(Message::Close(Some(frame)))) => {
                    return (frame.code.into(), frame.reason.to_string());
                }
                Some(Ok(Message::Text(_))) => {}
                other => panic!("a close frame was expected, not {other:?}"),
            }
        }
    }

    /// The id that the gateway assigned, read from an error frame.
    pub(crate) async fn id(&mut self) -> String {
        let frame: Value = serde_json::from_str(&self.ask("no route takes this").await).unwrap();
        frame["connectionId"].as_str().unwrap().to_owned()
    }

    /// Closes the connection without a code, and waits until it has ended.
    pub(crate) async fn leave(mut self) {
        self.socket.close(None).await.unwrap();
        while let Some(Ok(_)) = self.socket.next().await {}
    }
}

/// An HTTP response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn of(response: http::Response<Vec<u8>>) -> Self {
        let status = response.status().as_u16();
        let headers = response.headers().iter();
        let headers = headers
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        Self {
            status,
            headers,
            body: String::from_utf8(response.into_body()).unwrap(),
        }
    }

    pub(crate) fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        let status = status.unwrap().parse().unwrap();
        let headers = lines.map(|line| line.split_once(": ").unwrap());
        let headers = headers
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        Self {
            status,
            headers,
            body: body.to_owned(),
        }
    }

    /// The status, and the type that a header names.
    pub(crate) fn error(&self) -> (u16, Option<&str>) {
        (self.status, self.header("x-amzn-errortype"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// A connection that is written to byte by byte.
pub(crate) struct ByHand(pub(crate) TcpStream);

impl ByHand {
    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    /// The head of the next answer, in lower case.
    pub(crate) async fn head(&mut self) -> String {
        let mut head = Vec::new();
        let reading = async {
            while !head.ends_with(b"\r\n\r\n") {
                head.push(self.0.read_u8().await.unwrap());
            }
        };
        timeout(TIMEOUT, reading).await.expect("no answer comes");
        String::from_utf8(head).unwrap().to_lowercase()
    }
}
