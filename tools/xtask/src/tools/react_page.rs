//! A React page in the shape of the original, which the app is compared with: bundled with esbuild, from npm.

use std::path::PathBuf;

use anyhow::{Context, Result};

use super::cache::Cache;
use super::npm;
use crate::process;
use crate::workspace::Workspace;

/// Exact versions, so that figures can be compared.
const PACKAGES: [&str; 3] = ["react@19.2.3", "react-dom@19.2.3", "esbuild@0.28.2"];

/// The sources of the page.
const PAGE: &str = "e2e/bench/peers/page";

/// Builds the page in `target/`, and returns its directory.
pub(crate) fn provide(workspace: &Workspace, cache: &Cache) -> Result<PathBuf> {
    let modules = npm::provide(cache, &PACKAGES)?.join("node_modules");
    let (source, page) = (
        workspace.root().join(PAGE),
        workspace.target().join("react-page"),
    );
    std::fs::create_dir_all(&page).with_context(|| format!("cannot create {}", page.display()))?;
    let mut esbuild = process::command("node");
    esbuild
        .arg(modules.join("esbuild/bin/esbuild"))
        .arg(source.join("main.jsx"))
        .args([
            "--bundle",
            "--minify",
            "--jsx=automatic",
            "--log-level=warning",
        ])
        .arg("--define:process.env.NODE_ENV=\"production\"")
        .arg(format!("--outfile={}", page.join("main.js").display()))
        .env("NODE_PATH", &modules);
    process::run(&mut esbuild).context("esbuild cannot bundle the React page")?;
    let html = "index.html";
    std::fs::copy(source.join(html), page.join(html))
        .with_context(|| format!("cannot copy {html}"))?;
    Ok(page)
}
