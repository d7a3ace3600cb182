//! ministack, a mock of AWS that runs on this machine, from PyPI.

use std::process::Command;

use anyhow::Result;

use super::cache::Cache;
use super::python;
use crate::workspace::Workspace;

/// The mock, and a translator that accepts the boto3 that it requires.
const PACKAGES: [&str; 2] = ["ministack==1.5.33", "aws-sam-translator==1.115.0"];

/// The command that starts it. `GATEWAY_PORT` and `BIND_HOST` say where it listens.
pub(crate) fn command(workspace: &Workspace, cache: &Cache) -> Result<Command> {
    let python = python::provide(cache, &PACKAGES)?;
    let mut command = workspace.command(&python);
    command.args(["-m", "ministack"]);
    Ok(command)
}
