//! A server on the loopback interface that gives every request the same scripted response.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// The response to every request.
#[derive(Clone, Copy)]
pub(crate) enum Answer {
    /// Sends this, with CRLF line ends and the content length.
    Text(&'static str),
    /// Sends the same to the first request of each connection; reads the second and closes the connection.
    TextOnce(&'static str),
    /// Reads the request and does not respond.
    Silence,
    /// Reads the request and closes the connection.
    HangUp,
    /// Sends part of a response and closes the connection.
    CutOff,
}

/// The server; remembers its requests.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(crate) async fn answering(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            requests: Arc::default(),
        };
        let requests = Arc::clone(&server.requests);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, answer, Arc::clone(&requests)));
            }
        });
        server
    }

    /// Returns and forgets the requests, as `METHOD PATH BODY`.
    pub(crate) fn take_requests(&self) -> Vec<String> {
        std::mem::take(&mut *self.requests.lock().unwrap())
    }

    /// The requests so far, as `METHOD PATH BODY`.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// Serves requests on one connection until it is closed.
async fn serve(
    stream: TcpStream,
    answer: Answer,
    requests: Arc<Mutex<Vec<String>>>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    for served in 0.. {
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            if line.trim().is_empty() {
                break;
            }
            head.push(line.trim().to_owned());
        }
        let length = head.iter().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.trim().parse().ok())?
        });
        let mut body = vec![0; length.unwrap_or(0)];
        stream.read_exact(&mut body).await?;
        let line = head[0].trim_end_matches(" HTTP/1.1");
        let body = String::from_utf8_lossy(&body);
        requests
            .lock()
            .unwrap()
            .push(format!("{line} {body}").trim().to_owned());
        match answer {
            Answer::TextOnce(_) if served > 0 => return Ok(()),
            Answer::Text(text) | Answer::TextOnce(text) => {
                let (head, body) = text.split_once("\n\n").unwrap();
                let head = head.replace('\n', "\r\n");
                let length = body.len();
                stream
                    .write_all(
                        format!("{head}\r\ncontent-length: {length}\r\n\r\n{body}").as_bytes(),
                    )
                    .await?;
            }
            Answer::Silence => std::future::pending().await,
            Answer::HangUp => return Ok(()),
            Answer::CutOff => {
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-le").await?;
                return Ok(());
            }
        }
    }
    Ok(())
}
