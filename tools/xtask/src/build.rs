//! `cargo xtask build`: what is deployed.

mod glue;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::process;
use crate::tools::cache::Cache;
use crate::tools::wasm_opt::{self, WasmOpt};
use crate::tools::{cargo_lambda, rust_target, terser, trunk};
use crate::workspace::Workspace;
use xtask_lib::table::{self, Column};

/// Builds what is deployed: the app in dist/ for any static hosting, and one zip a function in target/lambda/ for Lambda
/// on arm64.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only the app: dist/
    #[arg(long)]
    site: bool,
    /// Only the functions: target/lambda/*/bootstrap.zip
    #[arg(long)]
    lambdas: bool,
}

/// # Errors
/// When a tool cannot be had or something does not compile.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let workspace = Workspace::find()?;
    let cache = Cache::of_this_user()?;
    let everything = !arguments.site && !arguments.lambdas;
    if everything || arguments.site {
        site(&workspace, &cache)?;
    }
    if everything || arguments.lambdas {
        lambdas(&workspace, &cache)?;
    }
    Ok(())
}

/// Builds the app into `dist/`, optimised.
///
/// # Errors
/// When a tool cannot be had or the app does not compile.
pub(crate) fn site(workspace: &Workspace, cache: &Cache) -> Result<()> {
    rust_target::require(workspace, rust_target::WASM)?;
    let mut trunk = trunk::provide(workspace, cache)?;
    match wasm_opt::provide(cache)? {
        WasmOpt::Real(program) => trunk.path_mut().add_directory_of(&program),
        WasmOpt::Copy(program, reason) => {
            println!(
                "the app is not optimised with wasm-opt, which makes it about 1 % larger: {reason}"
            );
            trunk.path_mut().add_directory_of(&program);
        }
    }
    fetch(workspace)?;
    process::run(trunk.command(workspace, "build")?.arg("--release"))
        .context("cannot build the app")?;
    let dist = workspace.root().join("dist");
    match terser::provide(cache) {
        Ok(terser) => glue::shorten_script(&dist, &terser)?,
        Err(error) => {
            println!("the script is not shortened, which makes it 2 kB larger: {error:#}");
        }
    }
    glue::shorten_names(&dist)?;
    report("dist", &dist)
}

/// Downloads the app's dependencies: Trunk, told not to use the network, tells cargo the same.
///
/// # Errors
/// When the registry is out of reach and something is not here yet.
pub(crate) fn fetch(workspace: &Workspace) -> Result<()> {
    process::run(&mut workspace.cargo(["fetch", "--quiet", "--target", rust_target::WASM]))
        .context("cannot download the app's dependencies")
}

/// Builds the functions for arm64, one zip each, and returns the directory that they are in.
///
/// # Errors
/// When a tool cannot be had or a function does not compile.
pub(crate) fn lambdas(workspace: &Workspace, cache: &Cache) -> Result<PathBuf> {
    rust_target::require(workspace, rust_target::LAMBDA)?;
    let tool = cargo_lambda::provide(cache)?;
    let place = workspace.target().join("lambda");
    let mut command = tool.command(workspace)?;
    command
        .args([
            "--release",
            "--arm64",
            "--output-format",
            "zip",
            "--package",
            "papo-lambdas",
            "--lambda-dir",
        ])
        .arg(&place);
    process::run(&mut command).context("cannot build the functions")?;
    report("target/lambda", &place)?;
    Ok(place)
}

fn report(name: &str, directory: &Path) -> Result<()> {
    let mut rows = Vec::new();
    collect(directory, name, &mut rows)
        .with_context(|| format!("cannot read {}", directory.display()))?;
    rows.sort();
    print!(
        "\n{}",
        table::render(&[Column::Words("file"), Column::Numbers("bytes")], &rows)
    );
    Ok(())
}

fn collect(directory: &Path, name: &str, rows: &mut Vec<Vec<String>>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &name, rows)?;
        } else {
            rows.push(vec![name, entry.metadata()?.len().to_string()]);
        }
    }
    Ok(())
}
