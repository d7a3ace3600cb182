//! Assembles the gateway from a template, and shuts it down in order. `launch` makes the stack's functions and schedules run.

mod launch;

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use tokio::{
    net::TcpListener,
    time::{Instant, timeout, timeout_at},
};
use tracing::{info, warn};

use crate::{
    api::{Api, Backends},
    aws_hosts::StandIn,
    clock::Clock,
    cross_origin::Allowed,
    dynamodb::{self, DynamoDb},
    event_source,
    functions::{
        build::{self, Program},
        build_error::BuildError,
        environment::Addresses,
        runtime::RuntimeFiles,
    },
    limits::Limits,
    ready::Ready,
    server,
    services::Services,
    site::Site,
    sns::Topics,
    sqs::Queues,
    tasks::Tasks,
    template::{Archives, Stack},
    tls::{self, Acceptor},
    watch::{self, Watch},
};

/// On shutdown, how long to wait for clients and their `$disconnect` while none of them finishes.
const CLIENTS_STALLED: Duration = Duration::from_secs(5);
/// How long to wait for them in any case. Longer than the integration timeout, so that a `$disconnect` whose process has
/// yet to start is not cut off.
const CLIENTS_END: Duration = Duration::from_secs(45);
/// How long functions and DynamoDB may take to end after that.
const SERVICES_END: Duration = Duration::from_secs(2);

/// What to run and how.
#[derive(Debug, Clone)]
pub struct Config {
    /// The stack.
    pub stack: Stack,
    /// Folder in which tables are kept across restarts; without it they are in memory.
    pub data: Option<PathBuf>,
    /// Whether functions may reach AWS, with the credentials of the gateway's environment.
    pub allow_aws: bool,
    /// Folder of a built web app.
    pub site: Option<PathBuf>,
    /// How long connections may last.
    pub limits: Limits,
    /// Web pages and host names that may use the gateway besides those of this machine.
    pub allowed: Allowed,
    /// Maximum number of processes of one function.
    pub max_concurrency: usize,
    /// Folder with ready-made executables of functions that would otherwise be built with cargo.
    pub functions: Option<PathBuf>,
    /// An executable that hands its arguments to [`crate::become_function`] when the first is
    /// [`crate::EXEC_ARGUMENT`]; with it, functions die with the gateway even when it is killed.
    pub launcher: Option<PathBuf>,
}

/// A gateway that cannot start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A function has no executable.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The tables cannot be served.
    #[error(transparent)]
    DynamoDb(#[from] dynamodb::Error),
    /// `--site` is not a folder.
    #[error("the site {0} is not a folder; build the app first")]
    Site(PathBuf),
    /// The runtime clients cannot be written.
    #[error("cannot write the runtime clients to the temporary folder: {0}")]
    Files(std::io::Error),
    /// No certificate authority could be created.
    #[error(transparent)]
    Tls(#[from] tls::Error),
    /// A port of this machine cannot be used.
    #[error("cannot bind a port: {0}")]
    Port(#[from] std::io::Error),
}

/// A gateway that serves clients.
pub struct Gateway {
    ready: Ready,
    api: Arc<Api>,
    tasks: Tasks,
    /// Removed when the gateway has ended, as are the unpacked archives.
    files: Arc<RuntimeFiles>,
    _archives: Archives,
    /// Keeps other gateways from opening the data as long as this one runs.
    _dynamodb: DynamoDb,
}

impl Gateway {
    /// Builds the functions, creates the tables, and starts serving clients on `listener`.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn start(config: Config, listener: TcpListener) -> Result<Self, Error> {
        if let Some(site) = config.site.as_ref().filter(|site| !site.is_dir()) {
            return Err(Error::Site(site.clone()));
        }
        let stack = &config.stack;
        launch::announce(stack);
        let address = reachable(listener.local_addr()?);
        let shared = Shared {
            address,
            acceptor: Acceptor::new(address.ip())?,
            clock: Clock::default(),
            tasks: Tasks::default(),
        };
        let files = RuntimeFiles::write(shared.acceptor.authority()).map_err(Error::Files)?;
        let programs =
            build::programs(&stack.functions, config.functions.as_deref(), &files).await?;
        let dynamodb = DynamoDb::start(
            config.data.as_deref(),
            &stack.tables,
            config.allowed.clone(),
            &shared.clock,
            &shared.tasks,
        )
        .await?;
        let ready = Ready::new(stack, address, dynamodb.address, config.site.is_some());
        let archives = stack.archives.clone();
        let addresses = stand_in_for_aws(&config, &dynamodb, &files, &shared).await?;
        let services = Arc::new(services(config, &programs, &addresses, &dynamodb, &shared));
        let (api, tasks) = (Arc::clone(&services.api), shared.tasks);
        // New clients are refused as soon as the present ones are disconnected; functions may still call @connections, so the
        // connections that serve them end with the services.
        tasks.spawn(server::serve(listener, services, tasks.clone()));
        Ok(Self {
            ready,
            api,
            tasks,
            files: Arc::new(files),
            _archives: archives,
            _dynamodb: dynamodb,
        })
    }

    /// What is running, and where.
    pub fn ready(&self) -> &Ready {
        &self.ready
    }

    /// Rebuilds and restarts functions when their sources change, while the gateway runs.
    ///
    /// # Errors
    /// When the sources cannot be watched.
    pub fn watch(&self) -> Result<(), watch::Error> {
        let watch = Watch::new(self.api.functions.clone(), Arc::clone(&self.files))?;
        self.tasks.spawn(watch.run());
        Ok(())
    }

    /// Serves until `shutdown` completes, then disconnects every client with 1001, runs their `$disconnect`, and ends
    /// functions and DynamoDB. Returns within seconds, whatever clients and functions do.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        shutdown.await;
        let count = self.api.connections.count();
        info!("shutting down; connections to close: {count}");
        self.api.closing.cancel();
        self.api.clients.close();
        self.clients_leave().await;
        self.tasks.ending.cancel();
        let tasks = &self.tasks.tracker;
        tasks.close();
        if timeout(SERVICES_END, tasks.wait()).await.is_err() {
            warn!("{} tasks were aborted", tasks.len());
        }
        info!("stopped");
    }

    /// Waits until all clients have left, for as long as they keep leaving.
    async fn clients_leave(&self) {
        let clients = &self.api.clients;
        let deadline = Instant::now() + CLIENTS_END;
        loop {
            let left = clients.len();
            let patience = (Instant::now() + CLIENTS_STALLED).min(deadline);
            if timeout_at(patience, clients.wait()).await.is_ok() {
                return;
            }
            if clients.len() == left || Instant::now() >= deadline {
                warn!("{left} clients or messages were aborted because they made no progress");
                return;
            }
            info!(
                "shutting down: waiting for {} clients or messages",
                clients.len()
            );
        }
    }
}

