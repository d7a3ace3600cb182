//! cargo-lambda, which builds functions for Lambda's processor and packs them, with Zig as its linker.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, ensure};

use super::cache::Cache;
use super::path::{self, SearchPath};
use super::python;
use crate::workspace::Workspace;

/// Both come from `PyPI`, where they are published as programs ready to run.
const CARGO_LAMBDA: &str = "1.9.2";
const ZIG: &str = "0.15.2";

/// cargo-lambda, and where it finds Zig.
#[derive(Debug)]
pub(crate) struct CargoLambda {
    program: PathBuf,
    path: SearchPath,
}

/// From PATH in any version, else from the cache.
///
/// # Errors
/// When it cannot be installed.
pub(crate) fn provide(cache: &Cache) -> Result<CargoLambda> {
    if let Some(program) = path::find("cargo-lambda") {
        return Ok(CargoLambda {
            program,
            path: SearchPath::default(),
        });
    }
    let packages = [
        format!("cargo-lambda=={CARGO_LAMBDA}"),
        format!("ziglang=={ZIG}"),
    ];
    let name = format!("cargo-lambda-{CARGO_LAMBDA}-zig-{ZIG}");
    let python = python::provide(cache, &name, &[&packages[0], &packages[1]])?;
    let program = python.with_file_name("cargo-lambda");
    ensure!(
        path::is_executable(&program),
        "the package cargo-lambda {CARGO_LAMBDA} holds no program cargo-lambda"
    );
    let mut path = SearchPath::default();
    path.add_directory_of(&program);
    Ok(CargoLambda { program, path })
}

impl CargoLambda {
    /// # Errors
    /// When PATH cannot be put together.
    pub(crate) fn command(&self, workspace: &Workspace) -> Result<Command> {
        let mut command = workspace.command(&self.program);
        self.path.apply(&mut command)?;
        command.args(["lambda", "build"]);
        Ok(command)
    }
}
