//! Transcripts against third-party servers from npm: Socket.IO, graphql-ws, rpc-websockets, tRPC, `SockJS`, Faye, `PeerJS`, Fastify,
//! OCPP, a STOMP broker, an MQTT broker, `MessagePack` and ws; and the inspector of Node.js.
//!
//! `PAPAGAIO_NODE_SERVERS` names a directory whose `node_modules` contains them; `cargo xtask test` sets it. Without it, the tests say
//! so and try nothing. Each `servers/NAME.cjs` prints its port, perhaps followed by variables `NAME=VALUE`, and `servers/NAME.wscat` is played
//! against it.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};
use papagaio::endpoint::Target;
use papagaio::files;
use papagaio::player::{Settings, play};

/// How long each line may wait. A busy machine must not fail a test.
const LIMIT: Duration = Duration::from_secs(30);

/// A server that ends with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // It fails if the server has ended, which is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts `NAME.cjs`, and plays `NAME.wscat` against it.
fn passes(name: &str) -> Result<()> {
    let Some(packages) = std::env::var_os("PAPAGAIO_NODE_SERVERS") else {
        eprintln!("PAPAGAIO_NODE_SERVERS is not set: {name} was not tried");
        return Ok(());
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers");
    let mut server = Command::new("node")
        .arg(folder.join(name).with_extension("cjs"))
        .env("NODE_PATH", Path::new(&packages).join("node_modules"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start node")?;
    let output = server.stdout.take().context("node has no output")?;
    let _server = Server(server);
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let port = words.next().context("the server has ended")?;
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
    for transcript in files::read(&folder.join(name).with_extension("wscat"))? {
        runtime.block_on(play(&transcript, &settings))?;
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
