//! Deletes a stage after exporting its messages.

use std::fs::{self, File};

use anyhow::{Context, Result, ensure};
use xtask_lib::confirm;

use super::stack::{Outputs, Stack};
use crate::output::say;
use crate::process;
use crate::tools::aws::Aws;
use crate::workspace::Workspace;

pub(super) fn run(workspace: &Workspace, aws: &Aws, stack: &Stack, yes: bool) -> Result<()> {
    let outputs = stack.outputs(workspace, aws)?;
    require_unprotected(workspace, aws, stack)?;
    if !yes {
        confirm(stack)?;
    }
    export(workspace, aws, stack)?;
    let mut delete = aws.sam(workspace, &["delete", "--stack-name", stack.name()]);
    process::run(delete.arg("--no-prompts")).context("cannot delete the stack")?;
    for line in remaining(&outputs) {
        say!("{line}");
    }
    Ok(())
}

/// CloudFormation would delete the API and the functions and retain the table, which a new stack would have to import.
fn require_unprotected(workspace: &Workspace, aws: &Aws, stack: &Stack) -> Result<()> {
    let table = stack.messages_table();
    let mut describe = aws.aws(workspace, &["dynamodb", "describe-table"]);
    describe
        .args(["--table-name", &table])
        .args(["--query", "Table.DeletionProtectionEnabled"])
        .args(["--output", "text"]);
    let protected = process::output(&mut describe)
        .with_context(|| format!("cannot read the protection of table {table}"))?;
    ensure!(
        !protected.trim().eq_ignore_ascii_case("true"),
        "nothing was deleted: table {table} is protected, because the stage has Production=true; to delete its messages too, \
         deploy the stage with `--parameter Production=false` first; to keep them, run `sam delete --stack-name {}{}`",
        stack.name(),
        aws.region_option()
    );
    Ok(())
}

/// What the template retains, and how to delete it.
fn remaining(outputs: &Outputs) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(bucket) = outputs.get("siteBucket") {
        lines.push(format!(
            "bucket {bucket} remains, with the app in all its versions: empty and delete it in the S3 console"
        ));
    }
    let pool = outputs
        .get("issuer")
        .filter(|_| outputs.get("signInPage").is_some());
    if let Some((_, pool)) = pool.and_then(|issuer| issuer.rsplit_once('/')) {
        lines.push(format!(
            "user pool {pool} remains, with its users: `aws cognito-idp delete-user-pool --user-pool-id {pool}`, after \
             `aws cognito-idp update-user-pool --user-pool-id {pool} --deletion-protection INACTIVE` if it is protected"
        ));
    }
    lines
}

fn confirm(stack: &Stack) -> Result<()> {
    let name = stack.name();
    let question = format!("Delete stack {name} with all messages and connections?");
    ensure!(
        confirm::by_typing(name, &question)?,
        "not confirmed; nothing was deleted"
    );
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
    let exported = process::run(command.args(["--table-name", &table]).stdout(file));
    if exported.is_err() {
        // An incomplete file would be taken for an earlier export next time.
        let _ = fs::remove_file(&path);
    }
    exported.with_context(|| format!("cannot export table {table}; nothing was deleted"))?;
    say!("exported the messages to {}", path.display());
    Ok(())
}
