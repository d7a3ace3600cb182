//! Folders for the files that a run needs, which do not outlive it for long, however it ends.

use std::{
    fs::File,
    io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use tempfile::TempDir;

/// Start of the names of folders in the folder for temporary files.
const PREFIX: &str = "papo-gateway-";
/// File that a running gateway keeps locked in its folders.
const LOCK: &str = "lock";
/// A younger folder may belong to a gateway that has not locked it yet.
const STALE: Duration = Duration::from_mins(1);

/// A folder for temporary files; removed when dropped, or by the next gateway when this one is killed.
#[derive(Debug)]
pub(crate) struct Folder {
    folder: TempDir,
    /// Locked for as long as it is open.
    _lock: File,
}

impl Folder {
    /// Removes the folders that killed gateways left, and creates one.
    pub(crate) fn create() -> io::Result<Self> {
        let temporary = std::env::temp_dir();
        remove_stale(&temporary, STALE);
        Self::create_in(&temporary)
    }

    fn create_in(temporary: &Path) -> io::Result<Self> {
        let folder = TempDir::with_prefix_in(PREFIX, temporary)?;
        let lock = File::create_new(folder.path().join(LOCK))?;
        lock.try_lock()?;
        Ok(Self {
            folder,
            _lock: lock,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The path of a file in it.
    pub(crate) fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path().join(name)
    }
}

/// Removes the folders of gateways that were killed: those of this user whose file is not locked. Failures are ignored,
/// because nothing depends on it.
fn remove_stale(temporary: &Path, age: Duration) {
    let user = rustix::process::getuid().as_raw();
    for entry in std::fs::read_dir(temporary).into_iter().flatten().flatten() {
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        // Not through symbolic links, because others may write to the folder for temporary files.
        let Ok(metadata) = entry.path().symlink_metadata() else {
            continue;
        };
        let modified = metadata
            .modified()
            .and_then(|time| time.elapsed().map_err(io::Error::other));
        let is_old = modified.is_ok_and(|elapsed| elapsed >= age);
        if !metadata.is_dir() || metadata.uid() != user || !is_old {
            continue;
        }
        let lock = File::open(entry.path().join(LOCK));
        if lock.is_ok_and(|lock| lock.try_lock().is_ok()) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_killed_gateways_are_removed_and_no_others() {
        let temporary = TempDir::new().unwrap();
        let at = |name: &str| temporary.path().join(name);
        let running = Folder::create_in(temporary.path()).unwrap();
        // A killed process drops its lock, and nothing else.
        let left_behind = {
            let killed = Folder::create_in(temporary.path()).unwrap();
            killed.folder.keep()
        };
        std::fs::create_dir(at("papo-gateway-without-a-lock")).unwrap();
        std::fs::create_dir(at("other")).unwrap();
        std::os::unix::fs::symlink(at("other"), at("papo-gateway-link")).unwrap();
        std::fs::write(at("other/lock"), "").unwrap();

        remove_stale(temporary.path(), STALE);
        assert!(left_behind.exists(), "too young");
        remove_stale(temporary.path(), Duration::ZERO);
        assert!(!left_behind.exists());
        assert!(running.path().exists());
        for kept in [
            "papo-gateway-without-a-lock",
            "other/lock",
            "papo-gateway-link",
        ] {
            assert!(at(kept).exists(), "{kept}");
        }
    }
}
