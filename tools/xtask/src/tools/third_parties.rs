//! Third-party clients and servers in Python and JavaScript that the tests use.

use std::process::Command;

use anyhow::Result;

use super::cache::Cache;
use super::{debian, npm, python};
use crate::progress::Task;

// All versions are exact, so that a new release cannot fail a build.

/// Clients of the gateway.
const BOTO3: [&str; 1] = ["boto3==1.44.5"];

/// The last version that speaks the query protocol of SQS.
const OLD_BOTO3: [&str; 1] = ["boto3==1.28.81"];

const NODE_CLIENTS: [&str; 4] = [
    "wscat@6.1.0",
    "@aws-sdk/client-apigatewaymanagementapi@3.1169.0",
    "@aws-sdk/client-lambda@3.1164.0",
    "@aws-sdk/client-sqs@3.1175.0",
];

/// What the chat client of `e2e/clients` imports.
const CHAT_CLIENT: [&str; 1] = ["websockets==17.4"];

/// Servers that `papagaio` is tested with.
const NODE_SERVERS: [&str; 19] = [
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
    "@hocuspocus/server@3.4.4",
    "yjs@13.6.33",
];

const PYTHON_SERVERS: [&str; 9] = [
    "websockets==17.4",
    "starlette==1.10.0",
    "uvicorn==0.54.0",
    "python-socketio==5.18.1",
    "aiohttp==3.14.5",
    "tornado==6.6.1",
    "strawberry-graphql==0.341.2",
    "channels==4.3.2",
    "daphne==4.2.3",
];

/// Installs all of them, and sets the variables that tell the tests where they are.
pub(crate) fn provide(cache: &Cache, tests: &mut Command) -> Result<()> {
    if is_node_to_be_installed() {
        let task = Task::start("installing Node");
        debian::install(&["nodejs", "npm"], &task)?;
        task.finish();
    }
    require()?;
    for (variable, packages) in [
        ("GATEWAY_BOTO3_PYTHON", &BOTO3[..]),
        ("GATEWAY_OLD_BOTO3_PYTHON", &OLD_BOTO3),
        ("PAPO_PYTHON", &CHAT_CLIENT),
        ("PAPAGAIO_PYTHON_SERVERS", &PYTHON_SERVERS),
    ] {
        tests.env(variable, python::provide(cache, packages)?);
    }
    for (variable, packages) in [
        ("GATEWAY_NODE_CLIENTS", &NODE_CLIENTS[..]),
        ("PAPAGAIO_NODE_SERVERS", &NODE_SERVERS),
    ] {
        tests.env(variable, npm::provide(cache, packages)?);
    }
    Ok(())
}

/// The oldest Node that runs these packages and functions in JavaScript.
const NODE: u32 = 18;

/// Fails unless [`provide`] will find Python and Node, or install them.
///
/// # Errors
/// When something is missing or too old, with the remedy.
pub(crate) fn require() -> Result<()> {
    python::require(python::FOR_TESTS)?;
    if is_node_to_be_installed() {
        return Ok(());
    }
    npm::require(NODE)
}

fn is_node_to_be_installed() -> bool {
    npm::missing().is_some() && debian::can_install()
}