/// What all parts of a gateway use.
struct Shared {
    /// Under which functions reach the gateway.
    address: SocketAddr,
    acceptor: Acceptor,
    clock: Clock,
    tasks: Tasks,
}

/// Starts what answers in place of AWS; returns the addresses of all services, which functions get.
async fn stand_in_for_aws(
    config: &Config,
    dynamodb: &DynamoDb,
    files: &RuntimeFiles,
    shared: &Shared,
) -> Result<Addresses, Error> {
    let Stack {
        api,
        stored_parameters,
        ..
    } = &config.stack;
    let aws = StandIn::new(&api.domain, shared.address, dynamodb.address);
    let redirected = config
        .allow_aws
        .then(|| aws.services(!stored_parameters.is_empty()));
    let aws = aws
        .start(shared.acceptor.clone(), redirected.clone(), &shared.tasks)
        .await?;
    Ok(Addresses {
        gateway: shared.address.to_string(),
        public_domain: api.domain.clone(),
        stage: api.stage.clone(),
        dynamodb: format!("http://{}", dynamodb.address),
        aws: aws.to_string(),
        redirected,
        files: files.folder().to_owned(),
    })
}

/// Makes functions ready to run, starts the schedules and event sources that invoke them, and creates the services that requests go
/// to.
fn services(
    config: Config,
    programs: &BTreeMap<String, Program>,
    addresses: &Addresses,
    dynamodb: &DynamoDb,
    shared: &Shared,
) -> Services {
    let Shared { clock, tasks, .. } = shared;
    let stack = config.stack;
    let functions = launch::functions(
        stack.functions,
        programs,
        addresses,
        config.max_concurrency,
        config.launcher.as_ref(),
        tasks,
    );
    launch::schedules(&stack.schedules, &functions, clock, tasks);
    let queues = Queues::new(&stack.queues, clock.clone(), shared.address);
    let tables_and_queues = event_source::Services {
        tables: dynamodb.tables.clone(),
        queues: queues.clone(),
        positions: event_source::Positions::open(config.data.as_deref()),
        clock: clock.clone(),
    };
    event_source::start(stack.event_sources, &functions, &tables_and_queues, tasks);
    let backends = Backends {
        functions,
        topics: Topics::new(stack.topics, queues.clone(), clock.clone()),
        queues,
        dynamodb: dynamodb.address,
    };
    let port = shared.address.port();
    let api = Api::new(stack.api, backends, config.limits, clock.clone(), port);
    Services {
        api: Arc::new(api),
        schedules: stack.schedules,
        site: config.site.as_deref().map(Site::new),
        tables_and_queues,
        parameters: launch::parameters(stack.stored_parameters, addresses, clock),
        allowed: config.allowed,
        acceptor: shared.acceptor.clone(),
    }
}

/// The address under which functions on this machine reach a listener that is bound to all of its addresses.
fn reachable(bound: SocketAddr) -> SocketAddr {
    if bound.ip().is_unspecified() {
        SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), bound.port())
    } else {
        bound
    }
}
