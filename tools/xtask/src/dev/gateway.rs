//! Starts the gateway for `cargo xtask dev`.

use std::path::Path;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use anyhow::Result;
use serde::Deserialize;
use xtask_lib::page::SignIn;

use super::start_server;
use crate::net;
use crate::output::say;
use crate::process::Job;
use crate::workspace::Workspace;

/// The gateway's default, which Trunk.toml and the documentation also state.
pub(super) const PORT: u16 = 3001;

/// How long the gateway may take to start. It has been built before.
pub(super) const LIMIT: Duration = Duration::from_mins(1);

/// The part of the line printed by `--ready json` that is shown. The reader in papagaio is not used, because with its dependencies,
/// this command would take minutes to build before it can say anything.
#[derive(Deserialize)]
pub(super) struct Ready {
    pub(super) endpoint: String,
    pub(super) dynamodb: String,
}

/// Starts the gateway with its database in the directory `data` or in memory, for users of an issuer or for anyone.
pub(super) fn start(
    workspace: &Workspace,
    port: u16,
    data: Option<&Path>,
    sign_in: Option<&SignIn>,
    jobs: &mut Vec<Job>,
) -> Result<Receiver<Ready>> {
    let mut command = workspace.command(workspace.program("debug", "gateway")?);
    command.args([
        "--template",
        "lambdas/template.yaml",
        "--listen",
        &net::local(port).to_string(),
        "--watch",
        "--ready",
        "json",
        // All tabs, and transcripts that are played against this gateway, have one address.
        "--parameter",
        "RateLimit=0",
    ]);
    if let Some(SignIn { issuer, client_id }) = sign_in {
        command.arg("--parameter").arg(format!("Issuer={issuer}"));
        command
            .arg("--parameter")
            .arg(format!("Audience={client_id}"));
        say!("issuer on {issuer}");
    }
    match data {
        Some(directory) => command.arg("--data").arg(directory),
        None => command.arg("--memory"),
    };
    start_server("the gateway", &command, jobs)
}

#[cfg(test)]
mod tests {
    use super::Ready;

    #[test]
    fn reads_the_line_of_the_gateway() {
        let line = r#"{"address":"127.0.0.1:3001","endpoint":"ws://127.0.0.1:3001/dev","site":null,"functions":[{"id":"talk","name":"local-talk"}],"tables":[{"id":"Rooms","name":"local-Rooms"}],"schedules":[],"dynamodb":"http://127.0.0.1:8000"}"#;
        let ready: Ready = serde_json::from_str(line).unwrap();
        assert_eq!(ready.endpoint, "ws://127.0.0.1:3001/dev");
        assert_eq!(ready.dynamodb, "http://127.0.0.1:8000");
    }
}
