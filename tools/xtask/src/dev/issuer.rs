//! Starts the local issuer of tokens for `cargo xtask dev --auth`.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Deserialize;
use xtask_lib::page::SignIn;

use super::wait_for;
use crate::output::say;
use crate::process::{self, Job};
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
    let mut command = process::supervised(&command)?;
    command.stdout(Stdio::piped());
    let mut job = Job::start("the issuer", &mut command)?;
    let lines = job
        .take_stdout()
        .context("the issuer has no standard output")?;
    jobs.push(job);

    let (sender, receiver) = mpsc::channel();
    // Ends with the issuer, which closes its standard output.
    std::thread::spawn(move || {
        for line in BufReader::new(lines).lines().map_while(Result::ok) {
            match serde_json::from_str(&line) {
                Ok(Ready { issuer }) => drop(sender.send(issuer)),
                Err(_) => say!("{line}"),
            }
        }
    });
    let mut issuer = None;
    wait_for("starting the issuer", LIMIT, jobs, || {
        issuer = receiver.try_recv().ok();
        issuer.is_some()
    })?;
    Ok(SignIn {
        issuer: issuer.context("the issuer has no address")?,
        client_id: CLIENT_ID.to_owned(),
    })
}
