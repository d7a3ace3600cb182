//! A whole local stack: the gateway with the real functions and DynamoDB, in a process of its own that ends with its [`Stack`].
//!
//! The room is shared by everybody in a stack, so each test starts its own. Ports are chosen by the system.

mod binaries;
mod dynamodb;
mod gateway;
mod http;
mod local;
mod readiness;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

pub use binaries::build;
pub use dynamodb::Row;
pub use local::{LocalStack, RunningGateway};

use self::readiness::Readiness;
use crate::endpoint::Endpoint;
use crate::process::{Descendants, Process};

/// How long the gateway may take to be ready. It is done in a second, unless the machine is busy.
const READY: Duration = Duration::from_mins(1);

/// The same where it has to build the functions first.
const READY_AND_BUILT: Duration = Duration::from_mins(20);

/// How long the gateway may take to end its functions and itself.
const END: Duration = Duration::from_secs(20);

/// The template's names of what tests look at.
const TABLE: &str = "ConnectionsTable";

/// A running stack. Ends its processes when it is dropped; if the test has panicked, it prints their log first.
#[derive(Debug)]
#[must_use = "the stack ends when it is dropped"]
pub struct Stack {
    process: Process,
    readiness: Readiness,
}

/// What a stack is started with.
#[derive(Clone, Debug)]
#[must_use = "nothing is started yet"]
pub struct Builder {
    template: PathBuf,
    executables: Executables,
    listen: SocketAddr,
    data: Option<PathBuf>,
    site: Option<PathBuf>,
    arguments: Vec<String>,
}

/// Where the gateway and the functions come from.
#[derive(Clone, Debug)]
enum Executables {
    /// Built by cargo from this repository, beside the test that runs.
    BuiltHere,
    /// An installed gateway. It builds the functions itself, unless there is a folder with them.
    Installed {
        gateway: PathBuf,
        functions: Option<PathBuf>,
    },
}

impl Stack {
    /// Starts a stack on a free port, with its tables in memory.
    ///
    /// # Errors
    ///
    /// If the binaries cannot be built, or the gateway does not become ready.
    pub fn start() -> Result<Self> {
        Self::builder().start()
    }

    /// A stack on a free port, with its tables in memory, unless told otherwise.
    pub fn builder() -> Builder {
        Builder {
            template: repository().join("lambdas/template.yaml"),
            executables: Executables::BuiltHere,
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            data: None,
            site: None,
            arguments: Vec::new(),
        }
    }

    /// A stack of this template, by the gateway that is installed beside this program or on `PATH`. It builds the functions, unless
    /// they are in the folder `functions`.
    ///
    /// # Errors
    ///
    /// If there is no gateway.
    pub fn of_template(
        template: impl Into<PathBuf>,
        functions: Option<PathBuf>,
    ) -> Result<Builder> {
        let gateway = binaries::installed_gateway()?;
        Ok(Builder {
            template: template.into(),
            executables: Executables::Installed { gateway, functions },
            ..Self::builder()
        })
    }

    /// Where clients connect.
    pub fn endpoint(&self) -> &Endpoint {
        &self.readiness.endpoint
    }

    /// Where the app is, if it is served. Ends with a slash.
    pub fn site(&self) -> Option<&str> {
        self.readiness.site.as_deref()
    }

    /// The rows of the connections table.
    ///
    /// # Errors
    ///
    /// If DynamoDB does not answer, or with something else than rows.
    pub fn rows(&self) -> Result<Vec<Row>> {
        dynamodb::scan(&self.readiness.dynamodb, self.table()?)
    }

    /// Writes a row, as if somebody had connected and vanished.
    ///
    /// # Errors
    ///
    /// If DynamoDB does not take it.
    pub fn put_row(&self, row: &Row) -> Result<()> {
        dynamodb::put(&self.readiness.dynamodb, self.table()?, row)
    }

    fn table(&self) -> Result<&str> {
        let table = self.readiness.tables.get(TABLE);
        table
            .map(String::as_str)
            .with_context(|| format!("the gateway has no table {TABLE}"))
    }

    /// Runs the scheduled function `name` at once, and waits until it is done. Gives what it returned.
    ///
    /// # Errors
    ///
    /// If there is no such schedule, or the function fails.
    pub fn fire(&self, name: &str) -> Result<Value> {
        gateway::fire(self.endpoint(), name)
    }

    /// Everything that the gateway has started and that runs now.
    ///
    /// # Errors
    ///
    /// If the system does not say.
    pub fn descendants(&self) -> Result<Descendants> {
        self.process.descendants()
    }

    /// What the gateway has printed so far.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// Asks the gateway to end, as Ctrl-C does, and waits until it has.
    ///
    /// # Errors
    ///
    /// If it does not end in time. It is killed then.
    pub fn stop(mut self) -> Result<ExitStatus> {
        self.process.terminate(END)
    }

    /// Kills the gateway: it has no time to say anything to anybody.
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
    pub fn template_path(&self) -> &Path {
        &self.template
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

    /// Adds an argument of the gateway's, e.g. `--idle-timeout=2s`.
    pub fn argument(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Builds the binaries, if that has not been done, starts the gateway and waits until it is ready.
    ///
    /// # Errors
    ///
    /// If the binaries cannot be built, or the gateway does not become ready.
    pub fn start(self) -> Result<Stack> {
        let (gateway, functions) = match self.executables {
            Executables::BuiltHere => {
                let folder = binaries::build()?;
                (folder.join("gateway"), Some(folder.to_owned()))
            }
            Executables::Installed { gateway, functions } => (gateway, functions),
        };
        let mut command = Command::new(gateway);
        command
            .arg("--template")
            .arg(&self.template)
            .arg("--listen")
            .arg(self.listen.to_string());
        let limit = if let Some(functions) = &functions {
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
        command.args(&self.arguments);
        let (process, lines) = Process::spawn(command)?;
        match Readiness::wait(&lines, limit) {
            Ok(readiness) => Ok(Stack { process, readiness }),
            Err(error) => bail!("the gateway: {error}\n{}", process.log_at_end()),
        }
    }
}

/// The root of the repository.
pub fn repository() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).unwrap_or(package)
}

/// An address on this machine that is free now, for what has to come back to the same one. Where nothing has to, port 0 is better.
///
/// # Errors
///
/// If the system has none.
pub fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port is free")?;
    Ok(listener.local_addr()?)
}
