//! A whole run: the stack and its clients are started, the plan is carried out, all come to rest, and the account is closed.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use papo_e2e::endpoint::Endpoint;
use papo_e2e::player::Hooks as _;
use papo_e2e::stack::RunningGateway;
use papo_e2e::transcript::Hook;
use papo_protocol::Position;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use crate::client::{Client, Command, Person, Standing};
use crate::gateway::{Gateway, Settings, lasting_address};
use crate::ledger::Ledger;
use crate::plan::{Deed, Fault, Plan, Rates};
use crate::progress::{Progress, Stage};
use crate::proxy::Proxy;
use crate::reader;

/// How often it is looked whether all have come to rest.
const GLANCE: Duration = Duration::from_millis(100);

/// The clean-up's name in the template.
const CLEAN_UP: &str = "garbageCollectionWS";

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
    /// How long it may take in the end until all are quiet.
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

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) ledger: Ledger,
    pub(crate) deeds: Arc<Deeds>,
    pub(crate) reconnections: u64,
    /// For how long the plan was carried out.
    pub(crate) lasted: Duration,
    /// How long it took until all were quiet. `None`: longer than was allowed.
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
    let proxy = Proxy::start(address).await?;
    let person = |number| Person {
        number,
        address: proxy.address(),
        path: gateway.path().to_owned(),
        seed: options.seed.wrapping_add(number as u64 + 1),
    };
    let clients = (0..options.clients)
        .map(person)
        .map(Client::start)
        .collect();
    let mut storm = Storm {
        address,
        path: gateway.path().to_owned(),
        gateway: Arc::new(Mutex::new(Some(gateway))),
        proxy,
        clients,
        deeds: Arc::default(),
        tasks: JoinSet::new(),
        began: Instant::now(),
    };
    storm.rage(options, interrupt, progress).await?;
    let lasted = storm.began.elapsed();
    storm.end(options, lasted, progress).await
}

struct Storm {
    address: SocketAddr,
    path: String,
    /// `None` while it is down.
    gateway: Arc<Mutex<Option<Gateway>>>,
    proxy: Proxy,
    clients: Vec<Client>,
    deeds: Arc<Deeds>,
    /// Restarts and clean-ups that are under way.
    tasks: JoinSet<Result<()>>,
    began: Instant,
}

impl Storm {
    /// Carries out the plan.
    async fn rage(
        &mut self,
        options: &Options,
        mut interrupt: watch::Receiver<bool>,
        progress: &mut Progress,
    ) -> Result<()> {
        let end = self.began + options.lasts;
        for (at, deed) in Plan::new(options.seed, options.clients, &options.rates) {
            let due = (self.began + at).min(end);
            loop {
                tokio::select! {
                    () = sleep_until(due) => break,
                    () = sleep_until(progress.next()) => self.tell(Stage::Storm(options.lasts), progress),
                    _ = interrupt.wait_for(|interrupted| *interrupted) => return Ok(()),
                    Some(done) = self.tasks.join_next() => done??,
                }
            }
            if due == end {
                break;
            }
            self.commit(deed)?;
        }
        // Where nothing is planned, nothing happens for as long.
        tokio::select! {
            () = sleep_until(end) => {}
            _ = interrupt.wait_for(|interrupted| *interrupted) => {}
        }
        Ok(())
    }

