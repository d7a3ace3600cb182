//! checkov, which looks for insecure settings in templates, from `PyPI`.

use std::process::Command;

use anyhow::{Context, Result};

use super::cache::Cache;
use super::python;
use crate::workspace::Workspace;

const CHECKOV: &str = "checkov==3.2.533";

/// Settings of the template that add resources, which checkov would otherwise leave out.
const OPTIONS: [(&str, &str); 5] = [
    ("Production", "\"true\""),
    ("Site", "\"true\""),
    ("CreateUserPool", "\"true\""),
    ("AccessLog", "\"true\""),
    ("Fanout", "stream"),
];

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
    for (parameter, value) in OPTIONS {
        let start = format!("\n  {parameter}:\n    Type: String\n    Default: ");
        let (before, rest) = template
            .split_once(&start)
            .with_context(|| format!("the template has no option {parameter}"))?;
        let (_, after) = rest.split_once('\n').unwrap_or_default();
        template = format!("{before}{start}{value}\n{after}");
    }
    Ok(template)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_has_every_option() {
        let template = include_str!("../../../../lambdas/template.yaml");
        let enabled = with_options(template).unwrap_or_default();
        assert!(enabled.contains("\n  Site:\n    Type: String\n    Default: \"true\"\n"));
        assert_eq!(enabled.lines().count(), template.lines().count());
        assert!(with_options("Parameters:\n").is_err());
    }
}
