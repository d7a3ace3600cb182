//! A server of the app's files and of a scripted [`chat`].

mod chat;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use futures::{SinkExt as _, StreamExt as _};
use http::{Method, StatusCode, header};
use http_body_util::{BodyExt, Empty, combinators::UnsyncBoxBody};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use papagaio::wait;
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio_tungstenite::WebSocketStream;
use tower_http::services::ServeDir;
use tungstenite::Message as Frame;
use tungstenite::handshake::derive_accept_key;
use tungstenite::protocol::Role;

use super::subject::Protocol;
use chat::Chat;

/// How long the page may take to connect.
const LIMIT: Duration = Duration::from_mins(1);

type Body = UnsyncBoxBody<Bytes, std::io::Error>;

/// The server. It ends with its runtime.
#[derive(Debug)]
pub(crate) struct Mock {
    pub(crate) address: SocketAddr,
    chat: Arc<Chat>,
}

impl Mock {
    /// Serves the files of `site`, if any, and the chat, on a free port.
    pub(crate) async fn start(protocol: Protocol, site: Option<&Path>) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let chat = Arc::new(Chat::new(protocol));
        // Without files, every path is missing.
        let files = ServeDir::new(site.unwrap_or(Path::new("/nonexistent")));
        tokio::spawn(serve(listener, Arc::clone(&chat), files));
        Ok(Self { address, chat })
    }

    /// Waits until a page is connected.
    ///
    /// # Errors
    ///
    /// If none connects in time.
    pub(crate) async fn wait_for_page(&self) -> Result<()> {
        wait::until_async("a page that connects", LIMIT, async || {
            match self.chat.frames.receiver_count() {
                0 => Err("there is no connection".to_owned()),
                _ => Ok(()),
            }
        })
        .await?;
        Ok(())
    }

    /// The text at the end of the message that is `ahead` messages after the newest one.
    pub(crate) fn marker(&self, ahead: u32) -> String {
        self.chat.marker(ahead)
    }

    /// Sends `count` messages to the page at once, and returns when the first one was sent.
    pub(crate) fn send_messages(&self, count: u32) -> Result<SystemTime> {
        let frames: Vec<_> = (0..count)
            .map(|_| self.chat.next_message())
            .collect::<Result<_>>()?;
        let start = SystemTime::now();
        for frame in frames {
            let sent = self.chat.frames.send(frame);
            sent.ok().context("the page has closed its WebSocket")?;
        }
        Ok(start)
    }
}

async fn serve(listener: TcpListener, chat: Arc<Chat>, files: ServeDir) {
    while let Ok((stream, _)) = listener.accept().await {
        // If the connection breaks, the page has closed it.
        let _ = stream.set_nodelay(true);
        let (chat, files) = (Arc::clone(&chat), files.clone());
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let (chat, files) = (Arc::clone(&chat), files.clone());
                async move { Ok::<_, Infallible>(answer(request, chat, files).await) }
            });
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            let _ = connection.with_upgrades().await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    chat: Arc<Chat>,
    mut files: ServeDir,
) -> Response<Body> {
    let key = request.headers().get(header::SEC_WEBSOCKET_KEY);
    if let Some(key) = key.filter(|_| request.method() == Method::GET) {
        let accept = derive_accept_key(key.as_bytes());
        tokio::spawn(async move {
            if let Ok(upgraded) = hyper::upgrade::on(request).await {
                let stream = TokioIo::new(upgraded);
                let socket = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
                // It ends when the page closes the connection.
                let _ = converse(socket, &chat).await;
            }
        });
        let mut response = empty(StatusCode::SWITCHING_PROTOCOLS);
        let headers = response.headers_mut();
        headers.insert(
            header::CONNECTION,
            header::HeaderValue::from_static("upgrade"),
        );
        headers.insert(
            header::UPGRADE,
            header::HeaderValue::from_static("websocket"),
        );
        if let Ok(accept) = accept.parse() {
            headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
        }
        return response;
    }
    match files.try_call(request).await {
        Ok(response) => response.map(BodyExt::boxed_unsync),
        Err(_) => empty(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

fn empty(status: StatusCode) -> Response<Body> {
    let body = Empty::new().map_err(|never| match never {}).boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}

async fn converse<S>(mut socket: WebSocketStream<S>, chat: &Chat) -> Result<()>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    // Nothing is broadcast to a page that has not introduced itself.
    let mut frames = None;
    loop {
        let next = async {
            match &mut frames {
                Some(frames) => broadcast::Receiver::recv(frames).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            frame = socket.next() => match frame {
                Some(Ok(Frame::Text(text))) => {
                    if let Some(answer) = chat.answer(&text) {
                        socket.send(Frame::text(answer)).await?;
                        frames.get_or_insert_with(|| chat.frames.subscribe());
                    }
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Ok(()),
            },
            frame = next => {
                // Sends all waiting frames in one write, as a server that is not the bottleneck does.
                socket.feed(Frame::Text(frame?)).await?;
                if frames.as_ref().is_none_or(broadcast::Receiver::is_empty) {
                    socket.flush().await?;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn files_and_the_chat_are_served_on_one_port() {
        let site = tempfile::tempdir().unwrap();
        std::fs::write(site.path().join("index.html"), "a page").unwrap();
        let mock = Mock::start(Protocol::Chat, Some(site.path()))
            .await
            .unwrap();
        assert!(mock.send_messages(1).is_err(), "there is no page yet");

        let url = format!("ws://{}/dev", mock.address);
        let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
        let hello = Frame::text(r#"{"action":"connected"}"#);
        socket.send(hello).await.unwrap();
        let connected = socket.next().await.unwrap().unwrap();
        assert!(connected.to_text().unwrap().contains("connected"));
        mock.wait_for_page().await.unwrap();
        let text = mock.marker(1);
        mock.send_messages(1).unwrap();
        let message = socket.next().await.unwrap().unwrap();
        assert!(message.to_text().unwrap().contains(&text));
    }
}
