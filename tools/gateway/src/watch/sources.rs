//! The source folders of a function, and which files in them are sources.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Component, Path, PathBuf},
    process::Command,
};

use serde::Deserialize;
use tracing::warn;

use crate::template::Code;

/// Folders of generated files.
const GENERATED_FOLDERS: &[&str] = &["__pycache__", "node_modules", "target"];
/// Suffixes of files that editors and interpreters create.
const TEMPORARY_SUFFIXES: &[&str] = &["~", ".pyc", ".swp", ".swx", ".tmp"];

/// The source folders of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sources(BTreeSet<PathBuf>);

/// Finds the sources of functions. Asks cargo once for each folder, which takes a few tenths of a second.
#[derive(Default)]
pub(super) struct Finder {
    packages: BTreeMap<PathBuf, BTreeSet<PathBuf>>,
}

impl Finder {
    /// `CodeUri`; for a cargo package, also its path dependencies.
    pub(super) fn sources_of(&mut self, code: &Code) -> Sources {
        // Inline code changes only with the template.
        let Some(folder) = code.folder() else {
            return Sources(BTreeSet::new());
        };
        let mut roots = BTreeSet::from([canonical(folder)]);
        if let Code::Cargo { .. } = code {
            let packages = self.packages.entry(folder.to_owned());
            let packages = packages.or_insert_with(|| dependencies(folder));
            roots.extend(packages.iter().cloned());
        }
        Sources(roots)
    }
}

/// The folders of the path dependencies of the cargo package in `folder`.
fn dependencies(folder: &Path) -> BTreeSet<PathBuf> {
    match packages(folder) {
        Ok(packages) => packages.iter().map(|folder| canonical(folder)).collect(),
        Err(error) => {
            warn!("watch      only {} is watched: {error}", folder.display());
            BTreeSet::new()
        }
    }
}

/// Change notifications contain canonical paths.
fn canonical(folder: &Path) -> PathBuf {
    folder.canonicalize().unwrap_or_else(|_| folder.to_owned())
}

impl Sources {
    /// Whether `path` is one of the function's sources.
    pub(super) fn contains(&self, path: &Path) -> bool {
        let within = |root: &PathBuf| path.strip_prefix(root).is_ok_and(counts);
        self.0.iter().any(within)
    }

    /// All folders with sources.
    pub(super) fn folders(&self) -> impl Iterator<Item = PathBuf> {
        self.0.iter().flat_map(|root| within(root))
    }
}

/// The folder and its source folders at any depth.
pub(super) fn within(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_owned()];
    let mut next = 0;
    while let Some(folder) = found.get(next) {
        // A folder that has been removed in the meantime counts as empty.
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let folders: Vec<_> = entries
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
            .filter(|entry| counts(Path::new(&entry.file_name())))
            .map(|entry| entry.path())
            .collect();
        found.extend(folders);
        next += 1;
    }
    found
}

/// Whether a path within a function's folder can be a source: neither hidden nor generated.
fn counts(path: &Path) -> bool {
    path.components().all(|step| {
        let Component::Normal(name) = step else {
            return true;
        };
        let name = name.to_string_lossy();
        let is_temporary = TEMPORARY_SUFFIXES.iter().any(|end| name.ends_with(end));
        !name.starts_with('.') && !GENERATED_FOLDERS.contains(&name.as_ref()) && !is_temporary
    })
}

/// The part of `cargo metadata` that is used here
/// (<https://doc.rust-lang.org/cargo/commands/cargo-metadata.html>).
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    /// `None` for path dependencies.
    source: Option<String>,
    manifest_path: PathBuf,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Dependent>,
}

#[derive(Deserialize)]
struct Dependent {
    id: String,
    dependencies: Vec<String>,
}

