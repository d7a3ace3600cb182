//! A minimal WebSocket client, so that a measurement shows the cost of the server and not of its clients.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;

use anyhow::{Context, Result, ensure};

/// A handshake with the stage of [`super::quiet`]. The gateway rejects the names of other hosts and origins.
const HANDSHAKE: &str = "GET /bench HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                         User-Agent: bench\r\n\r\n";

/// A masked text frame that no route accepts.
const UNROUTED: [u8; 8] = [0x81, 0x82, 0, 0, 0, 0, b'h', b'i'];

/// A connected client.
#[derive(Debug)]
pub(crate) struct Socket(TcpStream);

impl Socket {
    /// Connects to `HOST:PORT`.
    pub(crate) fn connect(address: &str) -> Result<Self> {
        let mut stream = TcpStream::connect(address)
            .with_context(|| format!("cannot connect to {address}; `ulimit -n` may be too low"))?;
        stream.set_nodelay(true)?;
        stream.write_all(HANDSHAKE.as_bytes())?;
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            stream
                .read_exact(&mut byte)
                .context("the gateway closed the connection during the handshake")?;
            head.push(byte[0]);
        }
        ensure!(
            head.starts_with(b"HTTP/1.1 101"),
            "the gateway refused: {}",
            String::from_utf8_lossy(&head)
        );
        Ok(Self(stream))
    }

    /// Sends a message that no route accepts, and returns the text of the error frame.
    pub(crate) fn ask(&mut self) -> Result<String> {
        self.0.write_all(&UNROUTED)?;
        let mut head = [0; 2];
        self.0.read_exact(&mut head)?;
        let mut length = usize::from(head[1]);
        if length == 126 {
            self.0.read_exact(&mut head)?;
            length = usize::from(u16::from_be_bytes(head));
        }
        let mut text = vec![0; length];
        self.0.read_exact(&mut text)?;
        String::from_utf8(text).context("the frame is not text")
    }

    /// The id of the connection.
    pub(crate) fn id(&mut self) -> Result<String> {
        let frame: serde_json::Value = serde_json::from_str(&self.ask()?)?;
        let id = frame["connectionId"].as_str();
        id.map(ToOwned::to_owned)
            .context("the error frame has no connectionId")
    }

    /// Makes [`Self::drain`] return at once.
    pub(crate) fn set_nonblocking(&self) -> Result<()> {
        Ok(self.0.set_nonblocking(true)?)
    }

    /// Discards what was received, and returns its length in bytes.
    pub(crate) fn drain(&mut self, buffer: &mut [u8]) -> Result<usize> {
        match self.0.read(buffer) {
            Ok(length) => Ok(length),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(0),
            Err(error) => Err(error.into()),
        }
    }
}
