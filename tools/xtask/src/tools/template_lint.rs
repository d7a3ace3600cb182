//! The tools that check the SAM template: cfn-lint, and the translator from SAM to CloudFormation that AWS uses.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::cache::Cache;
use super::python;
use crate::workspace::Workspace;

const PACKAGES: [&str; 2] = ["cfn-lint==1.58.0", "aws-sam-translator==1.115.0"];

/// Starts cfn-lint as its script does; the package has no `__main__`.
const LINT: &str = "import sys; from cfnlint.runner import main; sys.exit(main())";

/// Both tools in one virtual environment.
#[derive(Debug)]
pub(crate) struct TemplateLint {
    python: PathBuf,
}

pub(crate) fn provide(cache: &Cache) -> Result<TemplateLint> {
    let python = python::provide(cache, &PACKAGES)?;
    Ok(TemplateLint { python })
}

impl TemplateLint {
    /// Fails on any finding, including warnings and hints.
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

    /// Fails on whatever `sam deploy` would reject before deploying.
    pub(crate) fn translate(&self, workspace: &Workspace, template: &str) -> Command {
        let mut command = workspace.command(&self.python);
        command.args(["tools/xtask/translate_template.py", template]);
        command
    }
}
