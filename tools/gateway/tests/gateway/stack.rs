//! One gateway with the stack of `tests/stack`, and clients for it.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use papo_gateway::{
    Allowed, Config, Error, Gateway, Limits, Ready,
    template::{self, Overrides, Throttle},
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
    time::timeout,
};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::clients;
pub(crate) use crate::clients::{Answer, ByHand, Client, TIMEOUT};

/// What to start; the defaults are those of the gateway.
pub(crate) struct Stack {
    source: String,
    limits: Limits,
    max_concurrency: usize,
    account: Option<Throttle>,
    site: Option<PathBuf>,
    data: Option<PathBuf>,
    allowed: Allowed,
}

/// The file behind most stacks.
pub(crate) fn template() -> PathBuf {
    file("template.yaml")
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/stack")
        .join(name)
}

impl Stack {
    pub(crate) fn new() -> Self {
        Self::of("template.yaml")
    }

    /// The stack of another template in the same folder.
    pub(crate) fn of(name: &str) -> Self {
        let source = std::fs::read_to_string(file(name)).unwrap();
        Self {
            source,
            limits: Limits::default(),
            max_concurrency: 8,
            account: None,
            site: None,
            data: None,
            allowed: Allowed::default(),
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

    /// Changes the folder of the function `door`.
    pub(crate) fn door(self, folder: &Path) -> Self {
        self.with("CodeUri: door", &format!("CodeUri: {}", folder.display()))
    }

    pub(crate) fn limits(mut self, idle_timeout: Duration, max_duration: Duration) -> Self {
        self.limits = Limits {
            idle_timeout,
            max_duration,
        };
        self
    }

    pub(crate) fn max_concurrency(mut self, max: usize) -> Self {
        self.max_concurrency = max;
        self
    }

    /// An account that may make this many requests.
    pub(crate) fn account_burst(mut self, burst: u32) -> Self {
        self.account = Some(Throttle { rate: 0.0, burst });
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

    pub(crate) fn allowed(mut self, allowed: Allowed) -> Self {
        self.allowed = allowed;
        self
    }

    pub(crate) async fn start(self) -> Running {
        self.try_start().await.unwrap()
    }

    /// Starts it, and connects a client.
    pub(crate) async fn start_with_client(self) -> (Running, Client) {
        let stack = self.start().await;
        let client = stack.connect().await;
        (stack, client)
    }

    /// Starts, or fails as the gateway does.
    pub(crate) async fn try_start(self) -> Result<Running, Error> {
        let folder = TempDir::new().unwrap();
        let events = folder.path().join("events");
        let parameters = [("Events".to_owned(), events.to_str().unwrap().to_owned())].into();
        let overrides = Overrides {
            parameters,
            ..Overrides::default()
        };
        let mut stack = template::read(&template(), &self.source, &overrides).unwrap();
        stack.api.throttles.account = self.account;
        let config = Config {
            stack,
            data: self.data,
            site: self.site,
            limits: self.limits,
            allowed: self.allowed,
            max_concurrency: self.max_concurrency,
            functions: None,
            allow_aws: false,
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

/// A running gateway.
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
        Client::connect(request).await
    }

    /// The response that refuses a handshake.
    pub(crate) async fn refusal(&self, query: &str) -> Answer {
        let refused = self.try_connect(query, &[]).await;
        refused.err().expect("the client is admitted")
    }

    pub(crate) async fn connect(&self) -> Client {
        self.try_connect("", &[]).await.unwrap()
    }

    /// One HTTP request by hand, so that nothing is escaped or added.
    pub(crate) async fn http(&self, method: &str, path: &str, body: &str) -> Answer {
        self.http_with(method, path, "", body).await
    }

    /// The same, with more headers.
    pub(crate) async fn http_with(
        &self,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> Answer {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut answer = Vec::new();
        let exchange = async {
            let mut stream = TcpStream::connect(self.address()).await.unwrap();
            stream.write_all(request.as_bytes()).await.unwrap();
            stream.read_to_end(&mut answer).await.unwrap();
        };
        timeout(TIMEOUT, exchange)
            .await
            .expect("the answer takes too long");
        Answer::parse(&String::from_utf8(answer).unwrap())
    }

    /// Sends a handshake by hand, and waits until it is accepted.
    pub(crate) async fn by_hand(&self, request: &str) -> ByHand {
        let mut stream = ByHand(TcpStream::connect(self.address()).await.unwrap());
        stream.write(request.as_bytes()).await;
        let head = stream.head().await;
        assert!(head.starts_with("http/1.1 101"), "{head}");
        stream
    }

    /// All events that functions have received so far.
    pub(crate) fn events(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(&self.events).unwrap_or_default();
        // The last line may be half written.
        let events = text.lines().map(serde_json::from_str);
        events.filter_map(Result::ok).collect()
    }

    /// All events of this type that functions have received so far.
    pub(crate) fn events_of(&self, event_type: &str) -> Vec<Value> {
        let mut events = self.events();
        events.retain(|event| event["requestContext"]["eventType"] == event_type);
        events
    }

    /// Waits for an event of this type.
    pub(crate) async fn event(&self, event_type: &str) -> Value {
        let first = || self.events_of(event_type).into_iter().next();
        eventually(&format!("a {event_type} event"), first).await
    }

    /// Stops the gateway.
    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        let ended = timeout(TIMEOUT, self.task).await;
        ended.expect("the gateway does not end").unwrap();
    }
}

/// Waits until `found` returns something.
pub(crate) async fn eventually<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    clients::eventually(what, async || found()).await
}

/// Whether a process with this id runs and is not a zombie.
#[cfg(target_os = "linux")]
pub(crate) fn is_alive(pid: u64) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    status
        .rsplit(')')
        .next()
        .is_some_and(|rest| !rest.is_empty() && !rest.trim_start().starts_with('Z'))
}

/// Whether a process with this id runs and is not a zombie.
#[cfg(not(target_os = "linux"))]
pub(crate) fn is_alive(pid: u64) -> bool {
    let mut ps = std::process::Command::new("ps");
    let listed = ps.args(["-o", "stat=", "-p", &pid.to_string()]).output();
    let state = String::from_utf8(listed.unwrap().stdout).unwrap();
    !matches!(state.trim().chars().next(), None | Some('Z'))
}
