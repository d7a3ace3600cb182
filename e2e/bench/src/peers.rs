//! The systems that the chat is compared with, in the same run, on the same machine and with the same clients.
//!
//! Decides how each of them is started. [`load`](crate::load) measures them.

mod bare;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use papagaio::stack::{Stack, free_address};
use papagaio::wait;
use tempfile::TempDir;

use crate::{proc, stack};

pub(crate) use bare::serve as serve_bare;

/// How long a peer may take to accept connections.
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
    processes: Vec<Running>,
    stack: Option<Stack>,
    _folder: Option<TempDir>,
}

/// A process that is killed when it is dropped.
#[derive(Debug)]
pub(crate) struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Peer {
    /// This repository's gateway, functions and database.
    pub(crate) fn papo(programs: &Path, template: &Path) -> Result<Self> {
        let stack = stack::start(programs, template)?;
        Ok(Self {
            name: "Papo",
            endpoint: stack.endpoint().to_string(),
            processes: Vec::new(),
            stack: Some(stack),
            _folder: None,
        })
    }

    /// Node handlers in the shape of the original, under serverless-offline with `DynamoDB` Local.
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
        let java = start(&mut java)?;
        accepts(dynamodb)?;

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
        let offline = start(&mut offline)?;
        accepts(endpoint)?;
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
        let (process, port) = start_and_read_line(command)?;
        Self::at_port("npm ws", process, &port, Some(folder))
    }

    /// A broadcast server in this program, on the library of the gateway.
    pub(crate) fn bare() -> Result<Self> {
        let (process, port) = start_bare("bare-chat")?;
        Self::at_port("bare server", process, &port, None)
    }

    fn at_port(
        name: &'static str,
        process: Running,
        port: &str,
        folder: Option<TempDir>,
    ) -> Result<Self> {
        let port: u16 = port
            .parse()
            .with_context(|| format!("{name} printed {port:?} instead of its port"))?;
        Ok(Self {
            name,
            endpoint: format!("ws://127.0.0.1:{port}/"),
            processes: vec![process],
            stack: None,
            _folder: folder,
        })
    }

    /// Its processes and everything that they started.
    pub(crate) fn processes(&self) -> Result<Vec<u32>> {
        let roots = self.processes.iter().map(|process| process.0.id());
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

fn start(command: &mut Command) -> Result<Running> {
    let program = command.get_program().to_owned();
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    Ok(Running(child.with_context(|| {
        format!("cannot start {}", program.display())
    })?))
}

/// Starts this program as one of its bare servers. Returns where it listens, which it prints when it is ready.
pub(crate) fn start_bare(subcommand: &str) -> Result<(Running, String)> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(subcommand);
    start_and_read_line(command)
}

fn start_and_read_line(mut command: Command) -> Result<(Running, String)> {
    let program = command.get_program().to_owned();
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let mut child = child.with_context(|| format!("cannot start {}", program.display()))?;
    let output = child.stdout.take().context("no standard output")?;
    let process = Running(child);
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line)?;
    Ok((process, line.trim().to_owned()))
}

/// Waits until a server accepts connections.
fn accepts(address: std::net::SocketAddr) -> Result<()> {
    wait::until(&format!("a server at {address}"), READY, || {
        let connected = TcpStream::connect(address);
        connected.map(drop).map_err(|error| error.to_string())
    })?;
    Ok(())
}
