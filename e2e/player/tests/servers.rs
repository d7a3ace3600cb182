//! Transcripts against third-party servers. From npm: Socket.IO, graphql-ws, rpc-websockets, tRPC, `SockJS`, Faye, `PeerJS`, Fastify,
//! `ShareDB`, Hocuspocus (Yjs), OCPP, a STOMP broker, an MQTT broker, `MessagePack` and ws; and the inspector of Node.js. From `PyPI`:
//! websockets, Starlette, python-socketio, Tornado, Django Channels and Strawberry GraphQL.
//!
//! `PAPAGAIO_NODE_SERVERS` names a directory whose `node_modules` contains the former, and `PAPAGAIO_PYTHON_SERVERS` a Python interpreter
//! that has the latter; `cargo xtask test` sets both. Without them, the tests say so and try nothing. Each `servers/NAME.cjs` or
//! `servers/NAME.py` prints its port, perhaps followed by variables `NAME=VALUE`, and `servers/NAME.wscat` is played against it.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context as _, Result};
use libtest_mimic::{Arguments, Trial};
use papagaio::endpoint::Target;
use papagaio::files;
use papagaio::format;
use papagaio::player::{Player, Settings};
use papagaio::process::Process;

/// How long each line may wait. A busy machine must not fail a test.
const LIMIT: Duration = Duration::from_secs(30);

fn main() -> Result<ExitCode> {
    let arguments = Arguments::from_args();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers");
    let trials = files::find(&[folder])?.into_iter().map(|path| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        Trial::test(name.into_owned(), move || {
            passes(&path).map_err(|error| format!("{error:#}").into())
        })
    });
    Ok(libtest_mimic::run(&arguments, trials.collect()).exit_code())
}

/// The server beside `path`, a transcript; `None` if what it needs is not installed.
fn server(path: &Path) -> Option<Command> {
    let python = path.with_extension("py");
    let server = if python.exists() {
        let mut server = Command::new(variable("PAPAGAIO_PYTHON_SERVERS")?);
        server.arg(python);
        server
    } else {
        let packages = variable("PAPAGAIO_NODE_SERVERS")?;
        let mut server = Command::new("node");
        server.arg(path.with_extension("cjs"));
        server.env("NODE_PATH", Path::new(&packages).join("node_modules"));
        server
    };
    Some(server)
}

/// The value of an environment variable; says so if there is none.
fn variable(variable: &str) -> Option<OsString> {
    let value = std::env::var_os(variable);
    if value.is_none() {
        eprintln!("not tried, because {variable} is not set");
    }
    value
}

/// Starts the server of `path`, and plays `path` against it.
fn passes(path: &Path) -> Result<()> {
    let Some(server) = server(path) else {
        return Ok(());
    };
    let (_server, line) = Process::spawn_until(server, LIMIT, |line| Some(line.to_owned()))?;
    let mut words = line.split_whitespace();
    let port = words.next().context("the server printed no port")?;
    let url = format!("ws://127.0.0.1:{port}");
    let mut settings = Settings {
        target: Some(Target::server_of(&url.parse()?)),
        ..Settings::new(LIMIT)
    };
    settings.variables.insert_secret("token", "letmein");
    for (name, value) in words.filter_map(|word| word.split_once('=')) {
        settings.variables.insert(name, value);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let name = path.display().to_string();
    format::transcript(&name, &std::fs::read_to_string(path)?)?;
    for transcript in files::read(path)? {
        runtime.block_on(Player::new(&settings).play(&transcript))?;
    }
    Ok(())
}
