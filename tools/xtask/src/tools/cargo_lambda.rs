//! cargo-lambda, which cross-compiles functions for Lambda with Zig as the linker and packs them.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, ensure};

use super::cache::Cache;
use super::path::{self, SearchPath};
use super::python;
use crate::workspace::Workspace;

/// Both are on PyPI as prebuilt programs.
const PACKAGES: [&str; 2] = ["cargo-lambda==1.9.2", "ziglang==0.15.2"];

/// cargo-lambda with Zig on its PATH.
#[derive(Debug)]
pub(crate) struct CargoLambda {
    program: PathBuf,
    path: SearchPath,
}

/// Any version on PATH, else our own from the cache.
pub(crate) fn provide(cache: &Cache) -> Result<CargoLambda> {
    if let Some(program) = path::find("cargo-lambda") {
        return Ok(CargoLambda {
            program,
            path: SearchPath::default(),
        });
    }
    let python = python::provide(cache, &PACKAGES)?;
    let program = python.with_file_name("cargo-lambda");
    ensure!(
        path::is_executable(&program),
        "the PyPI package {} has no program cargo-lambda",
        PACKAGES[0]
    );
    let mut path = SearchPath::default();
    path.add_directory_of(&program);
    Ok(CargoLambda { program, path })
}

impl CargoLambda {
    /// Lets a program find cargo-lambda.
    pub(crate) fn put_on_path(&self, command: &mut Command) -> Result<()> {
        self.path.apply(command)
    }

    /// `cargo lambda build` in the workspace.
    pub(crate) fn command(&self, workspace: &Workspace) -> Result<Command> {
        let mut command = workspace.command(&self.program);
        self.path.apply(&mut command)?;
        command.args(["lambda", "build"]);
        Ok(command)
    }
}
