//! Records the heads of requests as the client sends them. On AWS, functions see header names with the client's spelling,
//! which the HTTP library does not keep.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::{headers::Spelling, tls::Stream};

/// Bytes of a head that are recorded. Names after them get their usual spelling.
const MAX_HEAD: usize = 8 * 1024;

/// The head of the last handshake that a client sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heads(Arc<Mutex<Vec<u8>>>);

impl Heads {
    /// Wraps the stream of one client.
    pub(crate) fn record(stream: Stream) -> (Recorded, Self) {
        let heads = Self::default();
        (
            Recorded {
                stream,
                heads: heads.clone(),
                in_head: false,
            },
            heads,
        )
    }

    /// The header names of the last handshake. Frees its record.
    pub(crate) fn last(&self) -> Spelling {
        let head = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        Spelling::of_head(&head)
    }

    /// Records bytes that belong to the head of a `GET`, and returns whether the head continues. A head that does not
    /// start a read is missed; that only happens with pipelined requests.
    fn observe(&self, bytes: &[u8], in_head: bool) -> bool {
        if !in_head && !bytes.starts_with(b"GET ") {
            return false;
        }
        let mut head = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !in_head {
            head.clear();
        }
        let room = MAX_HEAD.saturating_sub(head.len());
        head.extend_from_slice(&bytes[..bytes.len().min(room)]);
        head.len() < MAX_HEAD && !head.windows(4).any(|window| window == b"\r\n\r\n")
    }
}

/// A stream whose heads are recorded.
#[derive(Debug)]
pub(crate) struct Recorded {
    stream: Stream,
    heads: Heads,
    in_head: bool,
}

impl AsyncRead for Recorded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let new = &buffer.filled()[before..];
        self.in_head = self.heads.observe(new, self.in_head);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Recorded {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_that_arrives_in_pieces_is_kept_whole() {
        let heads = Heads::default();
        assert!(heads.observe(b"GET / HTTP/1.1\r\nHo", false));
        assert!(!heads.observe(b"st: h\r\n\r\n", true));
        assert_eq!(
            *heads.0.lock().unwrap(),
            b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
        );
        heads.last();
        assert!(heads.0.lock().unwrap().is_empty());
    }

    #[test]
    fn bodies_and_frames_are_not_kept() {
        let heads = Heads::default();
        assert!(!heads.observe(b"POST /x HTTP/1.1\r\n\r\n", false));
        assert!(!heads.observe(b"\x81\x85abcd", false));
        assert!(heads.0.lock().unwrap().is_empty());
    }

    #[test]
    fn endless_heads_are_truncated() {
        let heads = Heads::default();
        assert!(!heads.observe(&[b"GET ".as_slice(), &[b'x'; 2 * MAX_HEAD]].concat(), false));
        assert_eq!(heads.0.lock().unwrap().len(), MAX_HEAD);
    }
}
