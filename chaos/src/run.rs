//! A whole run: the stack and its clients are started, the plan is carried out, all come to rest, and the account is closed.

mod calm;
mod storm;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result};
use papo_protocol::Position;
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;

use crate::client::{Client, Person, Standing};
use crate::gateway::{Gateway, Settings, lasting_address};
use crate::ledger::Ledger;
use crate::plan::Rates;
use crate::progress::{Progress, Stage};
use crate::proxy::Proxy;
use calm::Calm;

/// What is wanted.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) programs: PathBuf,
    pub(crate) template: PathBuf,
    /// Where data and the log are kept.
    pub(crate) folder: PathBuf,
    pub(crate) clients: usize,
    pub(crate) lasts: Duration,
    pub(crate) seed: u64,
    pub(crate) rates: Rates,
    pub(crate) max_duration: Duration,
    pub(crate) idle_timeout: Duration,
    /// How long nothing may move in the end before all are quiet.
    pub(crate) patience: Duration,
}

impl Options {
    /// Where the gateway's log is.
    pub(crate) fn log(&self) -> PathBuf {
        self.folder.join("gateway.log")
    }
}

/// What was done, as far as it hit something.
#[derive(Debug, Default)]
pub(crate) struct Deeds {
    pub(crate) cuts: AtomicU64,
    pub(crate) stalls: AtomicU64,
    pub(crate) delays: AtomicU64,
    pub(crate) functions: AtomicU64,
    pub(crate) gateways: AtomicU64,
    pub(crate) reloads: AtomicU64,
    pub(crate) clean_ups: AtomicU64,
    /// Functions that were still there after their gateway was gone.
    pub(crate) left_behind: AtomicU64,
}

impl Deeds {
    /// Takes down that so many functions were left behind.
    fn left_behind(&self, functions: usize) {
        let functions = functions as u64;
        self.left_behind.fetch_add(functions, Ordering::Relaxed);
    }
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) ledger: Ledger,
    pub(crate) deeds: Arc<Deeds>,
    pub(crate) reconnections: u64,
    /// For how long the plan was carried out.
    pub(crate) lasted: Duration,
    /// How long it took until all were quiet. `None`: it came to a standstill before.
    pub(crate) quiet_after: Option<Duration>,
    /// Where the log ended.
    pub(crate) head: Position,
    /// The names of all logs that anybody heard of.
    pub(crate) epochs: Vec<String>,
}

impl Outcome {
    /// Whether everything is as it has to be.
    pub(crate) fn is_good(&self) -> bool {
        let left_behind = self.deeds.left_behind.load(Ordering::Relaxed);
        self.ledger.is_clean() && self.epochs.len() <= 1 && left_behind == 0
    }
}

/// Does everything. When `interrupt` becomes true, the plan is cut short.
///
/// # Errors
///
/// If the stack cannot be started, or ends by itself.
pub(crate) async fn run(
    options: &Options,
    interrupt: watch::Receiver<bool>,
    progress: &mut Progress,
) -> Result<Outcome> {
    let scene = Scene::set(options).await?;
    storm::rage(&scene, options, interrupt, progress).await?;
    let lasted = scene.began.elapsed();
    let calm = calm::wait(&scene, options.patience, progress).await?;
    progress.clear();
    scene.close(lasted, calm).await
}

/// The stack, its clients and what is between them.
struct Scene {
    /// Where the gateway is, however often it is started again.
    address: SocketAddr,
    /// The path of its endpoint.
    path: String,
    /// `None` while it is down.
    gateway: Arc<Mutex<Option<Gateway>>>,
    proxy: Proxy,
    clients: Vec<Client>,
    deeds: Arc<Deeds>,
    began: Instant,
}

impl Scene {
    /// Starts everything.
    async fn set(options: &Options) -> Result<Self> {
        let address = lasting_address()?;
        let gateway = Gateway::start(Settings {
            programs: options.programs.clone(),
            template: options.template.clone(),
            listen: address,
            data: options.folder.join("data"),
            log: options.log(),
            max_duration: options.max_duration,
            idle_timeout: options.idle_timeout,
        })
        .await?;
        // Where the system does not say which functions there are, better now than in the middle.
        gateway.functions()?;
        let path = gateway.path().to_owned();
        let proxy = Proxy::start(address).await?;
        let people = (0..options.clients).map(|number| Person {
            number,
            address: proxy.address(),
            path: path.clone(),
            seed: options.seed.wrapping_add(number as u64 + 1),
        });
        Ok(Self {
            clients: people.map(Client::start).collect(),
            address,
            path,
            gateway: Arc::new(Mutex::new(Some(gateway))),
            proxy,
            deeds: Arc::default(),
            began: Instant::now(),
        })
    }

    /// How all clients stand.
    fn standings(&self) -> Vec<Standing> {
        self.clients.iter().map(Client::standing).collect()
    }

    fn tell(&self, stage: Stage, progress: &mut Progress) {
        progress.tell(stage, self.began.elapsed(), &self.standings(), &self.deeds);
    }

    /// Ends everything, and closes the account.
    async fn close(self, lasted: Duration, calm: Calm) -> Result<Outcome> {
        let standings = self.standings();
        let reconnections = standings.iter().map(|standing| standing.reconnections);
        let reconnections = reconnections.sum();
        let mut records = Vec::new();
        for client in self.clients {
            let record = client.leave().await;
            records.push(record.context("a client has ended by itself")?);
        }
        let gateway = self.gateway.lock().await.take();
        let gateway = gateway.context("the gateway is not there")?;
        self.deeds.left_behind(gateway.stop().await?);
        let Calm { after, head, log } = calm;
        let heard_of = records.iter().flat_map(|record| record.epochs.clone());
        let mut epochs: Vec<String> = heard_of.collect();
        epochs.push(head.epoch.as_str().to_owned());
        epochs.sort();
        epochs.dedup();
        Ok(Outcome {
            ledger: Ledger::close(&records, &log),
            deeds: self.deeds,
            reconnections,
            lasted,
            quiet_after: after,
            head,
            epochs,
        })
    }
}
