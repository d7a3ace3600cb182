//! One gateway with the stack of `tests/stack`, and clients for it.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use futures::{SinkExt, StreamExt};
use papo_gateway::{
    Config, Error, Gateway, Limits, Ready,
    template::{self, Overrides},
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message, client::IntoClientRequest},
};

/// Longest wait for anything. Only a failing test ever waits so long.
const PATIENCE: Duration = Duration::from_secs(30);

/// What to start; the defaults are those of the gateway.
pub(crate) struct Stack {
    source: String,
    limits: Limits,
    max_concurrency: usize,
    site: Option<PathBuf>,
    data: Option<PathBuf>,
}

/// The file behind every stack.
pub(crate) fn template() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stack/template.yaml")
}

impl Stack {
    pub(crate) fn new() -> Self {
        let source = std::fs::read_to_string(template()).unwrap();
        Self {
            source,
            limits: Limits::default(),
            max_concurrency: 8,
            site: None,
            data: None,
        }
    }

    /// Changes the template.
    #[track_caller]
    pub(crate) fn with(mut self, from: &str, to: &str) -> Self {
        assert!(
            self.source.contains(from),
            "the template does not hold {from:?}"
        );
        self.source = self.source.replace(from, to);
        self
    }

    pub(crate) fn limits(mut self, idle_timeout: Duration, max_duration: Duration) -> Self {
        self.limits = Limits {
            idle_timeout,
            max_duration,
        };
        self
    }

    pub(crate) fn max_concurrency(mut self, most: usize) -> Self {
        self.max_concurrency = most;
        self
    }

    pub(crate) fn site(mut self, folder: &Path) -> Self {
        self.site = Some(folder.to_owned());
        self
    }

    pub(crate) fn data(mut self, folder: &Path) -> Self {
        self.data = Some(folder.to_owned());
        self
    }

    pub(crate) async fn start(self) -> Running {
        self.try_start().await.unwrap()
    }

    /// Starts, or fails as the gateway does.
    pub(crate) async fn try_start(self) -> Result<Running, Error> {
        let folder = TempDir::new().unwrap();
        let events = folder.path().join("events");
        let parameters = [("Events".to_owned(), events.to_str().unwrap().to_owned())].into();
        let stack = template::read(
            &template(),
            &self.source,
            &Overrides {
                parameters,
                stage: None,
            },
        )
        .unwrap();
        let config = Config {
            stack,
            data: self.data,
            site: self.site,
            limits: self.limits,
            max_concurrency: self.max_concurrency,
            functions: None,
            launcher: None,
        };
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let gateway = Gateway::start(config, listener).await?;
        let ready = gateway.ready().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(gateway.run(async {
            // A test that ends without stopping the gateway drops the sender, which stops it too.
            let _ = stopped.await;
        }));
        Ok(Running {
            ready,
            events,
            _folder: folder,
            stop,
            task,
        })
    }
}

/// A gateway that runs.
pub(crate) struct Running {
    pub(crate) ready: Ready,
    events: PathBuf,
    _folder: TempDir,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    pub(crate) fn address(&self) -> SocketAddr {
        self.ready.address
    }

    /// Connects, or fails with the refusal.
    pub(crate) async fn try_connect(
        &self,
        query: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Client, Answer> {
        let mut request = format!("{}{query}", self.ready.endpoint)
            .into_client_request()
            .unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        match timeout(PATIENCE, connect_async(request))
            .await
            .expect("the handshake takes too long")
        {
            Ok((socket, response)) => Ok(Client {
                socket,
                handshake: Answer::of(response.map(Option::unwrap_or_default)),
            }),
            Err(tungstenite::Error::Http(response)) => {
                Err(Answer::of(response.map(Option::unwrap_or_default)))
            }
            Err(error) => panic!("{error}"),
        }
    }

    pub(crate) async fn connect(&self) -> Client {
        self.try_connect("", &[]).await.unwrap()
    }

    /// One HTTP request by hand, so that nothing is escaped or added.
    pub(crate) async fn http(&self, method: &str, path: &str, body: &str) -> Answer {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut answer = Vec::new();
        let exchange = async {
            let mut stream = TcpStream::connect(self.address()).await.unwrap();
            stream.write_all(request.as_bytes()).await.unwrap();
            stream.read_to_end(&mut answer).await.unwrap();
        };
        timeout(PATIENCE, exchange)
            .await
            .expect("the answer takes too long");
        Answer::parse(&String::from_utf8(answer).unwrap())
    }

    /// All events that functions got so far.
    pub(crate) fn events(&self) -> Vec<Value> {
        read_events(&self.events)
    }

    /// Waits for an event of this type.
    pub(crate) async fn event(&self, event_type: &str) -> Value {
        let found = || {
            self.events()
                .into_iter()
                .find(|event| event["requestContext"]["eventType"] == event_type)
        };
        eventually(&format!("a {event_type} event"), found).await
    }

    /// Ends the gateway, waits until it has ended, and returns all events that functions ever got.
    pub(crate) async fn stop(self) -> Vec<Value> {
        let Self {
            stop,
            task,
            events,
            _folder,
            ..
        } = self;
        stop.send(()).unwrap();
        timeout(PATIENCE, task)
            .await
            .expect("the gateway does not end")
            .unwrap();
        read_events(&events)
    }
}

fn read_events(file: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    // The last line may be half written.
    text.lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

/// A connected client.
pub(crate) struct Client {
    pub(crate) socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub(crate) handshake: Answer,
}

impl Client {
    pub(crate) async fn send(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// The next text frame.
    pub(crate) async fn hear(&mut self) -> String {
        match timeout(PATIENCE, self.socket.next())
            .await
            .expect("nothing is heard")
        {
            Some(Ok(Message::Text(text))) => text.to_string(),
            other => panic!("text was expected, not {other:?}"),
        }
    }

    /// Sends an order and returns the answer.
    pub(crate) async fn ask(&mut self, order: &str) -> String {
        self.send(order).await;
        self.hear().await
    }

    /// Code and reason with which the gateway closes, text frames before it skipped.
    pub(crate) async fn closed(&mut self) -> (u16, String) {
        loop {
            match timeout(PATIENCE, self.socket.next())
                .await
                .expect("the connection is not closed")
            {
                Some(Ok(Message::Close(Some(frame)))) => {
                    return (frame.code.into(), frame.reason.to_string());
                }
                Some(Ok(Message::Text(_))) => {}
                other => panic!("a close frame was expected, not {other:?}"),
            }
        }
    }

    /// The id that the gateway gave, learnt from an error frame as any client can.
    pub(crate) async fn id(&mut self) -> String {
        let frame: Value = serde_json::from_str(&self.ask("no route takes this").await).unwrap();
        frame["connectionId"].as_str().unwrap().to_owned()
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
    fn of(response: http::Response<Vec<u8>>) -> Self {
        let headers = response.headers().iter();
        let headers = headers
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        let status = response.status().as_u16();
        Self {
            status,
            headers,
            body: String::from_utf8(response.into_body()).unwrap(),
        }
    }

    fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let mut lines = head.lines();
        let status = lines
            .next()
            .unwrap()
            .split(' ')
            .nth(1)
            .unwrap()
            .parse()
            .unwrap();
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

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Waits until `found` gives something, and says what was waited for when it never does.
pub(crate) async fn eventually<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        sleep(Duration::from_millis(10)).await;
    }
}

/// Whether a process with this id runs (and is not merely waiting to be buried).
pub(crate) fn is_alive(pid: u64) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    status
        .rsplit(')')
        .next()
        .is_some_and(|rest| !rest.is_empty() && !rest.trim_start().starts_with('Z'))
}
