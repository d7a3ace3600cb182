//! One case: what a client sends, what it has to hear, and how the connection has to end.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncWrite, AsyncWriteExt, BufReader},
    net::{TcpStream, tcp::OwnedReadHalf},
    time::timeout,
};

use super::wire::{BINARY, CLOSE, Frame, Heard, PONG, TEXT};

/// Longest time for one case. Only one that fails takes so long.
const PATIENCE: Duration = Duration::from_mins(1);

/// How the connection ends.
#[derive(Debug, Clone)]
enum End {
    /// Nothing is wrong: the client closes with 1000 once it has heard everything, and is answered with the same.
    Open,
    /// The server's close frame has one of these codes; any will do when there are none.
    Closed(&'static [u16]),
}

#[derive(Debug, Clone)]
pub(super) struct Case {
    /// Its number in the Autobahn test suite.
    pub(super) id: String,
    sends: Vec<Frame>,
    chop: Option<usize>,
    rounds: usize,
    hears: Option<Vec<Heard>>,
    end: End,
}

impl Case {
    /// A case in which nothing is heard and nothing is wrong.
    pub(super) fn new(id: impl Into<String>, sends: impl IntoIterator<Item = Frame>) -> Self {
        Self {
            id: id.into(),
            sends: sends.into_iter().collect(),
            chop: None,
            rounds: 1,
            hears: Some(Vec::new()),
            end: End::Open,
        }
    }

    /// Written in pieces of so many bytes.
    pub(super) fn chopped(mut self, size: usize) -> Self {
        self.chop = Some(size);
        self
    }

    /// Sent again so many times, each after the answer to the one before.
    pub(super) fn rounds(mut self, rounds: usize) -> Self {
        self.rounds = rounds;
        self
    }

    pub(super) fn hears_text(self, text: impl AsRef<[u8]>) -> Self {
        self.hears(Heard::new(TEXT, text))
    }

    pub(super) fn hears_binary(self, bytes: impl AsRef<[u8]>) -> Self {
        self.hears(Heard::new(BINARY, bytes))
    }

    pub(super) fn hears_pong(self, payload: impl AsRef<[u8]>) -> Self {
        self.hears(Heard::new(PONG, payload))
    }

    fn hears(mut self, frame: Heard) -> Self {
        self.hears.get_or_insert_default().push(frame);
        self
    }

    /// Whether the messages are still answered is left open.
    pub(super) fn hears_anything(mut self) -> Self {
        self.hears = None;
        self
    }

    /// The server sends a close frame with one of these codes, or with any when none is given.
    pub(super) fn closed_with(mut self, codes: &'static [u16]) -> Self {
        self.end = End::Closed(codes);
        self
    }

    /// Runs it against an echo endpoint.
    pub(super) async fn run(&self, server: SocketAddr) -> Result<(), String> {
        let outcome = timeout(PATIENCE, self.talk(server)).await;
        outcome.unwrap_or_else(|_| Err("nothing more happens".to_owned()))
    }

    async fn talk(&self, server: SocketAddr) -> Result<(), String> {
        let stream = TcpStream::connect(server)
            .await
            .map_err(|error| error.to_string())?;
        stream
            .set_nodelay(true)
            .map_err(|error| error.to_string())?;
        let (read, mut write) = stream.into_split();
        let mut read = BufReader::new(read);
        let bytes: Vec<u8> = self.sends.iter().flat_map(Frame::bytes).collect();
        for _ in 0..self.rounds {
            // Both at once, because a server may answer or hang up before it has heard everything.
            let ((), heard) = tokio::join!(self.send(&mut write, &bytes), self.listen(&mut read));
            let (heard, close) = heard?;
            self.compare(&heard)?;
            match (&self.end, close) {
                (End::Open, None) => {}
                (End::Open, Some(close)) => {
                    return Err(format!("closed with {}", close.brief()));
                }
                (End::Closed(codes), Some(close)) => {
                    if !codes.is_empty() && !codes.contains(&close.code()) {
                        return Err(format!("closed with {} and not {codes:?}", close.code()));
                    }
                }
                (End::Closed(_), None) => return Err("dropped without a close frame".to_owned()),
            }
        }
        if let End::Open = self.end {
            self.send(&mut write, &Frame::close(1000, "").bytes()).await;
            match Heard::read(&mut read).await? {
                Some(close) if close.opcode == CLOSE && close.code() == 1000 => {}
                other => return Err(format!("the goodbye was answered with {other:?}")),
            }
        }
        // The server hangs up first (RFC 6455 §7.1.1). It may have to reset a connection on which more was to be read.
        match Heard::read(&mut read).await {
            Ok(Some(more)) => Err(format!("after the close frame came {}", more.brief())),
            Ok(None) | Err(_) => Ok(()),
        }
    }

    async fn send(&self, stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) {
        for piece in bytes.chunks(self.chop.unwrap_or(usize::MAX)) {
            // A server that has hung up is met by who listens.
            if stream.write_all(piece).await.is_err() {
                return;
            }
            if self.chop.is_some() {
                tokio::task::yield_now().await;
            }
        }
    }

    /// Everything up to the close frame, or up to the last frame that is to be heard when there is to be none.
    async fn listen(
        &self,
        stream: &mut BufReader<OwnedReadHalf>,
    ) -> Result<(Vec<Heard>, Option<Heard>), String> {
        let expected = self.hears.as_ref().map_or(usize::MAX, Vec::len);
        let mut heard = Vec::new();
        loop {
            if matches!(self.end, End::Open) && heard.len() == expected {
                return Ok((heard, None));
            }
            match Heard::read(stream).await? {
                Some(close) if close.opcode == CLOSE => return Ok((heard, Some(close))),
                Some(frame) => heard.push(frame),
                None => return Ok((heard, None)),
            }
        }
    }

    /// Pongs may overtake messages and the other way round; among themselves each keep their order.
    fn compare(&self, heard: &[Heard]) -> Result<(), String> {
        let Some(expected) = &self.hears else {
            return Ok(());
        };
        let sorted = |frames: &[Heard]| -> Vec<Heard> {
            let (pongs, messages): (Vec<_>, Vec<_>) = frames
                .iter()
                .cloned()
                .partition(|frame| frame.opcode == PONG);
            [pongs, messages].concat()
        };
        if sorted(heard) == sorted(expected) {
            return Ok(());
        }
        let brief = |frames: &[Heard]| frames.iter().map(Heard::brief).collect::<Vec<_>>();
        Err(format!(
            "heard {:?} and not {:?}",
            brief(heard),
            brief(expected)
        ))
    }
}
