//! Third-party WebSocket servers from npm and `PyPI` that `papagaio` is tested with.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;
use sha2::{Digest as _, Sha256};

use super::cache::Cache;
use super::{npm, python};

/// Exact versions, so that a new release cannot fail a build.
const NODE_PACKAGES: [&str; 17] = [
    "socket.io@4.8.4",
    "graphql-ws@6.4.2",
    "graphql@16.15.0",
    "ws@8.23.0",
    "rpc-websockets@10.0.1",
    "stomp-broker-js@1.3.0",
    "sockjs@0.3.24",
    "faye@1.4.3",
    "aedes@1.2.0",
    "websocket-stream@5.5.2",
    "fastify@5.12.8",
    "@fastify/websocket@11.3.6",
    "peer@1.0.2",
    "ocpp-rpc@2.2.1",
    "@msgpack/msgpack@3.1.3",
    "@trpc/server@11.25.2",
    "sharedb@7.0.0",
];

/// As [`NODE_PACKAGES`].
const PYTHON_PACKAGES: [&str; 7] = [
    "websockets==17.4",
    "starlette==1.10.0",
    "uvicorn==0.54.0",
    "python-socketio==5.18.1",
    "aiohttp==3.14.5",
    "tornado==6.6.1",
    "strawberry-graphql==0.341.2",
];

/// Where the servers are installed.
#[derive(Debug)]
pub(crate) struct WebSocketServers {
    node: PathBuf,
    /// The interpreter.
    python: PathBuf,
}

/// # Errors
/// When Python is missing or the packages cannot be downloaded.
pub(crate) fn provide(cache: &Cache) -> Result<WebSocketServers> {
    let node = cache.provide(&directory_name(&NODE_PACKAGES), |staging, task| {
        npm::install(&NODE_PACKAGES, staging, task)
    })?;
    let name = directory_name(&PYTHON_PACKAGES);
    let python = python::provide(cache, &name, &PYTHON_PACKAGES)?;
    Ok(WebSocketServers { node, python })
}

/// Differs with the packages, whose names are too long for the name of a directory.
fn directory_name(packages: &[&str]) -> String {
    let hash = Sha256::digest(packages.join(" "));
    format!("websocket-servers-{}", hex::encode(&hash[..8]))
}

impl WebSocketServers {
    /// Sets the variables that tell the tests where the servers are.
    pub(crate) fn tell(&self, tests: &mut Command) {
        tests.env("PAPAGAIO_NODE_SERVERS", &self.node);
        tests.env("PAPAGAIO_PYTHON_SERVERS", &self.python);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_has_a_short_name_that_differs_with_the_packages() {
        let many = vec!["a-package-with-a-long-name@1.0.0"; 100];
        assert!(directory_name(&many).len() < 64);
        assert_ne!(directory_name(&["ws@1.0.0"]), directory_name(&["ws@1.0.1"]));
    }
}
