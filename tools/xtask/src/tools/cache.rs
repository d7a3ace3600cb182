//! The directory that installed tools live in: one subdirectory a tool and version, shared by all checkouts of a user.
//!
//! A tool is put together in `.incoming/` and renamed into place as the last act, so what has a name is complete. Who
//! installs holds a lock on the name; the operating system gives it back however the holder ends.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::process;

/// The longest that anybody waits for another installation of the same tool. Building Trunk takes about five minutes on
/// two cores; on a busy machine, some more.
const LONGEST_INSTALLATION: Duration = Duration::from_hours(1);

/// The tool cache of this user.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    root: PathBuf,
}

impl Cache {
    /// `$XDG_CACHE_HOME/papo/tools`, or `~/.cache/papo/tools`.
    ///
    /// # Errors
    /// When neither variable says where.
    pub(crate) fn of_this_user() -> Result<Self> {
        let absolute = |variable| {
            std::env::var_os(variable)
                .map(PathBuf::from)
                .filter(|path| path.is_absolute())
        };
        let caches = absolute("XDG_CACHE_HOME")
            .or_else(|| Some(absolute("HOME")?.join(".cache")))
            .context("cannot tell where tools may be kept: set HOME or XDG_CACHE_HOME to an absolute path")?;
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

    /// The directory of the tool called `name` (which includes its version), filled by `fill` unless it is there.
    ///
    /// `fill` gets an empty directory. When it fails, or we die in it, the tool counts as not installed.
    ///
    /// # Errors
    /// What `fill` says, and whatever keeps us from writing into the cache.
    pub(crate) fn provide(
        &self,
        name: &str,
        fill: impl FnOnce(&Path) -> Result<()>,
    ) -> Result<PathBuf> {
        let place = self.root.join(name);
        if place.is_dir() {
            return Ok(place);
        }
        let incoming = self.root.join(".incoming");
        fs::create_dir_all(&incoming)
            .with_context(|| format!("cannot create {}", incoming.display()))?;
        let _lock = lock(&incoming.join(format!("{name}.lock")), name)?;
        if place.is_dir() {
            return Ok(place);
        }
        let staging = incoming.join(name);
        if staging.exists() {
            fs::remove_dir_all(&staging)
                .with_context(|| format!("cannot remove {}", staging.display()))?;
        }
        fs::create_dir(&staging).with_context(|| format!("cannot create {}", staging.display()))?;
        eprintln!("installing {name} into {} (once)", self.root.display());
        let filled = fill(&staging).with_context(|| format!("cannot install {name}"));
        if filled.is_err() {
            let _ = fs::remove_dir_all(&staging);
        }
        filled?;
        fs::rename(&staging, &place)
            .with_context(|| format!("cannot move {name} to {}", place.display()))?;
        Ok(place)
    }
}

/// Holds the lock until the file is dropped.
fn lock(path: &Path, name: &str) -> Result<File> {
    let file = File::create(path).with_context(|| format!("cannot create {}", path.display()))?;
    let mut said = false;
    process::wait_until(
        &format!("waiting for another installation of {name}"),
        LONGEST_INSTALLATION,
        || match file.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => {
                if !said {
                    eprintln!("waiting: {name} is being installed by another process");
                    said = true;
                }
                Ok(false)
            }
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("cannot lock {}", path.display()))
            }
        },
    )?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::Cache;
    use anyhow::{Context as _, bail};
    use std::fs;
    use std::path::Path;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn write_tool(directory: &Path) -> anyhow::Result<()> {
        fs::write(directory.join("tool"), "it").context("cannot write")
    }

    #[test]
    fn a_tool_is_installed_once() {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::at(directory.path());
        let place = cache.provide("tool-1", write_tool).unwrap();
        assert_eq!(fs::read_to_string(place.join("tool")).unwrap(), "it");
        assert_eq!(
            cache.provide("tool-1", |_| bail!("a second time")).unwrap(),
            place
        );
    }

    #[test]
    fn two_versions_stand_side_by_side() {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::at(directory.path());
        assert_ne!(
            cache.provide("tool-1", write_tool).unwrap(),
            cache.provide("tool-2", write_tool).unwrap()
        );
    }

    #[test]
    fn an_installation_that_fails_leaves_nothing_that_looks_installed() {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::at(directory.path());
        let error = cache
            .provide("tool-1", |staging| {
                write_tool(staging)?;
                bail!("no space left")
            })
            .unwrap_err();
        assert_eq!(format!("{error:#}"), "cannot install tool-1: no space left");
        assert!(!directory.path().join("tool-1").exists());
        cache.provide("tool-1", write_tool).unwrap();
    }

    #[test]
    fn what_an_interrupted_installation_left_is_not_used() {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::at(directory.path());
        let left = directory.path().join(".incoming").join("tool-1");
        fs::create_dir_all(&left).unwrap();
        fs::write(left.join("half"), "").unwrap();
        let place = cache.provide("tool-1", write_tool).unwrap();
        assert!(!place.join("half").exists());
        assert!(place.join("tool").exists());
    }

    #[test]
    fn of_many_at_the_same_time_one_installs_and_the_others_wait() {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::at(directory.path());
        let fills = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let place = cache.provide("tool-1", |staging| {
                        fills.fetch_add(1, Ordering::Relaxed);
                        write_tool(staging)
                    });
                    assert!(place.unwrap().join("tool").exists());
                });
            }
        });
        assert_eq!(fills.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_cache_that_cannot_be_written_is_an_error_that_names_it() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("file");
        fs::write(&file, "").unwrap();
        let error = Cache::at(&file).provide("tool-1", write_tool).unwrap_err();
        assert!(error.to_string().starts_with("cannot create "), "{error}");
    }
}
