//! Starts `trunk serve` for `cargo xtask dev`.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::json;
use xtask_lib::page::SignIn;

use super::gateway;
use crate::net;
use crate::process::{self, Job};
use crate::tools::trunk::Trunk;
use crate::workspace::Workspace;

/// How long Trunk may take to serve the app, which has been built before.
pub(super) const LIMIT: Duration = Duration::from_mins(5);

/// Starts `trunk serve` on `port`, which forwards the WebSocket to the gateway. With an issuer, the page names it.
pub(super) fn start(
    workspace: &Workspace,
    trunk: &Trunk,
    port: u16,
    gateway_port: u16,
    sign_in: Option<&SignIn>,
    jobs: &mut Vec<Job>,
) -> Result<()> {
    // Another `cargo xtask dev` on other ports has another folder.
    let folder = workspace.target().join(format!("trunk-serve/{port}"));
    // dist/ in the root is for `cargo xtask build`.
    let dist = folder.join("dist");
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
    if gateway_port != gateway::PORT || sign_in.is_some() {
        let root = workspace.root();
        let settings = folder.join("Trunk.toml");
        write_settings(workspace, &settings, gateway_port, sign_in)?;
        command.arg("--config").arg(settings);
        // Trunk resolves the paths in its settings against the directory of the file, and this copy is in another one.
        for watched in ["app", "protocol", "index.html"] {
            command.arg("--watch").arg(root.join(watched));
        }
        command.arg(root.join("index.html"));
    }
    let mut command = process::supervised(&command)?;
    jobs.push(Job::start("trunk serve", &mut command)?);
    Ok(())
}

/// Writes a copy of Trunk.toml whose proxy uses another port, and with a hook that names the issuer in the page. Trunk's
/// options can add a proxy but not replace the one in its settings.
fn write_settings(
    workspace: &Workspace,
    copy: &Path,
    port: u16,
    sign_in: Option<&SignIn>,
) -> Result<()> {
    let original = workspace.root().join("Trunk.toml");
    let mut text = std::fs::read_to_string(&original)
        .with_context(|| format!("cannot read {}", original.display()))?;
    text = with_other_port(&text, port);
    if let Some(sign_in) = sign_in {
        let program = std::env::current_exe().context("cannot determine this program's path")?;
        text.push_str(&hook(&program, port, sign_in));
    }
    std::fs::write(copy, text).with_context(|| format!("cannot write {}", copy.display()))
}

fn with_other_port(settings: &str, port: u16) -> String {
    settings.replace(
        &net::local(gateway::PORT).to_string(),
        &net::local(port).to_string(),
    )
}

/// The hook that runs [`super::page`]. Strings of JSON are strings of TOML. The page connects to the gateway itself, because
/// Trunk's proxy drops the sub-protocols, which carry the token.
fn hook(program: &Path, gateway_port: u16, sign_in: &SignIn) -> String {
    let program = json!(program.to_string_lossy());
    let arguments = json!([
        "page",
        "--api-url",
        format!("ws://{}/dev", net::local(gateway_port)),
        "--issuer",
        sign_in.issuer,
        "--client-id",
        sign_in.client_id
    ]);
    format!(
        "\n[[hooks]]\nstage = \"post_build\"\ncommand = {program}\ncommand_arguments = {arguments}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::{SignIn, hook, with_other_port};
    use std::path::Path;

    #[test]
    fn the_proxy_in_the_settings_uses_the_chosen_port() {
        let settings = include_str!("../../../../Trunk.toml");
        let changed = with_other_port(settings, 4567);
        assert!(changed.contains("ws://127.0.0.1:4567/dev"));
        assert!(!changed.contains("3001"));
    }

    #[test]
    fn the_hook_names_the_issuer() {
        let sign_in = SignIn {
            issuer: "http://127.0.0.1:99".to_owned(),
            client_id: "papo".to_owned(),
        };
        assert_eq!(
            hook(Path::new("/a b/xtask"), 3001, &sign_in),
            "\n[[hooks]]\nstage = \"post_build\"\ncommand = \"/a b/xtask\"\n\
             command_arguments = [\"page\",\"--api-url\",\"ws://127.0.0.1:3001/dev\",\"--issuer\",\"http://127.0.0.1:99\",\"--client-id\",\"papo\"]\n"
        );
    }
}
