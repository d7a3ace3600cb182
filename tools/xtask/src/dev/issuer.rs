//! Starts the local issuer of tokens for `cargo xtask dev --auth`.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use serde::Deserialize;
use xtask_lib::page::SignIn;

use super::{start_server, wait_for};
use crate::process::Job;
use crate::workspace::Workspace;

/// The app's id at the issuer, and the audience of its tokens.
const CLIENT_ID: &str = "papo";

/// How long the issuer may take to start. It makes an RSA key.
const LIMIT: Duration = Duration::from_secs(30);

/// The line that `issuer.mjs` prints.
#[derive(Deserialize)]
struct Ready {
    issuer: String,
}

/// Starts the issuer on a free port, and waits until it is ready. `modules` has oauth2-mock-server.
pub(super) fn start(workspace: &Workspace, modules: &Path, jobs: &mut Vec<Job>) -> Result<SignIn> {
    let mut command = workspace.command("node");
    command.arg("tools/xtask/issuer.mjs").arg(modules);
    // The system chooses the port.
    command.args([CLIENT_ID, "0"]);
    let ready = start_server("the issuer", &command, jobs)?;
    let Ready { issuer } = wait_for("starting the issuer", LIMIT, jobs, || ready.try_recv().ok())?;
    Ok(SignIn {
        issuer,
        client_id: CLIENT_ID.to_owned(),
    })
}
