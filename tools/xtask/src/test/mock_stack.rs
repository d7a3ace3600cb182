//! Deploys, updates and deletes the stack on ministack, a mock of AWS; deploys it again with the messages that a protected stage
//! keeps, by the commands of `docs/operations.md`.
//!
//! Proves that the template's references, conditions and outputs hold together; it does not prove how AWS behaves.

mod rules;

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::net;
use crate::output::say;
use crate::process::{self, Job};
use crate::tools::aws::{self, Aws};
use crate::tools::cache::Cache;
use crate::tools::ministack;
use crate::tools::template_options::ALL_OPTIONS;
use crate::workspace::Workspace;

const STACK: &str = "papo-mock";

/// The table of messages of that stack.
const MESSAGES: &str = "api-mock-MessagesTable";

/// How long the mock may take to start.
const START: Duration = Duration::from_mins(1);

/// Types that the mock does not know. Nothing refers to them, and cfn-lint checks them.
const UNKNOWN_TYPES: [&str; 2] = ["AWS::Logs::QueryDefinition", "AWS::Budgets::Budget"];

/// The outputs of every stack.
const OUTPUTS: [&str; 6] = [
    "endpoint",
    "logGroup",
    "authorizerWS",
    "connectionWS",
    "sendMessageWS",
    "garbageCollectionWS",
];

/// The outputs that [`ALL_OPTIONS`] add.
const MORE_OUTPUTS: [&str; 10] = [
    "broadcasterWS",
    "delivererWS",
    "healthCheckWS",
    "siteUrl",
    "siteDomain",
    "siteBucket",
    "siteDistribution",
    "issuer",
    "clientId",
    "signInPage",
];

pub(super) fn check(workspace: &Workspace) -> Result<()> {
    let cache = Cache::of_this_user()?;
    let mock = Mock::start(workspace, &cache)?;
    rules::check(&mock)?;
    mock.deploy(&[])?;
    mock.require_outputs(&OUTPUTS)?;
    let all_outputs = [&OUTPUTS[..], &MORE_OUTPUTS].concat();
    mock.deploy(&ALL_OPTIONS)?;
    mock.require_outputs(&all_outputs)?;
    mock.delete()?;
    ensure!(
        mock.has_messages(),
        "deleting a stage with Production=true deleted its messages"
    );
    mock.import_messages()?;
    mock.deploy(&ALL_OPTIONS)?;
    mock.require_outputs(&all_outputs)?;
    mock.deploy(&["Production=false"])?;
    mock.delete()?;
    ensure!(
        !mock.has_messages(),
        "the messages table remains without Production=true"
    );
    Ok(())
}

/// A running mock with an empty account.
struct Mock<'a> {
    workspace: &'a Workspace,
    aws: Aws,
    port: u16,
    template: String,
    _job: Job,
}

impl<'a> Mock<'a> {
    fn start(workspace: &'a Workspace, cache: &Cache) -> Result<Self> {
        let aws = aws::provide(cache, Some("us-east-1".to_owned()))?;
        let template = write_template(workspace)?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut command = ministack::command(workspace, cache)?;
        command
            .env("GATEWAY_PORT", port.to_string())
            .env("BIND_HOST", "127.0.0.1")
            .env("MINISTACK_HOST", "127.0.0.1")
            .env("LOG_LEVEL", "WARNING");
        let job = Job::start("ministack", &mut process::supervised(&command)?)?;
        process::wait_until("starting ministack", START, || Ok(net::answers(port)))?;
        Ok(Self {
            workspace,
            aws,
            port,
            template,
            _job: job,
        })
    }

    /// Makes a command talk to the mock, and never to AWS.
    fn redirect(&self, mut command: Command) -> Command {
        command
            .env(
                "AWS_ENDPOINT_URL",
                format!("http://127.0.0.1:{}", self.port),
            )
            .env("AWS_ACCESS_KEY_ID", "mock")
            .env("AWS_SECRET_ACCESS_KEY", "mock")
            .env("NO_PROXY", "127.0.0.1")
            .env_remove("AWS_PROFILE")
            .env_remove("AWS_SESSION_TOKEN");
        command
    }

    fn deploy(&self, parameters: &[&str]) -> Result<()> {
        let mut deploy = self.redirect(self.aws.sam(self.workspace, &["deploy"]));
        deploy
            .args(["--stack-name", STACK, "--template-file", &self.template])
            .args(["--resolve-s3", "--capabilities", "CAPABILITY_IAM"])
            .args([
                "--no-confirm-changeset",
                "--parameter-overrides",
                "Stage=mock",
            ])
            .args(parameters);
        process::output(&mut deploy)
            .with_context(|| format!("the mock refuses the stack with {parameters:?}"))?;
        say!("deployed with {parameters:?}");
        Ok(())
    }

    fn describe(&self) -> Result<String> {
        let describe = ["cloudformation", "describe-stacks", "--stack-name", STACK];
        let mut describe = self.redirect(self.aws.aws(self.workspace, &describe));
        let query = "Stacks[0].Outputs[].[OutputKey,OutputValue]";
        process::output(describe.args(["--query", query, "--output", "text"]))
    }

