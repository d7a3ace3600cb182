//! Fills in the page that Trunk has built: Trunk runs this command as a hook, because its pages come from the repository as
//! they are.

use std::path::PathBuf;

use anyhow::{Context, Result};
use xtask_lib::page::{self, SignIn};

/// Names an issuer and the gateway in the page that Trunk has built.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[arg(long)]
    api_url: String,
    #[arg(long)]
    issuer: String,
    #[arg(long)]
    client_id: String,
    /// Directory of the page
    #[arg(long, env = "TRUNK_STAGING_DIR")]
    directory: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let path = arguments.directory.join("index.html");
    let html = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let sign_in = SignIn {
        issuer: arguments.issuer.clone(),
        client_id: arguments.client_id.clone(),
    };
    let html = page::set(&html, "api-url", &arguments.api_url)?;
    std::fs::write(&path, page::set_sign_in(&html, &sign_in)?)
        .with_context(|| format!("cannot write {}", path.display()))
}
