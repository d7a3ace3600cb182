//! Rewrites the frames of a server: frames of compressed messages become uncompressed frames; all others stay as they are.

use std::io;

use flate2::{Decompress, FlushDecompress, Status};

use super::{Agreement, CHUNK, TAIL};

/// The first reserved bit of a frame, which marks a compressed message (RFC 7692 §6).
const RSV1: u8 = 0x40;

/// All reserved bits.
const RSV: u8 = 0x70;

/// The last frame of a message.
const FIN: u8 = 0x80;

/// The bits of a frame's kind, and the kinds that messages consist of.
const OPCODE: u8 = 0x0f;
const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;

/// The kind of close frames.
const CLOSE: u8 = 8;

/// The bit beside the length which says that the frame is masked. Servers must not mask.
const MASK: u8 = 0x80;

/// A violation of the protocol that tungstenite cannot see, or does not look for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidFrame {
    /// It is not compressed as in `permessage-deflate`.
    #[error("invalid compressed data")]
    Deflate,
    /// RFC 6455 §5.2: the minimal number of bytes must be used.
    #[error("a frame's length is written in more bytes than necessary")]
    Length,
}

/// Takes bytes as they arrive, in any portions.
#[derive(Debug)]
pub(super) struct Decoder {
    decompress: Decompress,
    /// How messages are compressed, if they may be.
    agreement: Option<Agreement>,
    /// The largest message, inflated, in bytes.
    max: usize,
    state: State,
    /// Whether a compressed message has begun and not ended. Control frames may come between its frames.
    in_message: bool,
    /// Whether more frames of a message must follow, compressed or not.
    is_fragmented: bool,
    /// How many bytes of the message were inflated in the frames before this one.
    inflated_before: usize,
    /// What the frame has been inflated to.
    inflated: Vec<u8>,
    /// Whether the compressed data ended by itself (RFC 7692 §7.2.3.4).
    has_ended: bool,
    decoded: Vec<u8>,
    /// How much of that has been taken.
    taken: usize,
    /// The error to report when everything before it has been taken.
    failure: Option<InvalidFrame>,
}

/// What the next byte belongs to.
#[derive(Debug)]
enum State {
    /// A header, of which this part has arrived.
    Header(Vec<u8>),
    /// A frame that is not compressed and begins with the byte `first`, with this much to come.
    Plain { first: u8, left: u64 },
    /// A frame of a compressed message that begins with the byte `first`, with this much to come.
    Compressed { first: u8, left: u64 },
    /// Nothing: what follows a close frame is discarded (RFC 6455 §1.4). Some servers send an HTTP response there.
    Closed,
}

impl State {
    /// After a frame that is not compressed and begins with the byte `first`.
    fn after(first: u8) -> Self {
        match first & OPCODE {
            CLOSE => Self::Closed,
            _ => Self::Header(Vec::new()),
        }
    }
}

impl Decoder {
    /// Without an agreement, compressed messages pass unchanged, for tungstenite to report. `max` is the size of the largest
    /// message, inflated, in bytes.
    pub(super) fn new(agreement: Option<Agreement>, max: usize) -> Self {
        Self {
            decompress: Decompress::new(false),
            agreement,
            max,
            state: State::Header(Vec::new()),
            in_message: false,
            is_fragmented: false,
            inflated_before: 0,
            inflated: Vec::new(),
            has_ended: false,
            decoded: Vec::new(),
            taken: 0,
            failure: None,
        }
    }

    /// At most `max` bytes that have been decoded; none until more arrive.
    ///
    /// # Errors
    ///
    /// If the data are invalid, once everything before them has been taken.
    pub(super) fn take(&mut self, max: usize) -> io::Result<&[u8]> {
        let left = self.decoded.len() - self.taken;
        if left == 0 {
            self.decoded.clear();
            self.taken = 0;
            if let Some(failure) = self.failure {
                return Err(io::Error::new(io::ErrorKind::InvalidData, failure));
            }
        }
        let from = self.taken;
        self.taken += left.min(max);
        Ok(&self.decoded[from..self.taken])
    }

    /// Decodes bytes that have arrived.
    pub(super) fn decode(&mut self, mut bytes: &[u8]) {
        while let Some((&byte, after)) = bytes.split_first() {
            if self.failure.is_some() {
                return;
            }
            match &mut self.state {
                State::Header(header) => {
                    bytes = after;
                    header.push(byte);
                    if let Some(length) = payload_length(header) {
                        let header = std::mem::take(header);
                        self.begin(&header, length);
                    }
                }
                State::Plain { first, left } => {
                    let (payload, after) = split(bytes, left);
                    bytes = after;
                    self.decoded.extend_from_slice(payload);
                    if *left == 0 {
                        self.state = State::after(*first);
                    }
                }
                State::Compressed { first, left } => {
                    let (payload, after) = split(bytes, left);
                    bytes = after;
                    let (first, is_complete) = (*first, *left == 0);
                    self.inflate(first, payload);
                    if is_complete {
                        self.end(first);
                    }
                }
                State::Closed => return,
            }
        }
    }

