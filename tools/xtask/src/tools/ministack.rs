//! ministack, a mock of AWS that runs on this machine, from `PyPI`.

use std::process::Command;

use anyhow::Result;

use super::cache::Cache;
use super::python;
use crate::workspace::Workspace;

const MINISTACK: &str = "1.5.33";

/// A translator that accepts the boto3 that ministack requires.
const TRANSLATOR: &str = "1.115.0";

/// The command that starts it. `GATEWAY_PORT` and `BIND_HOST` say where it listens.
///
/// # Errors
/// When Python is missing or the packages cannot be installed.
pub(crate) fn command(workspace: &Workspace, cache: &Cache) -> Result<Command> {
    let packages = [
        format!("ministack=={MINISTACK}"),
        format!("aws-sam-translator=={TRANSLATOR}"),
    ];
    let name = format!("ministack-{MINISTACK}-sam-translator-{TRANSLATOR}");
    let python = python::provide(cache, &name, &[&packages[0], &packages[1]])?;
    let mut command = workspace.command(&python);
    command.args(["-m", "ministack"]);
    Ok(command)
}
