//! Transcripts against third-party servers. From npm: Socket.IO, graphql-ws, rpc-websockets, tRPC, `SockJS`, Faye, `PeerJS`, Fastify,
//! `ShareDB`, Hocuspocus (Yjs), OCPP, a STOMP broker, an MQTT broker, `MessagePack` and ws; and the inspector of Node.js. From `PyPI`:
//! websockets, Starlette, python-socketio, Tornado, Django Channels and Strawberry GraphQL.
//!
//! `PAPAGAIO_NODE_SERVERS` names a directory whose `node_modules` contains the former, and `PAPAGAIO_PYTHON_SERVERS` a Python interpreter
//! that has the latter; `cargo xtask test` sets both. Without them, the tests say so and try nothing. Each `servers/NAME.cjs` or
//! `servers/NAME.py` prints its port, perhaps followed by variables `NAME=VALUE`, and `servers/NAME.wscat` is played against it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};
use papagaio::endpoint::Target;
use papagaio::files;
use papagaio::format;
use papagaio::player::{Player, Settings};
use papagaio::process::Process;

/// How long each line may wait. A busy machine must not fail a test.
const LIMIT: Duration = Duration::from_secs(30);

/// Starts `NAME.cjs`, and plays `NAME.wscat` against it.
fn passes(name: &str) -> Result<()> {
    let Some(packages) = variable("PAPAGAIO_NODE_SERVERS", name) else {
        return Ok(());
    };
    let mut node = Command::new("node");
    node.arg(file(name, "cjs"))
        .env("NODE_PATH", Path::new(&packages).join("node_modules"));
    passes_against(node, name)
}

/// Starts `NAME.py`, and plays `NAME.wscat` against it.
fn passes_in_python(name: &str) -> Result<()> {
    let Some(interpreter) = variable("PAPAGAIO_PYTHON_SERVERS", name) else {
        return Ok(());
    };
    let mut python = Command::new(interpreter);
    python.arg(file(name, "py"));
    passes_against(python, name)
}

/// The value of an environment variable; says so if there is none.
fn variable(variable: &str, name: &str) -> Option<OsString> {
    let value = std::env::var_os(variable);
    if value.is_none() {
        eprintln!("{variable} is not set: {name} was not tried");
    }
    value
}

fn file(name: &str, extension: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers");
    folder.join(name).with_extension(extension)
}

fn passes_against(server: Command, name: &str) -> Result<()> {
    let (_server, line) = Process::spawn_until(server, LIMIT, |line| Some(line.to_owned()))
        .with_context(|| format!("cannot start the server of {name}"))?;
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
    let path = file(name, "wscat");
    format::transcript(name, &std::fs::read_to_string(&path)?)?;
    for transcript in files::read(&path)? {
        runtime.block_on(Player::new(&settings).play(&transcript))?;
    }
    Ok(())
}

#[test]
fn socket_io() -> Result<()> {
    passes("socket-io")
}

#[test]
fn graphql_over_websocket() -> Result<()> {
    passes("graphql-ws")
}

#[test]
fn json_rpc() -> Result<()> {
    passes("rpc")
}

#[test]
fn stomp() -> Result<()> {
    passes("stomp")
}

#[test]
fn sockjs() -> Result<()> {
    passes("sockjs")
}

#[test]
fn bayeux() -> Result<()> {
    passes("faye")
}

#[test]
fn peer_js() -> Result<()> {
    passes("peer")
}

#[test]
fn fastify_with_compression() -> Result<()> {
    passes("fastify")
}

#[test]
fn mqtt() -> Result<()> {
    passes("mqtt")
}

#[test]
fn trpc() -> Result<()> {
    passes("trpc")
}

#[test]
fn charging_stations() -> Result<()> {
    passes("ocpp")
}

#[test]
fn message_pack() -> Result<()> {
    passes("msgpack")
}

#[test]
fn chrome_devtools_protocol() -> Result<()> {
    passes("inspector")
}

#[test]
fn plain_ws() -> Result<()> {
    passes("ws")
}

#[test]
fn documents_edited_together() -> Result<()> {
    passes("sharedb")
}

#[test]
fn documents_of_yjs() -> Result<()> {
    passes("hocuspocus")
}

#[test]
fn websockets_of_python() -> Result<()> {
    passes_in_python("python-websockets")
}

#[test]
fn starlette_on_uvicorn() -> Result<()> {
    passes_in_python("python-starlette")
}

#[test]
fn socket_io_in_python_with_attachments() -> Result<()> {
    passes_in_python("python-socketio")
}

#[test]
fn tornado_with_compression() -> Result<()> {
    passes_in_python("python-tornado")
}

#[test]
fn django_channels_on_daphne() -> Result<()> {
    passes_in_python("python-channels")
}

#[test]
fn both_protocols_of_graphql_subscriptions() -> Result<()> {
    passes_in_python("python-strawberry")
}
