//! Deletes a stage after exporting its messages.

use std::fs::File;
use std::io::Write as _;

use anyhow::{Context, Result, bail};

use super::stack::Stack;
use crate::process;
use crate::tools::aws::Aws;
use crate::workspace::Workspace;

pub(super) fn run(workspace: &Workspace, aws: &Aws, stack: &Stack, yes: bool) -> Result<()> {
    let outputs = stack.outputs(workspace, aws)?;
    if !yes {
        confirm(stack)?;
    }
    export(workspace, aws, stack)?;
    if let Some(bucket) = outputs.get("siteBucket") {
        // CloudFormation deletes only empty buckets.
        let bucket = format!("s3://{bucket}");
        let mut empty = aws.aws(workspace, &["s3", "rm", &bucket, "--recursive"]);
        process::run(empty.arg("--only-show-errors")).context("cannot empty the app's bucket")?;
    }
    let mut delete = aws.sam(workspace, &["delete", "--stack-name", stack.name()]);
    process::run(delete.arg("--no-prompts")).context("cannot delete the stack")
}

fn confirm(stack: &Stack) -> Result<()> {
    let name = stack.name();
    print!("Delete stack {name} with all messages and connections? Type its name to confirm: ");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    if answer.trim() != name {
        bail!("not confirmed; nothing was deleted");
    }
    Ok(())
}

/// Writes all items of the table of messages as DynamoDB returns them.
fn export(workspace: &Workspace, aws: &Aws, stack: &Stack) -> Result<()> {
    let path = workspace.root().join(format!("{}.json", stack.name()));
    let file = File::create_new(&path).with_context(|| {
        format!(
            "cannot create {} for the messages: move an earlier export away",
            path.display()
        )
    })?;
    let table = stack.messages_table();
    let scan = ["dynamodb", "scan", "--consistent-read", "--output", "json"];
    let mut command = aws.aws(workspace, &scan);
    process::run(command.args(["--table-name", &table]).stdout(file))
        .with_context(|| format!("cannot export table {table}; nothing was deleted"))?;
    println!("exported the messages to {}", path.display());
    Ok(())
}