/// The folders of the package in `folder` and of its direct and indirect path dependencies.
fn packages(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = ["metadata", "--format-version=1", "--quiet"];
    let output = Command::new(cargo)
        .args(arguments)
        .current_dir(folder)
        .output();
    let output = output.map_err(|error| format!("cannot run cargo: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    let metadata = serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
    let folder = folder.canonicalize().map_err(|error| error.to_string())?;
    Ok(reached(&metadata, &folder.join("Cargo.toml")))
}

fn reached(metadata: &Metadata, manifest: &Path) -> Vec<PathBuf> {
    let local = metadata
        .packages
        .iter()
        .filter(|package| package.source.is_none());
    let local: BTreeMap<_, _> = local
        .map(|package| (package.id.as_str(), package))
        .collect();
    let root = local
        .values()
        .find(|package| package.manifest_path == manifest);
    let mut wanted: Vec<_> = root
        .map(|package| package.id.as_str())
        .into_iter()
        .collect();
    let mut next = 0;
    while let Some(id) = wanted.get(next).copied() {
        let node = metadata.resolve.nodes.iter().find(|node| node.id == id);
        for dependency in node.into_iter().flat_map(|node| &node.dependencies) {
            if local.contains_key(dependency.as_str()) && !wanted.contains(&dependency.as_str()) {
                wanted.push(dependency);
            }
        }
        next += 1;
    }
    let manifests = wanted
        .iter()
        .filter_map(|id| Some(&local.get(id)?.manifest_path));
    manifests
        .filter_map(|manifest| Some(manifest.parent()?.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_files_are_not_sources() {
        for path in ["app.py", "bootstrap", "src/main.rs", "a/b/c.json", ""] {
            assert!(counts(Path::new(path)), "{path}");
        }
        for path in [
            ".git/HEAD",
            "target/debug/x",
            "a/__pycache__/app.cpython-311.pyc",
            "node_modules/ws/index.js",
            "app.py~",
            ".app.py.swp",
        ] {
            assert!(!counts(Path::new(path)), "{path}");
        }
    }

    #[test]
    fn source_folders_are_found_at_any_depth() {
        let root = tempfile::TempDir::new().unwrap();
        for folder in ["a/b", "target/debug", ".git", "__pycache__"] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        let found = within(root.path());
        let wanted = ["", "a", "a/b"].map(|folder| root.path().join(folder));
        assert_eq!(found, wanted);
    }

    #[test]
    fn path_dependencies_are_followed_and_others_are_not() {
        let package = |name: &str, source: Option<&str>| serde_json::json!({ "id": name, "source": source, "manifest_path": format!("/w/{name}/Cargo.toml") });
        let node = |name: &str, dependencies: &[&str]| serde_json::json!({ "id": name, "dependencies": dependencies });
        let metadata = serde_json::json!({
            "packages": [package("f", None), package("p", None), package("q", None), package("o", None), package("s", Some("registry"))],
            "resolve": { "nodes": [node("f", &["p", "s"]), node("p", &["q", "f"]), node("q", &[]), node("o", &["f"]), node("s", &[])] },
        });
        let metadata = serde_json::from_value(metadata).unwrap();
        let found = reached(&metadata, Path::new("/w/f/Cargo.toml"));
        assert_eq!(found, ["/w/f", "/w/p", "/w/q"].map(PathBuf::from));
    }

    #[test]
    fn cargo_is_asked_once_for_functions_in_the_same_folder() {
        let folder = tempfile::TempDir::new().unwrap();
        let (folder, dependency) = (folder.path().to_owned(), PathBuf::from("/w/p"));
        let mut finder = Finder::default();
        // There is no package in the folder, so cargo would not find the dependency.
        let known = BTreeSet::from([dependency.clone()]);
        finder.packages.insert(folder.clone(), known);
        let code = Code::Cargo {
            folder: folder.clone(),
            binary: None,
        };
        let roots = BTreeSet::from([canonical(&folder), dependency]);
        assert_eq!(finder.sources_of(&code), Sources(roots));
    }

    #[test]
    fn a_change_elsewhere_does_not_affect_the_function() {
        let sources = Sources(["/w/f".into(), "/w/p".into()].into());
        assert!(sources.contains(Path::new("/w/p/src/lib.rs")));
        assert!(!sources.contains(Path::new("/w/other/src/lib.rs")));
        assert!(!sources.contains(Path::new("/w/f/target/debug/f")));
    }
}
