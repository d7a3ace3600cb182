//! Bundles the modules of functions with esbuild (<https://esbuild.github.io/api/>).

use std::{
    collections::{BTreeMap, BTreeSet, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::process::Command;

use super::{build_error::BuildError, runtime::RuntimeFiles};
use crate::template::{Bundle, Code, Function, Source};

/// The bundle of a function.
pub(super) fn of(function: &Function) -> Option<&Bundle> {
    match &function.code {
        Code::Managed {
            source: Source::Bundle(bundle),
            ..
        } => Some(bundle),
        _ => None,
    }
}

/// The folder that a bundle is written to. Functions of one project share it.
pub(super) fn folder(bundle: &Bundle, files: &RuntimeFiles) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    (&bundle.folder, &bundle.options).hash(&mut hasher);
    let name = format!("{:016x}", hasher.finish());
    files.folder().join("bundles").join(name)
}

/// Bundles the modules of all functions that need it, with one run of esbuild for each project.
pub(super) async fn all(functions: &[Function], files: &RuntimeFiles) -> Result<(), BuildError> {
    let mut projects: BTreeMap<PathBuf, (&Bundle, BTreeSet<&Path>)> = BTreeMap::new();
    for bundle in functions.iter().filter_map(of) {
        let (_, entries) = projects
            .entry(folder(bundle, files))
            .or_insert_with(|| (bundle, BTreeSet::new()));
        entries.insert(&bundle.entry);
    }
    for (folder, (bundle, entries)) in projects {
        run(bundle, &entries, &folder).await?;
    }
    Ok(())
}

async fn run(bundle: &Bundle, entries: &BTreeSet<&Path>, folder: &Path) -> Result<(), BuildError> {
    let what = entries
        .iter()
        .map(|entry| entry.display().to_string())
        .collect::<Vec<_>>()
        .join(", ");
    tracing::info!("bundling {what} in {}", bundle.folder.display());
    let status = Command::new(&bundle.esbuild)
        .args(entries)
        .args(["--bundle", "--platform=node", "--sourcemap"])
        // A single entry would otherwise lose the folders of its path.
        .arg("--outbase=.")
        .arg(format!("--outdir={}", folder.display()))
        .arg("--log-level=warning")
        .args(&bundle.options)
        .current_dir(&bundle.folder)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .status()
        .await;
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(BuildError::NotBundled {
            what,
            folder: bundle.folder.clone(),
        }),
        Err(source) => Err(BuildError::NoEsbuild {
            esbuild: bundle.esbuild.clone(),
            source,
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use tempfile::TempDir;

    use super::*;
    use crate::template::Runtime;

    fn function(folder: &Path, entry: &str) -> Function {
        let bundle = Bundle {
            folder: folder.to_owned(),
            entry: entry.into(),
            esbuild: folder.join("esbuild"),
            options: vec!["--external:aws-sdk".to_owned()],
        };
        let code = Code::Managed {
            source: Source::Bundle(bundle),
            runtime: Runtime::parse("nodejs20.x").unwrap(),
            dependencies: None,
        };
        Function::with_code(entry, code)
    }

    /// A program that replaces esbuild.
    fn esbuild(folder: &Path, script: &str) {
        let program = folder.join("esbuild");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[tokio::test]
    async fn functions_of_one_project_are_bundled_together() {
        let project = TempDir::new().unwrap();
        esbuild(project.path(), "printf '%s\\n' \"$@\" >> arguments");
        let functions = [
            function(project.path(), "src/a.ts"),
            function(project.path(), "src/b.ts"),
        ];
        let files = RuntimeFiles::write("").unwrap();
        all(&functions, &files).await.unwrap();
        let arguments = std::fs::read_to_string(project.path().join("arguments")).unwrap();
        let arguments: Vec<_> = arguments.lines().collect();
        assert_eq!(arguments[..3], ["src/a.ts", "src/b.ts", "--bundle"]);
        assert!(arguments.contains(&"--external:aws-sdk"), "{arguments:?}");
        let folder = of(&functions[0]).map(|bundle| folder(bundle, &files));
        let wanted = format!("--outdir={}", folder.unwrap().display());
        assert!(arguments.contains(&wanted.as_str()), "{arguments:?}");
    }

    #[tokio::test]
    async fn an_error_of_the_bundler_is_reported_in_one_sentence() {
        let project = TempDir::new().unwrap();
        let files = RuntimeFiles::write("").unwrap();
        let functions = [function(project.path(), "src/a.ts")];
        esbuild(project.path(), "exit 1");
        let said = all(&functions, &files).await.unwrap_err().to_string();
        assert!(
            said.starts_with("esbuild could not bundle src/a.ts in"),
            "{said}"
        );
    }
}
