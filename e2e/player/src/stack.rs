//! A local API Gateway with the functions of a SAM template and `DynamoDB`, in a process that ends with its [`Stack`].
//!
//! Connections to one stack can affect each other, so each test or job starts its own. The system chooses the ports.

mod gateway;
mod local;
mod readiness;

use std::collections::BTreeMap;
use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;

pub use local::{LocalStack, RunningGateway};

use self::readiness::Readiness;
use crate::endpoint::Endpoint;
use crate::process::{Descendants, Process};

/// How long the gateway may take to become ready. It usually takes a second; a busy machine needs more.
const READY: Duration = Duration::from_mins(2);

/// The same limit where the gateway builds the functions first.
const READY_AND_BUILT: Duration = Duration::from_mins(20);

/// How long the gateway may take to stop its functions and exit.
const EXIT: Duration = Duration::from_secs(20);

/// A running stack. Dropping it ends its processes, and prints their log first if the thread is panicking.
#[derive(Debug)]
#[must_use = "the stack ends when it is dropped"]
pub struct Stack {
    process: Process,
    readiness: Readiness,
}

/// How to start a stack.
#[derive(Clone, Debug)]
#[must_use = "nothing is started yet"]
pub struct Builder {
    template: PathBuf,
    gateway: PathBuf,
    functions: Option<PathBuf>,
    listen: SocketAddr,
    data: Option<PathBuf>,
    site: Option<PathBuf>,
    parameters: BTreeMap<String, String>,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    log_file: Option<PathBuf>,
    own_process_group: bool,
}

impl Stack {
    /// A stack of `template`, run by the executable `gateway`: on a free port, with its tables in memory, unless configured otherwise.
    /// The gateway builds the functions unless [`Builder::functions`] says where they are.
    pub fn builder(template: impl Into<PathBuf>, gateway: impl Into<PathBuf>) -> Builder {
        Builder {
            template: template.into(),
            gateway: gateway.into(),
            functions: None,
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            data: None,
            site: None,
            parameters: BTreeMap::new(),
            arguments: Vec::new(),
            environment: Vec::new(),
            log_file: None,
            own_process_group: false,
        }
    }

    /// Where clients connect.
    pub fn endpoint(&self) -> &Endpoint {
        &self.readiness.endpoint
    }

    /// Where the built app is served, if it is. Ends with a slash.
    pub fn site(&self) -> Option<&str> {
        self.readiness.site.as_deref()
    }

    /// The address of `DynamoDB`'s HTTP API.
    pub fn dynamodb(&self) -> &str {
        &self.readiness.dynamodb
    }

    /// The name in `DynamoDB` of the table that the template calls `logical_id`.
    ///
    /// # Errors
    ///
    /// If the template has no such table.
    pub fn table(&self, logical_id: &str) -> Result<&str> {
        let table = self.readiness.table(logical_id);
        table.with_context(|| format!("the template has no table {logical_id}"))
    }

    /// Invokes the scheduled function `name` now, waits until it is done, and returns its result.
    ///
    /// # Errors
    ///
    /// If there is no such schedule, or the function fails.
    pub fn fire(&self, name: &str) -> Result<Value> {
        gateway::fire(self.endpoint(), name)
    }

    /// The process ID of the gateway.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// The processes that the gateway has started and that are running now.
    ///
    /// # Errors
    ///
    /// If they cannot be listed on this system.
    pub fn descendants(&self) -> Result<Descendants> {
        self.process.descendants()
    }

    /// How the gateway exited; `None` if it is still running.
    ///
    /// # Errors
    ///
    /// If the system cannot report it.
    pub fn exit_status(&mut self) -> Result<Option<ExitStatus>> {
        self.process.exit_status()
    }

    /// What the gateway has printed so far.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// Asks the gateway to end, as Ctrl-C does, and waits until it has.
    ///
    /// # Errors
    ///
    /// If it does not exit in time; it is killed then.
    pub fn stop(mut self) -> Result<ExitStatus> {
        self.process.terminate(EXIT)
    }

