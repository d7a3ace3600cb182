//! `cargo xtask deploy`: the functions and the app on AWS.

mod delete;
mod issuer;
mod site;
mod smoke;
mod stack;

use std::process::Command;

use anyhow::{Context, Result};
use xtask_lib::page::SignIn;

use self::stack::Stack;
use crate::build::{self, SiteTools};
use crate::output::say;
use crate::process;
use crate::tools::aws::{self, Aws};
use crate::tools::cache::Cache;
use crate::tools::rust_target;
use crate::workspace::Workspace;

/// Where `sam build` puts the functions and the template that refers to them.
const BUILD_DIRECTORY: &str = "target/sam";

/// What errors say instead of the command, whose parameters may be secrets.
const SAM_DEPLOY: &str = "sam deploy";

/// Deploys the functions and the app to AWS, and tests them.
///
/// Builds the functions, deploys the stack of the stage, uploads the app if the stack has a bucket for it (Site=true), and plays
/// the transcripts of e2e/smoke against the stage.
///
/// Uses the credentials and region of the AWS CLI. A second call updates the stack. Each stage has its own stack.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
#[allow(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(crate) struct Arguments {
    /// Name of the stage: at most 40 lower-case letters and digits
    #[arg(long, default_value = "dev", value_parser = stack::parse_stage)]
    stage: String,
    /// AWS region [default: that of the AWS CLI]
    #[arg(long)]
    region: Option<String>,
    /// Value of a parameter of the template; may be repeated
    #[arg(long = "parameter", value_name = "KEY=VALUE", value_parser = stack::parse_parameter)]
    parameters: Vec<String>,
    /// Show what would change in the stack, without changing it
    #[arg(long, conflicts_with = "delete")]
    plan: bool,
    /// Export the messages to a file, then delete the stack; the app's bucket and the user pool remain
    #[arg(long)]
    delete: bool,
    /// Delete without asking
    #[arg(long, requires = "delete")]
    yes: bool,
    /// Do not test the stage after deploying
    #[arg(long)]
    no_smoke_test: bool,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask deploy
  cargo xtask deploy --stage prod --parameter Site=true --parameter Production=true
  cargo xtask deploy --stage prod --plan
  cargo xtask deploy --stage prod --delete";

impl Arguments {
    /// The value of a parameter of the template, if one was given.
    fn parameter(&self, name: &str) -> Option<&str> {
        let given = self.parameters.iter().rev();
        let mut given = given.filter_map(|it| it.split_once('='));
        given.find(|(key, _)| *key == name).map(|(_, value)| value)
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let workspace = Workspace::find()?;
    let cache = Cache::of_this_user()?;
    let aws = aws::provide(&cache, arguments.region.clone())?;
    let account = aws.account(&workspace)?;
    let stack = Stack::new(&arguments.stage);
    say!("stack {} in account {account}", stack.name());
    if arguments.delete {
        return delete::run(&workspace, &aws, &stack, arguments.yes);
    }

    rust_target::require(&workspace, rust_target::LAMBDA)?;
    // Before anything is built or deployed: a tool may be missing.
    let site_tools = (!arguments.plan)
        .then(|| SiteTools::provide(&workspace, &cache))
        .transpose()?;
    let _lock = workspace.lock()?;
    build::let_others_run_functions();
    let mut sam_build = aws.sam_build(&workspace, &cache)?;
    sam_build.args(["--template-file", "lambdas/template.yaml"]);
    sam_build.args(["--build-dir", BUILD_DIRECTORY]);
    process::run(&mut sam_build).context("cannot build the functions")?;
    let Some(site_tools) = site_tools else {
        let mut plan = sam_deploy(&workspace, &aws, &stack, &arguments.parameters);
        return process::run_as(SAM_DEPLOY, plan.arg("--no-execute-changeset"))
            .context("cannot compute the changes");
    };
    build::site(&workspace, &site_tools)?;

    let mut deploy = sam_deploy(&workspace, &aws, &stack, &arguments.parameters);
    process::run_as(SAM_DEPLOY, &mut deploy)
        .context("cannot deploy the stack; its events above have the reason")?;
    let outputs = stack.outputs(&workspace, &aws)?;
    let site = site::upload(&workspace, &aws, &stack, &outputs)?;
    if !arguments.no_smoke_test {
        let origin_secret = arguments.parameter("OriginSecret");
        smoke::test(&workspace, &stack, &outputs, site.as_ref(), origin_secret)?;
    }
    if let Some(site) = &site {
        site.prune(&workspace, &aws)?;
    }
    say!("endpoint: {}", outputs.endpoint());
    match site {
        Some(site) => {
            say!("open {}", site.url());
            if let Some(record) = site.dns_record() {
                say!("{record}");
            }
            if let Some(SignIn { issuer, client_id }) = outputs.sign_in() {
                let url = site.url().trim_end_matches('/');
                say!(
                    "people sign in at {issuer}, whose client {client_id} must allow the callback address {url}/"
                );
            }
        }
        None => say!("the stack has no bucket for the app; README.md says how to host it"),
    }
    Ok(())
}

fn sam_deploy(workspace: &Workspace, aws: &Aws, stack: &Stack, parameters: &[String]) -> Command {
    let mut command = aws.sam(workspace, &["deploy", "--stack-name", stack.name()]);
    command
        .arg("--template-file")
        .arg(format!("{BUILD_DIRECTORY}/template.yaml"))
        .args(["--resolve-s3", "--capabilities", "CAPABILITY_IAM"])
        .args(["--no-confirm-changeset", "--no-fail-on-empty-changeset"])
        .arg("--parameter-overrides")
        .arg(format!("Stage={}", stack.stage()))
        .args(parameters.iter().map(|it| stack::quoted(it)));
    command
}
