//! Where this repository and what is built from it lie.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

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
    /// Asks cargo, so that `CARGO_TARGET_DIR` and cargo's own settings are heeded.
    ///
    /// # Errors
    /// When cargo does not answer.
    pub(crate) fn find() -> Result<Self> {
        let answer = process::output(process::command(cargo_program()).args([
            "metadata",
            "--no-deps",
            "--format-version=1",
        ]))?;
        let metadata: serde_json::Value =
            serde_json::from_str(&answer).context("`cargo metadata` did not answer with JSON")?;
        let path = |key: &str| {
            let text = metadata[key].as_str();
            text.map(PathBuf::from)
                .with_context(|| format!("`cargo metadata` did not name the {key}"))
        };
        Ok(Self {
            root: path("workspace_root")?,
            target: path("target_directory")?,
            tests: integration_tests(&metadata),
        })
    }

    /// The integration tests of all packages.
    pub(crate) fn integration_tests(&self) -> &[IntegrationTest] {
        &self.tests
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where cargo puts what it builds.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// A program that runs in the root of the repository.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = process::command(program);
        command.current_dir(&self.root);
        command
    }

    /// The cargo that started us, in the root of the repository.
    pub(crate) fn cargo<const N: usize>(&self, arguments: [&str; N]) -> Command {
        let mut command = self.command(cargo_program());
        command.args(arguments);
        command
    }
}

/// Reads the answer of `cargo metadata`.
fn integration_tests(metadata: &serde_json::Value) -> Vec<IntegrationTest> {
    let list = |value: &serde_json::Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let mut tests = Vec::new();
    for package in list(&metadata["packages"]) {
        let targets = list(&package["targets"]).into_iter();
        for target in
            targets.filter(|target| list(&target["kind"]).iter().any(|kind| kind == "test"))
        {
            tests.push(IntegrationTest {
                package: text(&package["name"]),
                name: text(&target["name"]),
            });
        }
    }
    tests
}

fn cargo_program() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::{IntegrationTest, integration_tests};

    #[test]
    fn integration_tests_are_told_from_other_targets() {
        let metadata = serde_json::json!({ "packages": [
            { "name": "papo-e2e", "targets": [{ "kind": ["lib"], "name": "papo_e2e" }, { "kind": ["test"], "name": "browser" }] },
            { "name": "papo-gateway", "targets": [{ "kind": ["bin"], "name": "gateway" }] },
        ]});
        let browser = IntegrationTest {
            package: "papo-e2e".to_owned(),
            name: "browser".to_owned(),
        };
        assert_eq!(integration_tests(&metadata), [browser]);
    }

    #[test]
    fn an_answer_without_packages_holds_no_tests() {
        assert_eq!(integration_tests(&serde_json::json!({})), []);
    }
}