    fn commit(&mut self, deed: Deed) -> Result<()> {
        let deeds = &self.deeds;
        match deed {
            Deed::Say {
                client,
                count,
                bytes,
            } => self.clients[client].tell(Command::Say { count, bytes }),
            Deed::Look { client } => self.clients[client].tell(Command::Look),
            Deed::ScrollUp { client } => self.clients[client].tell(Command::ScrollUp),
            Deed::Reload { client, leaving } => {
                self.clients[client].tell(Command::Reload(leaving));
                count(&deeds.reloads);
            }
            Deed::Fault { victim, fault } => {
                if self.proxy.inflict(victim, fault) {
                    count(match fault {
                        Fault::Cut | Fault::Reset | Fault::CutAtOneEnd { .. } => &deeds.cuts,
                        Fault::Stall { .. } => &deeds.stalls,
                        Fault::Delay { .. } => &deeds.delays,
                    });
                }
            }
            Deed::KillFunction { victim } => {
                // While it is down, it has no functions.
                if let Ok(gateway) = self.gateway.try_lock()
                    && let Some(gateway) = &*gateway
                    && let Some(function) = gateway.functions()?.one(victim)
                {
                    function.kill()?;
                    count(&deeds.functions);
                }
            }
            Deed::KillGateway { down } => {
                let (gateway, deeds) = (Arc::clone(&self.gateway), Arc::clone(deeds));
                self.tasks.spawn(async move {
                    // Who is down cannot be killed again.
                    let Ok(mut gateway) = gateway.try_lock() else {
                        return Ok(());
                    };
                    let Some(running) = gateway.take() else {
                        bail!("the gateway could not be started again");
                    };
                    let (settings, left) = running.kill().await?;
                    count(&deeds.gateways);
                    deeds.left_behind.fetch_add(left as u64, Ordering::Relaxed);
                    sleep(down).await;
                    *gateway = Some(Gateway::start(settings).await?);
                    Ok(())
                });
            }
            Deed::CleanUp => {
                let endpoint: Endpoint = format!("ws://{}{}", self.address, self.path).parse()?;
                let gateway =
                    RunningGateway::at(&endpoint).context("the gateway is not on this machine")?;
                let deeds = Arc::clone(deeds);
                self.tasks.spawn(async move {
                    // It fails when the gateway is down, or the function is killed meanwhile.
                    if gateway
                        .run(&Hook::FireSchedule(CLEAN_UP.to_owned()))
                        .await
                        .is_ok()
                    {
                        count(&deeds.clean_ups);
                    }
                    Ok(())
                });
            }
        }
        Ok(())
    }

    /// Lets all come to rest, and closes the account.
    async fn end(
        mut self,
        options: &Options,
        lasted: Duration,
        progress: &mut Progress,
    ) -> Result<Outcome> {
        while let Some(done) = self.tasks.join_next().await {
            done??;
        }
        self.proxy.calm();
        let calm = Instant::now();
        let deadline = calm + options.patience;
        let (quiet_after, (head, log)) = loop {
            if self.seems_quiet() || Instant::now() >= deadline {
                let read = reader::read_log(self.address, &self.path).await?;
                if self.is_quiet(&read.0) {
                    break (Some(calm.elapsed()), read);
                }
                if Instant::now() >= deadline {
                    break (None, read);
                }
            }
            self.tell(
                Stage::Calm(options.patience.saturating_sub(calm.elapsed())),
                progress,
            );
            sleep(GLANCE).await;
        };
        progress.clear();
        let standings = self.standings();
        let mut records = Vec::new();
        for client in self.clients {
            records.push(
                client
                    .leave()
                    .await
                    .context("a client has ended by itself")?,
            );
        }
        let gateway = self.gateway.lock().await.take();
        let left = gateway.context("the gateway is not there")?.stop().await?;
        self.deeds
            .left_behind
            .fetch_add(left as u64, Ordering::Relaxed);
        let mut epochs: Vec<String> = records
            .iter()
            .flat_map(|record| record.epochs.clone())
            .collect();
        epochs.push(head.epoch.as_str().to_owned());
        epochs.sort();
        epochs.dedup();
        Ok(Outcome {
            ledger: Ledger::close(&records, &log),
            deeds: self.deeds,
            reconnections: standings
                .iter()
                .map(|standing| standing.reconnections)
                .sum(),
            lasted,
            quiet_after,
            head,
            epochs,
        })
    }

    fn standings(&self) -> Vec<Standing> {
        self.clients.iter().map(Client::standing).collect()
    }

    /// Whether nobody has anything to send, and all show the same end.
    fn seems_quiet(&self) -> bool {
        let standings = self.standings();
        let same = |pair: &[Standing]| pair[0].shows_up_to == pair[1].shows_up_to;
        standings.iter().all(|standing| standing.waiting == 0) && standings.windows(2).all(same)
    }

    /// Whether nobody has anything to send, and all show the end of the log.
    fn is_quiet(&self, head: &Position) -> bool {
        let end = (head.seq > 0).then_some(head.seq);
        let at_end = |standing: &Standing| standing.waiting == 0 && standing.shows_up_to == end;
        self.standings().iter().all(at_end)
    }

    fn tell(&self, stage: Stage, progress: &mut Progress) {
        progress.tell(stage, self.began.elapsed(), &self.standings(), &self.deeds);
    }
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
