//! The tools that read the SAM template as AWS does: cfn-lint, and the translator that turns SAM into `CloudFormation`.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::cache::Cache;
use super::python;
use crate::workspace::Workspace;

const CFN_LINT: &str = "1.58.0";
const TRANSLATOR: &str = "1.115.0";

/// Calls cfn-lint as its own script does; the package has no `__main__`.
const LINT: &str = "import sys; from cfnlint.runner import main; sys.exit(main())";

/// Both tools in one environment.
#[derive(Debug)]
pub(crate) struct TemplateLint {
    python: PathBuf,
}

/// # Errors
/// When there is no Python or the packages cannot be installed.
pub(crate) fn provide(cache: &Cache) -> Result<TemplateLint> {
    let packages = [
        format!("cfn-lint=={CFN_LINT}"),
        format!("aws-sam-translator=={TRANSLATOR}"),
    ];
    let name = format!("cfn-lint-{CFN_LINT}-sam-translator-{TRANSLATOR}");
    let python = python::provide(cache, &name, &[&packages[0], &packages[1]])?;
    Ok(TemplateLint { python })
}

impl TemplateLint {
    /// Fails on any finding, a warning or a hint too.
    pub(crate) fn lint(&self, workspace: &Workspace, template: &str) -> Command {
        let mut command = workspace.command(&self.python);
        command.args([
            "-c",
            LINT,
            "--non-zero-exit-code",
            "informational",
            template,
        ]);
        command
    }

    /// Fails on what `sam deploy` would refuse before it deploys.
    pub(crate) fn translate(&self, workspace: &Workspace, template: &str) -> Command {
        let mut command = workspace.command(&self.python);
        command.args(["tools/xtask/translate_template.py", template]);
        command
    }
}
