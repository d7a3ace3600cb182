//! The source folders of a function, and which files in them are sources.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Component, Path, PathBuf},
};

use cargo_metadata::{DependencyKind, MetadataCommand, Package};
use tracing::warn;

use crate::template::{Code, Function};

/// Folders of generated files.
const GENERATED_FOLDERS: &[&str] = &["__pycache__", "node_modules", "target"];
/// Suffixes of files that editors and interpreters create.
const TEMPORARY_SUFFIXES: &[&str] = &["~", ".pyc", ".swp", ".swx", ".tmp"];

/// The source folders of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sources(BTreeSet<PathBuf>);

/// Finds the sources of functions. Asks cargo once for each folder.
#[derive(Default)]
pub(super) struct Finder {
    packages: BTreeMap<PathBuf, BTreeSet<PathBuf>>,
}

impl Finder {
    /// The folders of the function's layers and its `CodeUri`; for a cargo package, also its path dependencies.
    pub(super) fn sources_of(&mut self, function: &Function) -> Sources {
        let layers = function.layers.iter();
        let mut roots: BTreeSet<_> = layers.map(|layer| canonical(&layer.folder)).collect();
        // Inline code has no folder; it changes only with the template.
        roots.extend(function.code.folder().map(|folder| canonical(folder)));
        if let Code::Cargo { folder, .. } = &function.code {
            let packages = self.packages.entry(folder.clone());
            let packages = packages.or_insert_with(|| dependencies(folder));
            roots.extend(packages.iter().cloned());
        }
        Sources(roots)
    }
}

/// As [`packages`], or none with a warning.
fn dependencies(folder: &Path) -> BTreeSet<PathBuf> {
    match packages(folder) {
        Ok(packages) => packages,
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

/// The folders of the package in `folder` and of its direct and indirect path dependencies, except those of tests. Reads manifests
/// only: resolving all dependencies would take cargo ten times as long.
fn packages(folder: &Path) -> Result<BTreeSet<PathBuf>, cargo_metadata::Error> {
    let mut packages: BTreeMap<PathBuf, Package> = BTreeMap::new();
    let mut found = BTreeSet::new();
    let mut open = vec![canonical(folder)];
    while let Some(folder) = open.pop() {
        if !packages.contains_key(&folder) {
            // The members of one workspace are read together.
            let metadata = MetadataCommand::new()
                .current_dir(&folder)
                .no_deps()
                .exec()?;
            let members = metadata.packages.into_iter();
            packages.extend(members.filter_map(|package| {
                let folder = package.manifest_path.parent()?;
                Some((canonical(folder.as_std_path()), package))
            }));
        }
        if let Some(package) = packages.get(&folder)
            && found.insert(folder)
        {
            let dependencies = package.dependencies.iter();
            open.extend(
                dependencies
                    .filter(|dependency| dependency.kind != DependencyKind::Development)
                    .filter_map(|dependency| dependency.path.as_ref())
                    .map(|folder| canonical(folder.as_std_path())),
            );
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::Layer;

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
        let root = tempfile::TempDir::new().unwrap();
        let package = |folder: &str, rest: &str| {
            let folder = root.path().join(folder);
            let name = folder.file_name().unwrap().display();
            let manifest = format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n{rest}");
            fs::create_dir_all(folder.join("src")).unwrap();
            fs::write(folder.join("src/lib.rs"), "").unwrap();
            fs::write(folder.join("Cargo.toml"), manifest).unwrap();
        };
        package(
            "workspace/function",
            "[dependencies]\nmember = { path = \"../member\" }\nserde = \"1\"\n[dev-dependencies]\ntests = { path = \"../tests\" }",
        );
        package(
            "workspace/member",
            "[dependencies]\noutside = { path = \"../../outside\" }",
        );
        package("workspace/tests", "");
        package("outside", "");
        let members = "[workspace]\nresolver = \"3\"\nmembers = [\"*\"]";
        fs::write(root.path().join("workspace/Cargo.toml"), members).unwrap();
        let found = packages(&root.path().join("workspace/function")).unwrap();
        let wanted = ["outside", "workspace/function", "workspace/member"];
        let wanted = wanted.map(|folder| canonical(&root.path().join(folder)));
        assert_eq!(found, BTreeSet::from(wanted));
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
        let function = Function::with_code("f", code);
        assert_eq!(finder.sources_of(&function), Sources(roots));
    }

    #[test]
    fn the_folders_of_layers_are_sources() {
        let mut function = Function::with_code(
            "f",
            Code::Bootstrap {
                folder: "/w/f".into(),
            },
        );
        function.layers.push(Layer {
            folder: "/w/layer".into(),
            place: "python",
        });
        let sources = Finder::default().sources_of(&function);
        assert!(sources.contains(Path::new("/w/layer/shared.py")));
        assert!(sources.contains(Path::new("/w/f/bootstrap")));
    }

    #[test]
    fn a_change_elsewhere_does_not_affect_the_function() {
        let sources = Sources(["/w/f".into(), "/w/p".into()].into());
        assert!(sources.contains(Path::new("/w/p/src/lib.rs")));
        assert!(!sources.contains(Path::new("/w/other/src/lib.rs")));
        assert!(!sources.contains(Path::new("/w/f/target/debug/f")));
    }
}
