//! What the steps need that this machine may lack: found out before the first step starts, because the steps that need most are
//! the last ones.

use anyhow::{Result, bail};

use super::steps::Step;
use crate::interrupt::Interrupted;
use crate::output::{self, say};
use crate::process;
use crate::tools::{browser, dynamodb_local, firefox, npm, python, third_parties};
use crate::workspace::Workspace;

/// Fails if the step cannot run here. Returns a remark if it runs but leaves something out.
pub(super) type Check = fn(&Workspace) -> Result<Option<String>>;

/// Fails if a step cannot run here, with what each of them needs. Says what the others leave out.
pub(super) fn run(steps: &[Step], workspace: &Workspace) -> Result<()> {
    let mut reasons: Vec<(String, Vec<&str>)> = Vec::new();
    for step in steps {
        match (step.check)(workspace) {
            Err(error) if error.is::<Interrupted>() => return Err(error),
            Err(error) => {
                let reason = format!("{error:#}");
                match reasons.iter_mut().find(|(known, _)| *known == reason) {
                    Some((_, names)) => names.push(step.name),
                    None => reasons.push((reason, vec![step.name])),
                }
            }
            Ok(Some(remark)) => say!("{}: {remark}", step.name),
            Ok(None) => {}
        }
    }
    if reasons.is_empty() {
        return Ok(());
    }
    let mut all = Vec::new();
    for (reason, names) in reasons {
        output::error_line(format_args!("{}: {reason}", names.join(", ")));
        all.extend(names);
    }
    if all.len() == steps.len() {
        bail!("no step can run here: install what they need");
    }
    bail!(
        "{} of {} steps cannot run here, so none was started: install what they need, or leave them out with --skip {}",
        all.len(),
        steps.len(),
        all.join(" --skip ")
    )
}

/// Git lists the files of a checkout, but not those of a downloaded archive.
pub(super) fn git(workspace: &Workspace) -> Result<Option<String>> {
    let mut git = workspace.command("git");
    git.args(["ls-files", "--error-unmatch", "README.md"]);
    match process::output(&mut git) {
        Err(error) if error.is::<Interrupted>() => Err(error),
        Err(_) => Ok(Some(
            "skipped, because git cannot list the files of this directory".to_owned(),
        )),
        Ok(_) => Ok(None),
    }
}

pub(super) fn tools_in_python(_: &Workspace) -> Result<Option<String>> {
    python::require(python::FOR_TOOLS)?;
    Ok(None)
}

pub(super) fn clients(_: &Workspace) -> Result<Option<String>> {
    third_parties::require()?;
    Ok(None)
}

pub(super) fn dynamodb() -> Option<String> {
    let program = dynamodb_local::missing()?;
    Some(format!(
        "not tested against DynamoDB Local, because {program} is not installed"
    ))
}

pub(super) fn browser(_: &Workspace) -> Result<Option<String>> {
    browser::require()?;
    Ok(None)
}

/// For the tests of the page in Chromium.
pub(super) fn page(_: &Workspace) -> Result<Option<String>> {
    browser::require()?;
    Ok(axe())
}

pub(super) fn axe() -> Option<String> {
    let program = npm::missing()?;
    Some(format!(
        "the page is not checked with axe, because {program} is not on PATH"
    ))
}

pub(super) fn firefox() -> Option<String> {
    if firefox::is_missing() {
        return Some("skipped, because Firefox is not on PATH".to_owned());
    }
    axe()
}
