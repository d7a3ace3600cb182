//! The extension `permessage-deflate` (RFC 7692), which tungstenite does not have.
//!
//! [`Inflating`] lies between the byte stream and tungstenite: messages that the server has compressed reach tungstenite as if they had
//! not been. All other bytes pass unchanged, so tungstenite reports violations of the protocol as it does without the extension; only
//! lengths that are not minimal, which it accepts, are reported here.
//! [`Deflater`] compresses what is sent. The handshake decides whether either is used.
//!
//! # Layout
//!
//! - [`agreement`]: what the server has agreed to; pure
//! - [`decoder`]: rewrites compressed frames; pure

mod agreement;
mod decoder;

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use flate2::{Compress, Compression, FlushCompress};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::{Bytes, Message};

pub(crate) use agreement::{Agreement, OFFER};
pub(crate) use decoder::InvalidFrame;

use decoder::Decoder;

/// Shorter messages are not compressed: the threshold of the library below wscat.
const THRESHOLD: usize = 1024;

/// How much is read from the stream at a time.
const CHUNK: usize = 16 * 1024;

/// The end of a compressed message, which is not sent (RFC 7692 §7.2.1).
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

/// A stream whose compressed messages are inflated when they are read, if the handshake agreed on that.
#[derive(Debug)]
pub(crate) struct Inflating<S> {
    stream: S,
    decoder: Decoder,
    unfinished: Unfinished,
}

/// Whether a part of a message has arrived and the rest has not.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unfinished(Arc<AtomicBool>);

impl Unfinished {
    pub(crate) fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn set(&self, unfinished: bool) {
        self.0.store(unfinished, Ordering::Relaxed);
    }
}

impl<S> Inflating<S> {
    /// `max` is the size of the largest message, inflated, in bytes.
    pub(crate) fn new(stream: S, agreement: Option<Agreement>, max: usize) -> Self {
        Self {
            stream,
            decoder: Decoder::new(agreement, max),
            unfinished: Unfinished::default(),
        }
    }