    fn require_outputs(&self, wanted: &[&str]) -> Result<()> {
        let outputs = self.describe()?;
        let mut found = BTreeSet::new();
        for line in outputs.lines() {
            let (name, value) = line.split_once('\t').unwrap_or((line, ""));
            let unresolved = value.is_empty() || value.contains("${");
            ensure!(!unresolved, "the output {name} has the value {value:?}");
            found.insert(name);
        }
        let wanted: BTreeSet<_> = wanted.iter().copied().collect();
        ensure!(
            found == wanted,
            "the stack has the outputs {found:?}, not {wanted:?}"
        );
        Ok(())
    }

    fn has_messages(&self) -> bool {
        let describe = ["dynamodb", "describe-table", "--table-name", MESSAGES];
        let mut describe = self.redirect(self.aws.aws(self.workspace, &describe));
        process::output(&mut describe).is_ok()
    }

    /// Creates a stack with the table of messages that a deleted one has left, as `docs/operations.md` describes it.
    fn import_messages(&self) -> Result<()> {
        let path = self.workspace.root().join("docs/operations.md");
        let operations = fs::read_to_string(path)
            .context("cannot read docs/operations.md")?
            .replace("papo-prod", STACK)
            .replace("api-prod-MessagesTable", MESSAGES);
        let (table, commands) = import_instructions(&operations)
            .context("docs/operations.md has no template and commands for an import")?;
        let file = self.workspace.target().join("mock-stack/table.yaml");
        fs::write(&file, table).with_context(|| format!("cannot write {}", file.display()))?;
        let file = format!("file://{}", file.display());
        for command in commands {
            let arguments: Vec<_> = command
                .split_whitespace()
                .map(|word| match word {
                    "file://table.yaml" => &file,
                    word => word.trim_matches('\''),
                })
                .collect();
            let mut command = self.redirect(self.aws.aws(self.workspace, &arguments));
            process::output(&mut command)
                .with_context(|| format!("aws {}", arguments.join(" ")))?;
        }
        say!("imported {MESSAGES}");
        Ok(())
    }

    fn delete(&self) -> Result<()> {
        let mut delete = self.redirect(self.aws.sam(self.workspace, &["delete"]));
        delete.args(["--stack-name", STACK, "--no-prompts"]);
        process::output(delete.args(["--region", "us-east-1"]))
            .context("cannot delete the stack")?;
        if let Ok(outputs) = self.describe() {
            bail!("the stack still exists after its deletion, with {outputs}");
        }
        say!("deleted");
        Ok(())
    }
}

/// Writes the template without the types that the mock does not know, beside an executable that does nothing.
fn write_template(workspace: &Workspace) -> Result<String> {
    let folder = workspace.target().join("mock-stack");
    fs::create_dir_all(&folder)
        .and_then(|()| fs::write(folder.join("bootstrap"), "#!/bin/sh\n"))
        .with_context(|| format!("cannot write {}", folder.display()))?;
    let template = fs::read_to_string(workspace.root().join("lambdas/template.yaml"))
        .context("cannot read lambdas/template.yaml")?;
    let copy = folder.join("template.yaml");
    fs::write(&copy, without_unknown_types(&template))
        .with_context(|| format!("cannot write {}", copy.display()))?;
    Ok(copy.to_string_lossy().into_owned())
}

/// Leaves out the resources of [`UNKNOWN_TYPES`]: an indented name, its type, and deeper lines.
fn without_unknown_types(template: &str) -> String {
    let lines: Vec<&str> = template.lines().collect();
    let mut kept = String::new();
    let mut skips = false;
    for (index, line) in lines.iter().enumerate() {
        let is_deeper = line.is_empty() || line.starts_with("   ");
        if !is_deeper {
            let next = lines.get(index + 1).map_or("", |next| next.trim());
            let of_type = next.strip_prefix("Type: ").unwrap_or_default();
            skips = UNKNOWN_TYPES.contains(&of_type);
        }
        if !skips {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// The template of a table in the section about deleted stages, and the commands of the AWS CLI there, without `aws`.
fn import_instructions(operations: &str) -> Option<(&str, Vec<String>)> {
    let (_, section) = operations.split_once("## Deploying a deleted stage again\n")?;
    let (_, rest) = section.split_once("```yaml\n")?;
    let (table, rest) = rest.split_once("```\n")?;
    let (_, rest) = rest.split_once("```sh\n")?;
    let (commands, _) = rest.split_once("```\n")?;
    let commands = commands.replace("\\\n", " ");
    let commands = commands
        .lines()
        .filter_map(|line| Some(line.strip_prefix("aws ")?.to_owned()));
    Some((table, commands.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_says_how_to_import_the_table() {
        let operations = include_str!("../../../../docs/operations.md");
        let (table, commands) = import_instructions(operations).unwrap();
        assert!(table.starts_with("Resources:\n"));
        assert_eq!(commands.len(), 4);
        assert!(commands[0].contains("--resources-to-import"));
    }

    #[test]
    fn only_resources_of_unknown_types_are_left_out() {
        let template = include_str!("../../../../lambdas/template.yaml");
        let kept = without_unknown_types(template);
        assert!(!kept.contains("QueryDefinition"));
        let resources = |text: &str| text.matches("\n    Type: AWS::").count();
        let left_out = UNKNOWN_TYPES
            .iter()
            .map(|it| template.matches(&format!("Type: {it}\n")).count())
            .sum::<usize>();
        assert!(left_out > UNKNOWN_TYPES.len());
        assert_eq!(resources(&kept), resources(template) - left_out);
        assert!(kept.contains("\nOutputs:\n"));
    }
}
