//! `cargo xtask build`: the app and the functions as they are deployed.

mod download;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::output;
use crate::process;
use crate::tools::cache::Cache;
use crate::tools::cargo_lambda::{self, CargoLambda};
use crate::tools::trunk::{self, Trunk};
use crate::tools::{rust_target, wasm_opt};
use crate::workspace::Workspace;
use xtask_lib::page::allow_issuer;
use xtask_lib::table::{self, Column};

/// Builds what is deployed: the app for any static host, and the functions for Lambda on arm64.
///
/// The app is in dist/, and each function is a zip in target/lambda/. Without an option, both are built. Takes some minutes; the
/// functions need Python, or cargo-lambda and Zig on PATH.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Only the app: dist/
    #[arg(long)]
    site: bool,
    /// Only the functions: target/lambda/*/bootstrap.zip
    #[arg(long)]
    lambdas: bool,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask build
  cargo xtask build --site   prints the size of the download";

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let workspace = Workspace::find()?;
    let cache = Cache::of_this_user()?;
    let everything = !arguments.site && !arguments.lambdas;
    // All tools first: one that cannot be installed is known before anything is built.
    let lambda_tools = (everything || arguments.lambdas)
        .then(|| LambdaTools::provide(&workspace, &cache))
        .transpose()?;
    let site_tools = (everything || arguments.site)
        .then(|| SiteTools::provide(&workspace, &cache))
        .transpose()?;
    let _lock = workspace.lock()?;
    if let Some(tools) = site_tools {
        site(&workspace, &tools)?;
    }
    if let Some(tools) = lambda_tools {
        lambdas(&workspace, &tools)?;
    }
    Ok(())
}

/// What builds the app as it is deployed.
#[derive(Debug)]
pub(crate) struct SiteTools(Trunk);

impl SiteTools {
    pub(crate) fn provide(workspace: &Workspace, cache: &Cache) -> Result<Self> {
        rust_target::require(workspace, rust_target::WASM)?;
        // Fails more often than Trunk, which can be built.
        let wasm_opt = wasm_opt::provide(cache)?;
        let mut trunk = trunk::provide(workspace, cache)?;
        trunk.add_tool(&wasm_opt);
        Ok(Self(trunk))
    }
}

/// What builds the functions for Lambda.
#[derive(Debug)]
pub(crate) struct LambdaTools(CargoLambda);

impl LambdaTools {
    pub(crate) fn provide(workspace: &Workspace, cache: &Cache) -> Result<Self> {
        rust_target::require(workspace, rust_target::LAMBDA)?;
        Ok(Self(cargo_lambda::provide(cache)?))
    }
}

/// Builds the app into `dist/`, optimised, and returns the size of its download in bytes.
pub(crate) fn site(workspace: &Workspace, tools: &SiteTools) -> Result<usize> {
    let dist = workspace.root().join("dist");
    // Trunk does this after minutes of work.
    let stage = dist.join(".stage");
    std::fs::create_dir_all(&stage)
        .with_context(|| format!("cannot create {}", stage.display()))?;
    fetch(workspace)?;
    let mut build = tools.0.command(workspace, "build")?;
    build.arg("--release");
    leave_out_paths(&mut build, workspace)?;
    process::run(&mut build).context("cannot build the app")?;
    let mut minify = workspace.cargo(["run", "--package", "papo-minify", "--"]);
    process::run(minify.arg(&dist)).context("cannot minify the app")?;
    let page = dist.join("index.html");
    require_integrity(&page)?;
    add_policy(&page, &workspace.root().join("app/csp.txt"))?;
    download::check(&dist)
}

/// Keeps the folder of the dependencies on this machine out of panic messages, so that the app is the same, and as large, wherever
/// it is built.
fn leave_out_paths(build: &mut Command, workspace: &Workspace) -> Result<()> {
    if let Some(sources) = workspace.registry_sources(rust_target::WASM)? {
        // Unlike RUSTFLAGS, this variable allows spaces in paths.
        build.env(
            "CARGO_ENCODED_RUSTFLAGS",
            format!("--remap-path-prefix={sources}/="),
        );
    }
    Ok(())
}

