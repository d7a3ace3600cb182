//! Starts `trunk serve` for `cargo xtask dev`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};

use super::gateway;
use crate::net;
use crate::process::Job;
use crate::tools::trunk::Trunk;
use crate::workspace::Workspace;

/// How long Trunk may take to serve the app, which has been built before.
pub(super) const LIMIT: Duration = Duration::from_mins(5);

/// Starts `trunk serve` on `port`, which forwards the WebSocket to the gateway.
///
/// # Errors
/// When it cannot be started.
pub(super) fn start(
    workspace: &Workspace,
    trunk: &Trunk,
    port: u16,
    gateway_port: u16,
    jobs: &mut Vec<Job>,
) -> Result<()> {
    // dist/ is for `cargo xtask build`.
    let dist = workspace.target().join("trunk-serve");
    std::fs::create_dir_all(&dist).with_context(|| format!("cannot create {}", dist.display()))?;
    let mut command = trunk.command(workspace, "serve")?;
    command
        .args([
            "--address",
            "127.0.0.1",
            "--port",
            &port.to_string(),
            "--dist",
        ])
        .arg(dist);
    if gateway_port != gateway::PORT {
        let root = workspace.root();
        command
            .arg("--config")
            .arg(settings_with_other_port(workspace, gateway_port)?);
        // Trunk resolves the paths in its settings against the settings' directory, which is another one now.
        for watched in ["app", "protocol", "index.html"] {
            command.arg("--watch").arg(root.join(watched));
        }
        command.arg(root.join("index.html"));
    }
    jobs.push(Job::start("trunk serve", &mut command)?);
    Ok(())
}

/// Writes a copy of Trunk.toml whose proxy uses another port. Trunk's options can add a proxy but not replace the one in
/// its settings.
fn settings_with_other_port(workspace: &Workspace, port: u16) -> Result<PathBuf> {
    let original = workspace.root().join("Trunk.toml");
    let text = std::fs::read_to_string(&original)
        .with_context(|| format!("cannot read {}", original.display()))?;
    let copy = workspace.target().join("Trunk.toml");
    std::fs::write(&copy, with_other_port(&text, port))
        .with_context(|| format!("cannot write {}", copy.display()))?;
    Ok(copy)
}

fn with_other_port(settings: &str, port: u16) -> String {
    settings.replace(
        &net::local(gateway::PORT).to_string(),
        &net::local(port).to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::with_other_port;

    #[test]
    fn the_proxy_in_the_settings_uses_the_chosen_port() {
        let settings = include_str!("../../../../Trunk.toml");
        let changed = with_other_port(settings, 4567);
        assert!(changed.contains("ws://127.0.0.1:4567/dev"));
        assert!(!changed.contains("3001"));
    }
}