    /// Whether the last frame, or the last message, has not arrived completely.
    pub(super) fn is_unfinished(&self) -> bool {
        let is_between_frames = match &self.state {
            State::Header(header) => header.is_empty(),
            State::Closed => true,
            State::Plain { .. } | State::Compressed { .. } => false,
        };
        self.is_fragmented || !is_between_frames
    }

    fn begin(&mut self, header: &[u8], length: u64) {
        let (first, second) = (header[0], header[1]);
        if first & OPCODE <= BINARY {
            self.is_fragmented = first & FIN == 0;
        }
        let is_minimal = match second & !MASK {
            126 => length >= 126,
            127 => length > u16::MAX.into(),
            _ => true,
        };
        if !is_minimal {
            self.failure = Some(InvalidFrame::Length);
            return;
        }
        let is_compressed = match (first & OPCODE, first & RSV) {
            (TEXT | BINARY, RSV1) if self.agreement.is_some() => {
                self.in_message = true;
                true
            }
            (CONTINUATION, 0) => self.in_message,
            _ => false,
        };
        if is_compressed && second & MASK == 0 {
            self.state = State::Compressed {
                first,
                left: length,
            };
            if length == 0 {
                self.end(first);
            }
        } else {
            self.decoded.extend_from_slice(header);
            self.state = match length {
                0 => State::after(first),
                left => State::Plain { first, left },
            };
        }
    }

    /// Inflates a part of a frame that begins with the byte `first`.
    fn inflate(&mut self, first: u8, mut data: &[u8]) {
        while self.failure.is_none() {
            self.inflated.reserve(CHUNK);
            let before = (self.decompress.total_in(), self.decompress.total_out());
            let inflated = &mut self.inflated;
            let status = self
                .decompress
                .decompress_vec(data, inflated, FlushDecompress::Sync);
            let used = self.decompress.total_in() - before.0;
            let has_progressed = used > 0 || self.decompress.total_out() > before.1;
            data = data
                .get(usize::try_from(used).unwrap_or(0)..)
                .unwrap_or_default();
            if self.inflated_before + self.inflated.len() > self.max {
                // Tungstenite reports the length of this header, and reads no further.
                self.header(first, self.max + 1);
                self.inflated = Vec::new();
                self.state = State::Plain {
                    first,
                    left: u64::MAX,
                };
                return;
            }
            match status {
                Ok(Status::StreamEnd) => {
                    self.decompress.reset(false);
                    self.has_ended = true;
                }
                Ok(_) if has_progressed || data.is_empty() => {}
                Ok(_) | Err(_) => self.failure = Some(InvalidFrame::Deflate),
            }
            // Everything has been inflated if there is room for more.
            if data.is_empty() && self.inflated.len() < self.inflated.capacity() {
                return;
            }
        }
    }

    /// Ends a frame of a compressed message.
    fn end(&mut self, first: u8) {
        if first & FIN != 0 {
            self.inflate(first, &TAIL);
        }
        if self.failure.is_some() || !matches!(self.state, State::Compressed { .. }) {
            return;
        }
        self.header(first, self.inflated.len());
        self.inflated_before += self.inflated.len();
        self.decoded.append(&mut self.inflated);
        self.state = State::Header(Vec::new());
        if first & FIN != 0 {
            self.in_message = false;
            self.inflated_before = 0;
            let forgets = self
                .agreement
                .is_some_and(|agreement| agreement.server_forgets);
            if std::mem::take(&mut self.has_ended) || forgets {
                self.decompress.reset(false);
            }
        }
    }

    /// Writes the header of a frame that is not compressed.
    fn header(&mut self, first: u8, length: usize) {
        self.decoded.push(first & !RSV1);
        match (u8::try_from(length), u16::try_from(length)) {
            (Ok(length @ ..126), _) => self.decoded.push(length),
            (_, Ok(length)) => {
                self.decoded.push(126);
                self.decoded.extend(length.to_be_bytes());
            }
            _ => {
                self.decoded.push(127);
                self.decoded.extend((length as u64).to_be_bytes());
            }
        }
    }
}

/// The length of a frame's payload, if its header is complete (RFC 6455 §5.2).
fn payload_length(header: &[u8]) -> Option<u64> {
    let second = *header.get(1)?;
    let short = second & !MASK;
    let extended = match short {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    let key = if second & MASK == 0 { 0 } else { 4 };
    if header.len() < 2 + extended + key {
        return None;
    }
    Some(match &header[2..2 + extended] {
        [] => short.into(),
        bytes => bytes
            .iter()
            .fold(0, |length, byte| length << 8 | u64::from(*byte)),
    })
}

/// The part of `bytes` that belongs to a payload with `left` bytes to come, and the rest.
fn split<'a>(bytes: &'a [u8], left: &mut u64) -> (&'a [u8], &'a [u8]) {
    let max = usize::try_from(*left).unwrap_or(usize::MAX);
    let (payload, rest) = bytes.split_at(max.min(bytes.len()));
    *left -= payload.len() as u64;
    (payload, rest)
}

#[cfg(test)]
mod tests;
