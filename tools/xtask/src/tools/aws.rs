//! The AWS CLI and the SAM CLI, from PATH or from PyPI.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::cache::Cache;
use super::{cargo_lambda, path, python};
use crate::process;
use crate::workspace::Workspace;

const AWS_CLI: &str = "awscli==1.46.3";
const SAM_CLI: &str = "aws-sam-cli==1.170.0";

/// A program, or a Python module in a virtual environment.
#[derive(Debug)]
struct Program {
    program: PathBuf,
    module: Option<&'static str>,
}

/// Both command line tools, and the region that they work in.
#[derive(Debug)]
pub(crate) struct Aws {
    cli: Program,
    sam: Program,
    region: Option<String>,
}

pub(crate) fn provide(cache: &Cache, region: Option<String>) -> Result<Aws> {
    Ok(Aws {
        cli: find(cache, "aws", AWS_CLI, "awscli")?,
        sam: find(cache, "sam", SAM_CLI, "samcli")?,
        region,
    })
}

fn find(cache: &Cache, program: &str, package: &str, module: &'static str) -> Result<Program> {
    let on_path = path::find(program).map(|program| Program {
        program,
        module: None,
    });
    match on_path {
        Some(program) => Ok(program),
        None => Ok(Program {
            program: python::provide(cache, &[package])?,
            module: Some(module),
        }),
    }
}

impl Program {
    fn command(&self, workspace: &Workspace, region: Option<&str>, arguments: &[&str]) -> Command {
        let mut command = workspace.command(&self.program);
        if let Some(module) = self.module {
            command.args(["-m", module]);
        }
        command.args(arguments);
        if let Some(region) = region {
            // The variables of the SDK for Python, and of all newer tools.
            command
                .env("AWS_DEFAULT_REGION", region)
                .env("AWS_REGION", region);
        }
        // Neither tool may wait for a keypress.
        command.env("AWS_PAGER", "").env("SAM_CLI_TELEMETRY", "0");
        command
    }
}

impl Aws {
    /// The end of a command of the AWS CLI that a person copies.
    pub(crate) fn region_option(&self) -> String {
        let region = self.region.as_deref();
        region.map_or_else(String::new, |region| format!(" --region {region}"))
    }

    /// A command of the AWS CLI.
    pub(crate) fn aws(&self, workspace: &Workspace, arguments: &[&str]) -> Command {
        self.cli
            .command(workspace, self.region.as_deref(), arguments)
    }

    /// A command of the SAM CLI that uses credentials.
    pub(crate) fn sam(&self, workspace: &Workspace, arguments: &[&str]) -> Command {
        self.sam
            .command(workspace, self.region.as_deref(), arguments)
    }

    /// `sam build`, with cargo-lambda on its PATH.
    pub(crate) fn sam_build(&self, workspace: &Workspace, cache: &Cache) -> Result<Command> {
        let mut command = self.sam.command(workspace, None, &["build"]);
        cargo_lambda::provide(cache)?.put_on_path(&mut command)?;
        Ok(command)
    }

    /// The number of the account that the credentials belong to.
    ///
    /// # Errors
    /// When there are no valid credentials, with the remedy.
    pub(crate) fn account(&self, workspace: &Workspace) -> Result<String> {
        let identity = ["sts", "get-caller-identity"];
        let mut command = self.aws(workspace, &identity);
        let account = process::output(command.args(["--query", "Account", "--output", "text"]))
            .context("no valid AWS credentials: run `aws configure` or `aws sso login`, or set AWS_PROFILE")?;
        Ok(account.trim().to_owned())
    }
}