/// Browsers refuse a file that differs from its hash in the page, but not one without a hash.
fn require_integrity(page: &Path) -> Result<()> {
    let html =
        std::fs::read_to_string(page).with_context(|| format!("cannot read {}", page.display()))?;
    let loads = [
        "rel=\"modulepreload\"",
        "rel=\"preload\"",
        "rel=\"stylesheet\"",
        "<script ",
    ];
    let files: usize = loads.iter().map(|it| html.matches(it).count()).sum();
    let hashes = html.matches("integrity=\"sha384-").count();
    ensure!(
        files > 0 && hashes == files,
        "{} has {hashes} integrity hashes for {files} files: is no_sri set in Trunk.toml?",
        page.display()
    );
    Ok(())
}

/// Puts the Content-Security-Policy into the page that Trunk has just built. It is not in `index.html`, because `trunk serve`
/// adds an inline script to that.
fn add_policy(page: &Path, policy: &Path) -> Result<()> {
    let read = |path: &Path| {
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
    };
    let (html, policy) = (read(page)?, read(policy)?);
    let (before, after) = html
        .split_once("<head>")
        .with_context(|| format!("{} has no <head>", page.display()))?;
    ensure!(
        !html.contains("Content-Security-Policy"),
        "{} has a policy already; browsers would apply both",
        page.display()
    );
    let policy = policy.trim();
    let html = format!(
        "{before}<head>\n    <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\" />{after}"
    );
    std::fs::write(page, allow_issuer(&html))
        .with_context(|| format!("cannot write {}", page.display()))
}

/// Downloads the app's dependencies: Trunk, told not to use the network, passes that on to cargo.
pub(crate) fn fetch(workspace: &Workspace) -> Result<()> {
    process::run(&mut workspace.cargo(["fetch", "--quiet", "--target", rust_target::WASM]))
        .context("cannot download the app's dependencies")
}

/// Gives the files that are created from now on the usual permissions: they are copied into the functions' archives, and Lambda
/// runs functions as another user than the owner of their files.
pub(crate) fn let_others_run_functions() {
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
}

/// Builds the functions for arm64, one zip each, and returns their directory.
pub(crate) fn lambdas(workspace: &Workspace, tools: &LambdaTools) -> Result<PathBuf> {
    let_others_run_functions();
    let place = workspace.target().join("lambda");
    let mut command = tools.0.command(workspace)?;
    command
        .args(["--release", "--arm64", "--output-format", "zip"])
        .args(["--package", "papo-lambdas", "--lambda-dir"])
        .arg(&place);
    process::run(&mut command).context("cannot build the functions")?;
    print_zips(&place)?;
    Ok(place)
}

fn print_zips(directory: &Path) -> Result<()> {
    let mut rows = Vec::new();
    for entry in std::fs::read_dir(directory)
        .with_context(|| format!("cannot read {}", directory.display()))?
    {
        let zip = entry?.path().join("bootstrap.zip");
        if let Ok(metadata) = zip.metadata() {
            rows.push(vec![zip.display().to_string(), metadata.len().to_string()]);
        }
    }
    rows.sort();
    let columns = [Column::Words("file"), Column::Numbers("bytes")];
    output::text(format_args!("\n{}", table::render(&columns, &rows)));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{add_policy, require_integrity};

    #[test]
    fn the_policy_is_first_in_the_head_and_added_once() {
        let directory = tempfile::tempdir().unwrap();
        let (page, policy) = (
            directory.path().join("index.html"),
            directory.path().join("csp.txt"),
        );
        std::fs::write(&page, "<html><head><title>Papo</title></head></html>").unwrap();
        std::fs::write(&policy, "default-src 'none'\n").unwrap();
        add_policy(&page, &policy).unwrap();
        let html = std::fs::read_to_string(&page).unwrap();
        let meta = r#"<meta http-equiv="Content-Security-Policy" content="default-src 'none'" />"#;
        assert_eq!(
            html,
            format!("<html><head>\n    {meta}<title>Papo</title></head></html>")
        );
        let error = add_policy(&page, &policy).unwrap_err().to_string();
        assert!(error.contains("has a policy already"), "{error}");
    }

    #[test]
    fn a_page_without_integrity_hashes_is_rejected() {
        let directory = tempfile::tempdir().unwrap();
        let page = directory.path().join("index.html");
        let preload = r#"<link rel="modulepreload" href="/a.js" integrity="sha384-abc">"#;
        std::fs::write(&page, preload).unwrap();
        require_integrity(&page).unwrap();
        for html in [
            "",
            &format!(r#"{preload}<link rel="preload" href="/a.wasm">"#),
        ] {
            std::fs::write(&page, html).unwrap();
            let error = require_integrity(&page).unwrap_err().to_string();
            assert!(error.contains("no_sri"), "{error}");
        }
    }
}
