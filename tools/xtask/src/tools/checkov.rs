//! checkov, which looks for insecure settings in templates, from PyPI.

use std::process::Command;

use anyhow::{Context, Result};

use super::cache::Cache;
use super::python;
use super::template_options::ALL_OPTIONS;
use crate::workspace::Workspace;

const CHECKOV: &str = "checkov==3.2.533";

/// The command that checks the template with every option enabled. `lambdas/.checkov.yaml` says what is skipped, and why.
pub(crate) fn command(workspace: &Workspace, cache: &Cache, template: &str) -> Result<Command> {
    let python = python::provide(cache, &[CHECKOV])?;
    let text = std::fs::read_to_string(workspace.root().join(template))
        .with_context(|| format!("cannot read {template}"))?;
    let copy = workspace.target().join("checkov-template.yaml");
    std::fs::write(&copy, with_options(&text)?)
        .with_context(|| format!("cannot write {}", copy.display()))?;
    let mut command = workspace.command(&python);
    command
        .args(["-m", "checkov.main", "--compact", "--quiet"])
        // Descriptions of its checks, from its maker's site.
        .arg("--skip-download")
        .args(["--framework", "cloudformation"])
        .args(["--config-file", "lambdas/.checkov.yaml", "--file"])
        .arg(copy);
    Ok(command)
}

/// Changes the defaults of parameters.
fn with_options(template: &str) -> Result<String> {
    let mut template = template.to_owned();
    for option in ALL_OPTIONS {
        let (parameter, value) = option.split_once('=').unwrap_or((option, ""));
        let (before, rest) = template
            .split_once(&format!("\n  {parameter}:\n"))
            .with_context(|| format!("the template has no option {parameter}"))?;
        let (r#type, rest) = rest
            .split_once("\n    Default: ")
            .with_context(|| format!("option {parameter} has no default"))?;
        let (_, after) = rest.split_once('\n').unwrap_or_default();
        template = format!("{before}\n  {parameter}:\n{type}\n    Default: \"{value}\"\n{after}");
    }
    Ok(template)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_change_the_defaults_and_nothing_else() {
        let template = include_str!("../../../../lambdas/template.yaml");
        let enabled = with_options(template).unwrap_or_default();
        for expected in [
            "\n  Site:\n    Type: String\n    Default: \"true\"\n",
            "\n  Deliverers:\n    Type: Number\n    Default: \"4\"\n",
        ] {
            assert!(enabled.contains(expected), "{expected}");
        }
        let changed = std::iter::zip(enabled.lines(), template.lines())
            .filter(|(new, old)| new != old)
            .count();
        assert_eq!(changed, ALL_OPTIONS.len());
        assert_eq!(enabled.lines().count(), template.lines().count());
        assert!(with_options("Parameters:\n").is_err());
    }
}
