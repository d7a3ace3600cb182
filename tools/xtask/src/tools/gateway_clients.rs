//! Clients of the gateway that nobody here wrote, in Python and JavaScript: its tests run them against it.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use super::cache::Cache;
use super::{debian, npm, python};

const BOTO3: &str = "1.44.5";
const SDK_FOR_JAVASCRIPT: &str = "3.1169.0";
const WSCAT: &str = "6.1.0";

/// Where they are.
#[derive(Debug)]
pub(crate) struct GatewayClients {
    python: PathBuf,
    node: PathBuf,
}

/// # Errors
/// When Python or Node is missing and cannot be installed, or when the packages cannot be fetched.
pub(crate) fn provide(cache: &Cache) -> Result<GatewayClients> {
    let boto3 = format!("boto3=={BOTO3}");
    let python = python::provide(cache, &format!("boto3-{BOTO3}"), &[&boto3])?;
    require_node()?;
    let name = format!("wscat-{WSCAT}-sdk-for-javascript-{SDK_FOR_JAVASCRIPT}");
    let packages = [
        format!("wscat@{WSCAT}"),
        format!("@aws-sdk/client-apigatewaymanagementapi@{SDK_FOR_JAVASCRIPT}"),
    ];
    let node = cache.provide(&name, |staging| {
        npm::install(&[&packages[0], &packages[1]], staging)
    })?;
    Ok(GatewayClients { python, node })
}

/// Functions in JavaScript are run by whatever `node` is on PATH.
fn require_node() -> Result<()> {
    if npm::missing().is_some() && debian::can_install() {
        debian::install(&["nodejs", "npm"])?;
    }
    match npm::missing() {
        Some(program) => bail!(
            "{program} is not on PATH: the gateway is tried with clients and functions in JavaScript, so install Node 18 \
             or newer from https://nodejs.org"
        ),
        None => Ok(()),
    }
}

impl GatewayClients {
    /// Tells the gateway's tests where to find them.
    pub(crate) fn tell(&self, tests: &mut Command) {
        tests
            .env("GATEWAY_BOTO3_PYTHON", &self.python)
            .env("GATEWAY_NODE_CLIENTS", &self.node);
    }
}
