//! The directory of installed tools: one subdirectory for each tool and version, shared by all checkouts of a user.
//!
//! A tool is assembled in `.incoming/` and renamed into place as the last step, so every named directory is complete.
//! The installer holds a lock on the name, which the operating system releases however the installer ends.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest as _, Sha256};

use crate::lock;
use crate::progress::{self, Task};

/// The tool cache of this user.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    root: PathBuf,
}

impl Cache {
    /// `$XDG_CACHE_HOME/papo/tools`, or `~/.cache/papo/tools`.
    pub(crate) fn of_this_user() -> Result<Self> {
        let absolute = |variable| {
            std::env::var_os(variable)
                .map(PathBuf::from)
                .filter(|path| path.is_absolute())
        };
        let caches = absolute("XDG_CACHE_HOME")
            .or_else(|| Some(absolute("HOME")?.join(".cache")))
            .context("no cache directory: set HOME or XDG_CACHE_HOME to an absolute path")?;
        Ok(Self {
            root: caches.join("papo").join("tools"),
        })
    }

    #[cfg(test)]
    pub(crate) fn at(root: &Path) -> Self {
        Self {
            root: root.to_path_buf(),
        }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Whether the tool called `name` is installed.
    pub(crate) fn holds(&self, name: &str) -> bool {
        self.root.join(name).is_dir()
    }

    /// The directory of the tool called `name` (which includes its version), filled by `fill` if it does not exist or `is_usable`
    /// finds that it no longer works, for example because the interpreter that it was installed with is gone.
    ///
    /// `fill` gets an empty directory. If it fails or the process dies meanwhile, the tool counts as not installed.
    pub(crate) fn provide(
        &self,
        name: &str,
        is_usable: impl Fn(&Path) -> bool,
        fill: impl FnOnce(&Path, &Task) -> Result<()>,
    ) -> Result<PathBuf> {
        let place = self.root.join(name);
        if is_usable(&place) {
            return Ok(place);
        }
        let incoming = self.root.join(".incoming");
        fs::create_dir_all(&incoming).with_context(|| {
            format!(
                "cannot create {}: set XDG_CACHE_HOME to a directory that can be written",
                incoming.display()
            )
        })?;
        let what = format!("another process is installing {name}");
        let path = incoming.join(format!("{name}.lock"));
        let locked =
            File::create(&path).with_context(|| format!("cannot create {}", path.display()))?;
        lock::hold(&locked, &path, &what)?;
        if is_usable(&place) {
            return Ok(place);
        }
        if place.exists() {
            progress::println(&format!("{} does not work any more", place.display()));
            fs::remove_dir_all(&place)
                .with_context(|| format!("cannot remove {}", place.display()))?;
        }
        let staging = incoming.join(name);
        if staging.exists() {
            fs::remove_dir_all(&staging)
                .with_context(|| format!("cannot remove {}", staging.display()))?;
        }
        fs::create_dir(&staging).with_context(|| format!("cannot create {}", staging.display()))?;
        let task = Task::start(format!("installing {name}"));
        let filled = fill(&staging, &task).with_context(|| format!("cannot install {name}"));
        if filled.is_err() {
            let _ = fs::remove_dir_all(&staging);
        }
        filled?;
        fs::rename(&staging, &place)
            .with_context(|| format!("cannot move {name} to {}", place.display()))?;
        task.finish();
        Ok(place)
    }
}

/// The name of an installation of `packages`, each with its version: that of the first one, and a hash of all if there are more.
pub(super) fn name_of(packages: &[&str]) -> String {
    let first = packages.first().copied().unwrap_or_default();
    let name = first.replace("==", "-").replace('@', "-");
    if packages.len() < 2 {
        return name;
    }
    let hash = Sha256::digest(packages.join(" "));
    format!("{name}-{}", hex::encode(&hash[..8]))
}

#[cfg(test)]
mod tests {
    use super::{Cache, Task, name_of};
    use anyhow::Context as _;
    use std::fs;
    use std::path::Path;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn an_installation_has_a_short_name_that_differs_with_its_packages() {
        assert_eq!(name_of(&["boto3==1.44.5"]), "boto3-1.44.5");
        let many = vec!["a-package-with-a-long-name@1.0.0"; 100];
        assert!(name_of(&many).len() < 64);
        let two = |version| name_of(&["react@19.2.3", version]);
        assert_ne!(two("esbuild@0.28.2"), two("esbuild@0.28.3"));
    }

    fn write_tool(directory: &Path, _: &Task) -> anyhow::Result<()> {
        fs::write(directory.join("tool"), "it").context("cannot write")
    }

    #[test]
    fn leftovers_of_an_interrupted_installation_are_not_used() {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::at(directory.path());
        let left = directory.path().join(".incoming").join("tool-1");
        fs::create_dir_all(&left).unwrap();
        fs::write(left.join("half"), "").unwrap();
        let place = cache.provide("tool-1", Path::is_dir, write_tool).unwrap();
        assert!(!place.join("half").exists());
        assert!(place.join("tool").exists());
    }

    #[test]
    fn a_tool_that_does_not_work_any_more_is_installed_again() {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::at(directory.path());
        let is_usable = |place: &Path| place.join("tool").exists();
        let place = cache.provide("tool-1", is_usable, write_tool).unwrap();
        fs::remove_file(place.join("tool")).unwrap();
        fs::write(place.join("half"), "").unwrap();
        let place = cache.provide("tool-1", is_usable, write_tool).unwrap();
        assert!(is_usable(&place));
        assert!(!place.join("half").exists());
    }

    #[test]
    fn concurrent_callers_install_a_tool_only_once() {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::at(directory.path());
        let fills = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let place = cache.provide("tool-1", Path::is_dir, |staging, task| {
                        fills.fetch_add(1, Ordering::Relaxed);
                        write_tool(staging, task)
                    });
                    assert!(place.unwrap().join("tool").exists());
                });
            }
        });
        assert_eq!(fills.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn an_unwritable_cache_is_reported_with_its_path() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("file");
        fs::write(&file, "").unwrap();
        let error = Cache::at(&file)
            .provide("tool-1", Path::is_dir, write_tool)
            .unwrap_err();
        let error = error.to_string();
        assert!(error.starts_with("cannot create "), "{error}");
        assert!(error.contains("set XDG_CACHE_HOME"), "{error}");
    }
}