    /// Kills the gateway without giving it time to close its connections.
    ///
    /// # Errors
    ///
    /// If the system refuses.
    pub fn kill(mut self) -> Result<()> {
        self.process.kill()
    }
}

impl Builder {
    /// The template.
    pub(crate) fn template_path(&self) -> &Path {
        &self.template
    }

    /// Takes the functions' executables from this folder.
    pub fn functions(mut self, folder: impl Into<PathBuf>) -> Self {
        self.functions = Some(folder.into());
        self
    }

    /// Listens on this address. See [`free_address`].
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Keeps the tables in this folder.
    pub fn data(mut self, folder: impl Into<PathBuf>) -> Self {
        self.data = Some(folder.into());
        self
    }

    /// Serves the app that was built into this folder.
    pub fn site(mut self, folder: impl Into<PathBuf>) -> Self {
        self.site = Some(folder.into());
        self
    }

    /// Sets a parameter of the template. The last value counts.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.insert(name.into(), value.into());
        self
    }

    /// Adds an argument for the gateway, such as `--idle-timeout=2s`.
    pub fn argument(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Sets an environment variable of the gateway, such as `RUST_LOG`.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Appends the gateway's log to this file instead of keeping it in memory.
    pub fn log_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.log_file = Some(file.into());
        self
    }

    /// Starts the gateway in its own process group, so that Ctrl-C in a terminal does not reach it.
    pub fn own_process_group(mut self) -> Self {
        self.own_process_group = true;
        self
    }

    /// Starts the gateway and waits until it is ready.
    ///
    /// # Errors
    ///
    /// If it cannot be started or does not become ready; the error contains what it printed.
    pub fn start(self) -> Result<Stack> {
        let mut command = Command::new(self.gateway);
        command
            .arg("--template")
            .arg(&self.template)
            .arg("--listen")
            .arg(self.listen.to_string())
            .args(["--ready", "json"]);
        let limit = if let Some(functions) = &self.functions {
            command.arg("--functions").arg(functions);
            READY
        } else {
            READY_AND_BUILT
        };
        match &self.data {
            Some(folder) => command.arg("--data").arg(folder),
            None => command.arg("--memory"),
        };
        if let Some(folder) = &self.site {
            command.arg("--site").arg(folder);
        }
        for (name, value) in &self.parameters {
            command.arg(format!("--parameter={name}={value}"));
        }
        command.args(&self.arguments).envs(self.environment);
        if self.own_process_group {
            command.process_group(0);
        }
        let stderr = match &self.log_file {
            Some(path) => File::options()
                .create(true)
                .append(true)
                .open(path)
                .with_context(|| format!("cannot write {}", path.display()))?
                .into(),
            None => Stdio::piped(),
        };
        let first = |line: &str| Some(line.to_owned());
        let (process, line) = Process::spawn_until_with_stderr(command, stderr, limit, first)?;
        let readiness = Readiness::parse(&line)?;
        Ok(Stack { process, readiness })
    }
}

/// The gateway beside this program, or else on `PATH`.
pub(crate) fn installed_gateway() -> Result<PathBuf> {
    let name = format!("gateway{}", std::env::consts::EXE_SUFFIX);
    let program = std::env::current_exe().context("cannot determine this program's path")?;
    let beside = program.with_file_name(&name);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|folder| folder.join(&name));
    std::iter::once(beside.clone())
        .chain(on_path)
        .find(|candidate| candidate.is_file())
        .with_context(|| {
            format!(
                "no gateway found at {} or on PATH; build it with: cargo build -p papo-gateway",
                beside.display()
            )
        })
}

/// A loopback address that is free now, for a server that must come back at the same address. Elsewhere, prefer port 0.
///
/// # Errors
///
/// If no port can be bound.
pub fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("could not bind a port")?;
    Ok(listener.local_addr()?)
}
