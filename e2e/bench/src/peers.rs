//! The systems that the chat is compared with, in the same run, on the same machine and with the same clients.
//!
//! Decides how each of them is started. [`load`](crate::load) measures them.

mod bare;

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use papagaio::process::Process;
use papagaio::stack::{Stack, free_address};
use papagaio::wait;
use tempfile::TempDir;

use crate::{proc, stack};

pub(crate) use bare::serve as serve_bare;

/// How long a peer may take to become ready.
const READY: Duration = Duration::from_mins(2);

/// The files of the Node peers.
const FILES: [(&str, &str); 4] = [
    ("handlers.js", include_str!("../peers/original/handlers.js")),
    (
        "create-table.js",
        include_str!("../peers/original/create-table.js"),
    ),
    (
        "serverless.yml",
        include_str!("../peers/original/serverless.yml"),
    ),
    ("ws.js", include_str!("../peers/ws.js")),
];

/// Where the programs of the Node peers are.
#[derive(Clone, Debug)]
pub(crate) struct NodePeers {
    /// The directory `node_modules` with the packages that the peers need.
    pub(crate) modules: PathBuf,
    /// The directory of `DynamoDBLocal.jar`.
    pub(crate) dynamodb: PathBuf,
}

/// A running system. Its processes end when it is dropped.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    /// Where clients connect.
    pub(crate) endpoint: String,
    processes: Vec<Process>,
    stack: Option<Stack>,
    _folder: Option<TempDir>,
}

impl Peer {
    /// This repository's gateway, functions and database.
    pub(crate) fn papo(programs: &Path, template: &Path) -> Result<Self> {
        let stack = stack::start_chat(programs, template)?;
        Ok(Self {
            name: "Papo",
            endpoint: stack.endpoint().to_string(),
            processes: Vec::new(),
            stack: Some(stack),
            _folder: None,
        })
    }

    /// Node handlers in the shape of the original, under serverless-offline with DynamoDB Local.
    ///
    /// The handlers run inside the process of serverless-offline, which is faster than its default of worker threads.
    pub(crate) fn original(node: &NodePeers) -> Result<Self> {
        let folder = node.folder()?;
        let dynamodb = free_address()?;
        let mut java = Command::new("java");
        java.arg("-Djava.library.path=./DynamoDBLocal_lib")
            .args(["-jar", "DynamoDBLocal.jar", "-inMemory", "-port"])
            .arg(dynamodb.port().to_string())
            .current_dir(&node.dynamodb);
        let java = start_at(java, dynamodb)?;

        let (endpoint, http, lambda) = (free_address()?, free_address()?, free_address()?);
        let node = |script: &str| {
            let mut node = Command::new("node");
            node.arg(script)
                .current_dir(folder.path())
                .env("DYNAMODB_ENDPOINT", format!("http://{dynamodb}"))
                .env("CALLBACK_ENDPOINT", format!("http://{endpoint}"))
                .env("AWS_ACCESS_KEY_ID", "bench")
                .env("AWS_SECRET_ACCESS_KEY", "bench")
                .env("SLS_TELEMETRY_DISABLED", "1")
                .env("SLS_NOTIFICATIONS_MODE", "off");
            node
        };
        let created = node("create-table.js").status()?;
        ensure!(created.success(), "create-table.js failed with {created}");
        let mut offline = node("node_modules/serverless/bin/serverless.js");
        offline.args(["offline", "start", "--useInProcess"]);
        for (option, address) in [
            ("--websocketPort", endpoint),
            ("--httpPort", http),
            ("--lambdaPort", lambda),
        ] {
            offline.arg(option).arg(address.port().to_string());
        }
        let offline = start_at(offline, endpoint)?;
        Ok(Self {
            name: "original",
            endpoint: format!("ws://{endpoint}/"),
            processes: vec![offline, java],
            stack: None,
            _folder: Some(folder),
        })
    }

    /// A broadcast server on npm's `ws`.
    pub(crate) fn ws(node: &NodePeers) -> Result<Self> {
        let folder = node.folder()?;
        let mut command = Command::new("node");
        command.arg("ws.js").current_dir(folder.path());
        let (process, port) = start_and_read(command)?;
        Ok(Self::at_port("npm ws", process, port, Some(folder)))
    }

    /// A broadcast server in this program, on the library of the gateway.
    pub(crate) fn bare() -> Result<Self> {
        let (process, port) = start_bare("bare-chat")?;
        Ok(Self::at_port("bare server", process, port, None))
    }

    fn at_port(name: &'static str, process: Process, port: u16, folder: Option<TempDir>) -> Self {
        Self {
            name,
            endpoint: format!("ws://127.0.0.1:{port}/"),
            processes: vec![process],
            stack: None,
            _folder: folder,
        }
    }

    /// Its processes and everything that they started.
    pub(crate) fn processes(&self) -> Result<Vec<u32>> {
        let roots = self.processes.iter().map(Process::id);
        let roots = roots.chain(self.stack.iter().map(Stack::id));
        let families = roots.map(proc::family).collect::<Result<Vec<_>>>()?;
        Ok(families.concat())
    }
}

impl NodePeers {
    /// A directory with the peers' files and their packages.
    fn folder(&self) -> Result<TempDir> {
        let folder = TempDir::new()?;
        for (name, text) in FILES {
            fs::write(folder.path().join(name), text)?;
        }
        std::os::unix::fs::symlink(&self.modules, folder.path().join("node_modules"))?;
        Ok(folder)
    }
}

/// Starts this program as one of its bare servers. Returns its port, or its address, which it prints when it is ready.
pub(crate) fn start_bare<T: FromStr>(subcommand: &str) -> Result<(Process, T)> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(subcommand);
    start_and_read(command)
}

/// Starts a server that prints where it listens.
fn start_and_read<T: FromStr>(command: Command) -> Result<(Process, T)> {
    Process::spawn_until(command, READY, |line| line.parse().ok())
}

/// Starts a server, and waits until it accepts connections at `address`.
fn start_at(command: Command, address: SocketAddr) -> Result<Process> {
    let server = Process::spawn(command)?;
    wait::until(&format!("a server at {address}"), READY, || {
        let connected = TcpStream::connect(address);
        connected.map(drop).map_err(|error| error.to_string())
    })
    .with_context(|| format!("the server printed:\n{}", server.log()))?;
    Ok(server)
}
