//! Third-party clients in Python and JavaScript that the gateway is tested with.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use super::cache::Cache;
use super::{debian, npm, python};
use crate::progress::Task;

const BOTO3: &str = "1.44.5";
const SDK_FOR_JAVASCRIPT: &str = "3.1169.0";
const WSCAT: &str = "6.1.0";

/// Where the clients are installed.
#[derive(Debug)]
pub(crate) struct GatewayClients {
    python: PathBuf,
    node: PathBuf,
}

/// # Errors
/// When Python or Node is missing and cannot be installed, or when the packages cannot be downloaded.
pub(crate) fn provide(cache: &Cache) -> Result<GatewayClients> {
    let boto3 = format!("boto3=={BOTO3}");
    let python = python::provide(cache, &format!("boto3-{BOTO3}"), &[&boto3])?;
    require_node()?;
    let name = format!("wscat-{WSCAT}-sdk-for-javascript-{SDK_FOR_JAVASCRIPT}");
    let packages = [
        format!("wscat@{WSCAT}"),
        format!("@aws-sdk/client-apigatewaymanagementapi@{SDK_FOR_JAVASCRIPT}"),
    ];
    let node = cache.provide(&name, |staging, task| {
        npm::install(&[&packages[0], &packages[1]], staging, task)
    })?;
    Ok(GatewayClients { python, node })
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
            .env("GATEWAY_NODE_CLIENTS", &self.node);
    }
}
