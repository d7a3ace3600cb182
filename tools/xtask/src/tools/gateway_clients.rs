//! Third-party clients in Python and JavaScript that the gateway is tested with.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use super::cache::Cache;
use super::{debian, npm, python};
use crate::progress::Task;

const BOTO3: &str = "1.44.5";
/// The last version that speaks the query protocol of SQS.
const OLD_BOTO3: &str = "1.28.81";
const NODE_PACKAGES: [&str; 4] = [
    "wscat@6.1.0",
    "@aws-sdk/client-apigatewaymanagementapi@3.1169.0",
    "@aws-sdk/client-lambda@3.1164.0",
    "@aws-sdk/client-sqs@3.1175.0",
];
/// The name of the cache entry; it changes with the packages.
const NODE_CACHE: &str = "wscat-6.1.0-sdk-for-javascript-3.1175.0";

/// Where the clients are installed.
#[derive(Debug)]
pub(crate) struct GatewayClients {
    python: PathBuf,
    old_python: PathBuf,
    node: PathBuf,
}

/// # Errors
/// When Python or Node is missing and cannot be installed, or when the packages cannot be downloaded.
pub(crate) fn provide(cache: &Cache) -> Result<GatewayClients> {
    let boto3 = |version: &str| {
        let package = format!("boto3=={version}");
        python::provide(cache, &format!("boto3-{version}"), &[&package])
    };
    let (python, old_python) = (boto3(BOTO3)?, boto3(OLD_BOTO3)?);
    require_node()?;
    let node = cache.provide(NODE_CACHE, |staging, task| {
        npm::install(&NODE_PACKAGES, staging, task)
    })?;
    Ok(GatewayClients {
        python,
        old_python,
        node,
    })
}

/// Functions in JavaScript run with the `node` on PATH.
fn require_node() -> Result<()> {
    if npm::missing().is_some() && debian::can_install() {
        let task = Task::start("installing Node");
        debian::install(&["nodejs", "npm"], &task)?;
        task.finish();
    }
    match npm::missing() {
        Some(program) => bail!(
            "{program} is not on PATH: the gateway is tested with clients and functions in JavaScript, so install \
             Node 18 or newer from https://nodejs.org"
        ),
        None => Ok(()),
    }
}

impl GatewayClients {
    /// Sets the variables that tell the gateway's tests where the clients are.
    pub(crate) fn tell(&self, tests: &mut Command) {
        tests
            .env("GATEWAY_BOTO3_PYTHON", &self.python)
            .env("GATEWAY_OLD_BOTO3_PYTHON", &self.old_python)
            .env("GATEWAY_NODE_CLIENTS", &self.node);
    }
}