    /// Follows the stream while another task reads it.
    pub(crate) fn unfinished(&self) -> Unfinished {
        self.unfinished.clone()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Inflating<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let decoder = &mut this.decoder;
        let mut chunk = [0; CHUNK];
        loop {
            let room = buffer.remaining();
            let ready = decoder.take(room)?;
            if !ready.is_empty() || room == 0 {
                buffer.put_slice(ready);
                return Poll::Ready(Ok(()));
            }
            let mut chunk = ReadBuf::new(&mut chunk);
            ready!(Pin::new(&mut this.stream).poll_read(context, &mut chunk))?;
            if chunk.filled().is_empty() {
                // The end of the stream. A part of a frame would be useless to tungstenite.
                return Poll::Ready(Ok(()));
            }
            decoder.decode(chunk.filled());
            this.unfinished.set(decoder.is_unfinished());
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Inflating<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

/// Compresses messages that are sent.
#[derive(Debug)]
pub(crate) struct Deflater {
    compress: Compress,
    /// Whether each message is compressed independently of earlier ones.
    forgets: bool,
}

impl Deflater {
    pub(crate) fn new(agreement: Agreement) -> Self {
        Self {
            compress: Compress::new(Compression::default(), false),
            forgets: agreement.client_forgets,
        }
    }

    fn deflate(&mut self, mut data: &[u8]) -> Option<Vec<u8>> {
        let mut deflated = Vec::new();
        loop {
            deflated.reserve(CHUNK);
            let before = self.compress.total_in();
            let status = self
                .compress
                .compress_vec(data, &mut deflated, FlushCompress::Sync);
            status.ok()?;
            let used = usize::try_from(self.compress.total_in() - before).ok()?;
            data = &data[used..];
            // The flush is complete if it left room.
            if data.is_empty() && deflated.len() < deflated.capacity() {
                break;
            }
        }
        if self.forgets {
            self.compress.reset();
        }
        deflated.truncate(deflated.strip_suffix(&TAIL)?.len());
        Some(deflated)
    }
}

/// The frames that send `message`, with at most `max` bytes each. Long messages are compressed if there is a `deflater`.
pub(crate) fn frames(
    message: Message,
    max: usize,
    deflater: Option<&mut Deflater>,
) -> Vec<Message> {
    let mut kind = match &message {
        Message::Text(_) => Data::Text,
        Message::Binary(_) => Data::Binary,
        // Control frames cannot be split (RFC 6455 §5.5) or compressed (RFC 7692 §6.1).
        _ => return vec![message],
    };
    let compressed = deflater
        .filter(|_| message.len() >= THRESHOLD)
        .and_then(|deflater| deflater.deflate(&message.clone().into_data()));
    if compressed.is_none() && message.len() <= max {
        return vec![message];
    }
    let mut is_compressed = compressed.is_some();
    let mut rest = compressed.map_or_else(|| message.into_data(), Bytes::from);
    let mut frames = Vec::new();
    loop {
        let payload = rest.split_to(max.min(rest.len()));
        let mut frame = Frame::message(payload, OpCode::Data(kind), rest.is_empty());
        frame.header_mut().rsv1 = std::mem::take(&mut is_compressed);
        frames.push(Message::Frame(frame));
        if rest.is_empty() {
            return frames;
        }
        kind = Data::Continue;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agreement(text: &str) -> Agreement {
        Agreement::parse(text).unwrap()
    }

    /// Sends `text` with `deflater`, and reads it as a server that compresses would have sent it.
    fn round_trip(deflater: &mut Deflater, decoder: &mut Decoder, text: &str, max: usize) {
        let mut received = Vec::new();
        for frame in frames(Message::text(text), max, Some(deflater)) {
            let Message::Frame(frame) = frame else {
                panic!("{text} is not compressed");
            };
            let mut bytes = Vec::new();
            frame.format(&mut bytes).unwrap();
            decoder.decode(&bytes);
            received.extend_from_slice(decoder.take(usize::MAX).unwrap());
        }
        let expected = text.as_bytes();
        assert!(received.ends_with(&expected[expected.len() - max.min(100)..]));
    }

    #[test]
    fn long_messages_are_compressed_and_read_again() {
        let texts = ["abc ".repeat(1000), "äöü".repeat(70_000), "x".repeat(1024)];
        for terms in [
            "permessage-deflate",
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
        ] {
            let mut deflater = Deflater::new(agreement(terms));
            let mut decoder = Decoder::new(Some(agreement(terms)), usize::MAX);
            for text in &texts {
                round_trip(&mut deflater, &mut decoder, text, usize::MAX);
            }
        }
    }

    #[test]
    fn short_messages_and_control_frames_are_not_compressed() {
        let mut deflater = Deflater::new(agreement("permessage-deflate"));
        let long = [0; 2500].to_vec();
        for message in [Message::text("hello"), Message::Ping(long.into())] {
            let sent = frames(message.clone(), usize::MAX, Some(&mut deflater));
            assert_eq!(sent, [message]);
        }
    }

    #[test]
    fn only_the_first_frame_of_a_message_is_marked_as_compressed() {
        let mut deflater = Deflater::new(agreement("permessage-deflate"));
        let text: String = ('a'..='z').cycle().take(3000).collect();
        let sent = frames(Message::text(text), 10, Some(&mut deflater));
        let marks = sent.iter().map(|frame| match frame {
            Message::Frame(frame) => (frame.header().rsv1, frame.header().is_final),
            other => panic!("{other:?}"),
        });
        let marks: Vec<_> = marks.collect();
        let (first, last) = (marks[0], marks[marks.len() - 1]);
        assert!(marks.len() > 2 && first == (true, false) && last == (false, true));
        assert!(marks[1..].iter().all(|(compressed, _)| !compressed));
    }
}
