//! The paths of this repository and its build output, and its metadata from cargo.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use cargo_metadata::camino::{Utf8Path, Utf8PathBuf};
use cargo_metadata::{Metadata, MetadataCommand, Source};

use crate::lock;
use crate::process;

/// The checkout that `cargo xtask` was called in.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    root: PathBuf,
    target: PathBuf,
    tests: Vec<IntegrationTest>,
}

/// A file or folder of integration tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IntegrationTest {
    pub(crate) package: String,
    pub(crate) name: String,
}

impl Workspace {
    /// Asks cargo, so that `CARGO_TARGET_DIR` and cargo's own settings apply.
    pub(crate) fn find() -> Result<Self> {
        let mut command = MetadataCommand::new();
        command.cargo_path(cargo_program()).no_deps();
        let metadata = command.exec().context("cannot read this workspace")?;
        Ok(Self {
            tests: integration_tests(&metadata),
            root: metadata.workspace_root.into(),
            target: metadata.target_directory.into(),
        })
    }

    /// The integration tests of all packages.
    pub(crate) fn integration_tests(&self) -> &[IntegrationTest] {
        &self.tests
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Cargo's target directory.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Waits until no other command that builds or tests the chat as a whole runs in this checkout, because they share `dist/` and
    /// files in the target directory. The lock is held until the file is dropped.
    pub(crate) fn lock(&self) -> Result<File> {
        let path = self.target.join(".xtask-lock");
        let holder = "another cargo xtask works in this checkout";
        let created = std::fs::create_dir_all(&self.target).and_then(|()| File::create(&path));
        let file = created.with_context(|| {
            format!(
                "cannot create {}: set CARGO_TARGET_DIR to a directory that can be written",
                path.display()
            )
        })?;
        lock::hold(&file, &path, holder)?;
        Ok(file)
    }

    /// A program that cargo has built, in the directory of the profile.
    pub(crate) fn program(&self, profile: &str, name: &str) -> Result<PathBuf> {
        let program = self.target.join(profile).join(name);
        ensure!(
            program.is_file(),
            "cargo has not put {name} at {}: does a configuration file of cargo set build.target?",
            program.display()
        );
        Ok(program)
    }

    /// A program that runs in the root of the repository.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = process::command(program);
        command.current_dir(&self.root);
        // It may be relative to the directory in which this command was called.
        if std::env::var_os("CARGO_TARGET_DIR").is_some() {
            command.env("CARGO_TARGET_DIR", &self.target);
        }
        command
    }

    /// The cargo that started us, in the root of the repository.
    pub(crate) fn cargo<const N: usize>(&self, arguments: [&str; N]) -> Command {
        let mut command = self.command(cargo_program());
        command.args(arguments);
        command
    }

    /// The folder that has the sources of the dependencies from crates.io, if there are any. They must have been downloaded for
    /// `target`.
    pub(crate) fn registry_sources(&self, target: &str) -> Result<Option<Utf8PathBuf>> {
        let mut command = MetadataCommand::new();
        command
            .cargo_path(cargo_program())
            .current_dir(&self.root)
            .other_options(["--filter-platform".to_owned(), target.to_owned()]);
        let metadata = command.exec().context("cannot read the dependencies")?;
        let mut packages = metadata.packages.iter();
        let dependency = packages.find(|it| it.source.as_ref().is_some_and(Source::is_crates_io));
        // `registry/src/index.crates.io-1949cf8c6b5b557f/yew-0.23.0/Cargo.toml`
        let sources = dependency.and_then(|it| it.manifest_path.ancestors().nth(2));
        Ok(sources.map(Utf8Path::to_owned))
    }

    /// The version of a dependency that Cargo.lock selects.
    pub(crate) fn locked_version(&self, package: &str) -> Result<String> {
        // Unlike `cargo metadata`, this needs no dependency to be downloaded.
        let id = process::output(&mut self.cargo(["pkgid", package]))?;
        // `registry+https://github.com/rust-lang/crates.io-index#wasm-bindgen@0.2.130`
        let (_, version) = id
            .trim()
            .rsplit_once('@')
            .with_context(|| format!("`cargo pkgid {package}` printed no version: {id:?}"))?;
        Ok(version.to_owned())
    }
}

/// Fails on systems without `/proc`, before anything is built for a command that reads it.
pub(crate) fn require_linux(command: &str) -> Result<()> {
    require_system(command, std::env::consts::OS)
}

fn require_system(command: &str, system: &str) -> Result<()> {
    ensure!(
        system == "linux",
        "{command} reads /proc, which {system} does not have: run it on Linux, for example in a virtual machine"
    );
    Ok(())
}

fn integration_tests(metadata: &Metadata) -> Vec<IntegrationTest> {
    let packages = metadata.packages.iter();
    packages
        .flat_map(|package| {
            let tests = package.targets.iter().filter(|target| target.is_test());
            tests.map(|target| IntegrationTest {
                package: package.name.to_string(),
                name: target.name.clone(),
            })
        })
        .collect()
}

fn cargo_program() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::{IntegrationTest, Workspace, require_system};
    use crate::tools::rust_target;

    #[test]
    fn finds_the_integration_tests_of_every_package() {
        let workspace = Workspace::find().unwrap();
        let own = IntegrationTest {
            package: "xtask".to_owned(),
            name: "commands".to_owned(),
        };
        assert!(workspace.integration_tests().contains(&own));
    }

    #[test]
    fn commands_that_read_proc_are_refused_elsewhere() {
        require_system("cargo xtask chaos", "linux").unwrap();
        let error = require_system("cargo xtask chaos", "macos").unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("cargo xtask chaos reads /proc, which macos does not have")
        );
    }

    #[test]
    fn reads_the_locked_version_of_a_dependency() {
        let workspace = Workspace::find().unwrap();
        let version = workspace.locked_version("wasm-bindgen").unwrap();
        assert!(version.starts_with("0.2."), "{version}");
    }

    #[test]
    fn finds_the_sources_of_dependencies() {
        let workspace = Workspace::find().unwrap();
        let sources = workspace
            .registry_sources(rust_target::WASM)
            .unwrap()
            .unwrap();
        let version = workspace.locked_version("anyhow").unwrap();
        assert!(sources.join(format!("anyhow-{version}/src")).is_dir());
    }

    #[test]
    fn reports_a_dependency_that_does_not_exist() {
        let workspace = Workspace::find().unwrap();
        let error = workspace
            .locked_version("no-such-package")
            .unwrap_err()
            .to_string();
        assert!(error.contains("cargo pkgid no-such-package"), "{error}");
    }
}
