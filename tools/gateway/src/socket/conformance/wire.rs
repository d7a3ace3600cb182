//! Frames as bytes and bytes as frames (RFC 6455 §5.2), for a client that does as it likes.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

pub(super) const CONTINUATION: u8 = 0;
pub(super) const TEXT: u8 = 1;
pub(super) const BINARY: u8 = 2;
pub(super) const CLOSE: u8 = 8;
pub(super) const PING: u8 = 9;
pub(super) const PONG: u8 = 10;

const FIN: u8 = 0x80;
const MASKED: u8 = 0x80;
/// The key of the examples in RFC 6455 §5.7.
const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A frame as a client sends it.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    first: u8,
    masked: bool,
    payload: Vec<u8>,
}

impl Frame {
    pub(super) fn new(opcode: u8, payload: impl AsRef<[u8]>) -> Self {
        Self {
            first: FIN | opcode,
            masked: true,
            payload: payload.as_ref().to_vec(),
        }
    }

    pub(super) fn close(code: u16, reason: impl AsRef<[u8]>) -> Self {
        Self::new(CLOSE, [&code.to_be_bytes(), reason.as_ref()].concat())
    }

    /// More fragments are to follow.
    pub(super) fn unfinished(mut self) -> Self {
        self.first &= !FIN;
        self
    }

    /// With some of the three reserved bits set.
    pub(super) fn reserved(mut self, bits: u8) -> Self {
        self.first |= bits << 4;
        self
    }

    pub(super) fn unmasked(mut self) -> Self {
        self.masked = false;
        self
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let masked = if self.masked { MASKED } else { 0 };
        let mut bytes = vec![self.first];
        match u16::try_from(self.payload.len()) {
            Ok(short @ 0..126) => bytes.push(masked | short.to_be_bytes()[1]),
            Ok(medium) => {
                bytes.push(masked | 0x7e);
                bytes.extend(medium.to_be_bytes());
            }
            Err(_) => {
                bytes.push(masked | 0x7f);
                bytes.extend((self.payload.len() as u64).to_be_bytes());
            }
        }
        if self.masked {
            bytes.extend(KEY);
            let key = KEY.iter().cycle();
            bytes.extend(self.payload.iter().zip(key).map(|(byte, key)| byte ^ key));
        } else {
            bytes.extend(&self.payload);
        }
        bytes
    }
}

/// A whole frame as a server may send it: unfragmented, unmasked, without reserved bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heard {
    pub(super) opcode: u8,
    pub(super) payload: Vec<u8>,
}

impl Heard {
    /// The next frame; nothing at the end of the stream.
    pub(super) async fn read(
        stream: &mut (impl AsyncRead + Unpin),
    ) -> Result<Option<Self>, String> {
        let first = match stream.read_u8().await {
            Ok(first) => first,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error.to_string()),
        };
        if first & 0x70 != 0 || first & FIN == 0 {
            return Err(format!("the server's frame begins with {first:#04x}"));
        }
        let rest = async {
            let length = match stream.read_u8().await? {
                126 => stream.read_u16().await?.into(),
                127 => stream.read_u64().await?,
                short => short.into(),
            };
            let mut payload = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
            stream.read_exact(&mut payload).await?;
            io::Result::Ok(payload)
        };
        let payload = rest.await.map_err(|error| error.to_string())?;
        Ok(Some(Self {
            opcode: first & 0x0f,
            payload,
        }))
    }

    pub(super) fn new(opcode: u8, payload: impl AsRef<[u8]>) -> Self {
        Self {
            opcode,
            payload: payload.as_ref().to_vec(),
        }
    }

    /// The code of a close frame; 1005 stands for none, as in RFC 6455 §7.1.5.
    pub(super) fn code(&self) -> u16 {
        match self.payload.as_slice() {
            [high, low, ..] => u16::from_be_bytes([*high, *low]),
            _ => 1005,
        }
    }

    /// For messages, which would otherwise hold megabytes.
    pub(super) fn brief(&self) -> String {
        let start = &self.payload[..self.payload.len().min(40)];
        let (opcode, length) = (self.opcode, self.payload.len());
        format!("opcode {opcode}, {length} bytes: {}", start.escape_ascii())
    }
}
