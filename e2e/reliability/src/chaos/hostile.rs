//! Clients that attack the others: they flood the room, request pages of history without pause, and read nothing.
//!
//! Decides what an attacker sends. It connects past the proxy, from its own address, and again whenever it is
//! disconnected. Its messages may be in the log; the checker tolerates each of them once.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result};
use futures::{SinkExt as _, StreamExt as _};
use serde_json::json;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::{log_reader, source};

/// The request for the largest page of history.
const HISTORY: &str = r#"{"action":"history","after":0}"#;

/// How often it is sent.
const HISTORY_EVERY: Duration = Duration::from_millis(30);

/// How often a burst of messages is sent, beginning with each connection.
const BURST_EVERY: Duration = Duration::from_secs(5);

/// Messages in a burst.
const BURST: usize = 200;

/// The delay before it connects again.
const RECONNECT: Duration = Duration::from_millis(100);

/// For how long the log must not grow after the attack before all of its frames count as handled.
const QUIET: Duration = Duration::from_secs(2);

/// The activity of the attackers.
#[derive(Debug, Default)]
pub(super) struct Attack {
    /// When they began, if they did.
    pub(super) began: Option<Instant>,
    /// The ids of the messages that they sent.
    pub(super) messages: BTreeSet<String>,
    /// Frames that they sent.
    pub(super) frames: u64,
    /// Connections that they opened.
    pub(super) connections: u64,
}

/// Attackers that wait for their time, or attack.
#[derive(Debug)]
pub(super) struct Attackers {
    tasks: JoinSet<Attack>,
    start: Instant,
    stop: watch::Sender<bool>,
    gateway: SocketAddr,
    path: String,
}

impl Attackers {
    /// As many attackers as `count`, which connect to the gateway from `start` on.
    pub(super) fn new(count: usize, gateway: SocketAddr, path: &str, start: Instant) -> Self {
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        for number in 0..count {
            let (path, stopped) = (path.to_owned(), stopped.clone());
            tasks.spawn(async move {
                let mut attacker = Attacker {
                    number,
                    attack: Attack::default(),
                };
                attacker.run(start, gateway, &path, stopped).await;
                attacker.attack
            });
        }
        Self {
            tasks,
            start,
            stop,
            gateway,
            path: path.to_owned(),
        }
    }

    /// Ends the attack, and waits until the back end has handled what it had received.
    pub(super) async fn stop(mut self) -> Result<Attack> {
        self.stop.send_replace(true);
        let mut attack = Attack::default();
        while let Some(ended) = self.tasks.join_next().await {
            let of_one = ended.context("an attacker panicked")?;
            attack.messages.extend(of_one.messages);
            attack.frames += of_one.frames;
            attack.connections += of_one.connections;
        }
        if attack.connections > 0 {
            attack.began = Some(self.start);
            self.wait_until_handled().await?;
        }
        Ok(attack)
    }

    async fn wait_until_handled(&self) -> Result<()> {
        let mut before = None;
        loop {
            let (head, _) = log_reader::read(self.gateway, &self.path).await?;
            if before.as_ref() == Some(&head) {
                return Ok(());
            }
            before = Some(head);
            sleep(QUIET).await;
        }
    }
}

struct Attacker {
    number: usize,
    attack: Attack,
}

impl Attacker {
    async fn run(
        &mut self,
        start: Instant,
        gateway: SocketAddr,
        path: &str,
        mut stopped: watch::Receiver<bool>,
    ) {
        let attack = async {
            sleep_until(start).await;
            loop {
                // A refused handshake or a closed connection does not stop it.
                let _ = self.attack_once(gateway, path).await;
                sleep(RECONNECT).await;
            }
        };
        tokio::select! {
            () = attack => {}
            _ = stopped.wait_for(|stopped| *stopped) => {}
        }
    }

    /// Attacks until the connection is closed.
    async fn attack_once(&mut self, gateway: SocketAddr, path: &str) -> Result<(), Error> {
        let from = source::of_hostile_client(self.number);
        let socket = source::open(from, gateway, path).await?;
        self.attack.connections += 1;
        // The receiving half is never polled, so the client reads nothing.
        let (mut sink, _unread) = socket.split();
        let mut bursts = interval(BURST_EVERY);
        let mut requests = interval(HISTORY_EVERY);
        for ticks in [&mut bursts, &mut requests] {
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        }
        loop {
            tokio::select! {
                _ = bursts.tick() => {
                    for _ in 0..BURST {
                        let message = self.message();
                        self.send(&mut sink, message).await?;
                    }
                }
                _ = requests.tick() => self.send(&mut sink, HISTORY.to_owned()).await?,
            }
        }
    }

    async fn send(
        &mut self,
        sink: &mut futures::stream::SplitSink<WebSocketStream<TcpStream>, Message>,
        frame: String,
    ) -> Result<(), Error> {
        self.attack.frames += 1;
        sink.send(Message::text(frame)).await
    }

    /// The next message, noted before it is sent.
    fn message(&mut self) -> String {
        let (number, message) = (self.number + 1, self.attack.messages.len() + 1);
        let id = format!("hostile-{number}-{message}");
        let text = format!("hostile client {number}, message {message}");
        let frame = json!({"action": "sendMessage", "message": text, "clientMessageId": id});
        self.attack.messages.insert(id);
        frame.to_string()
    }
}
