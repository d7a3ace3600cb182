//! Full disks, which programs report in odd ways: a linker may end with a bus error.

use std::path::Path;

/// Less free space than this is worth mentioning when something has failed.
const LITTLE: u64 = 100 << 20;

/// A sentence about the disk of `directory`, which need not exist, if it is almost full.
pub(crate) fn remark(directory: &Path) -> Option<String> {
    let existing = directory.ancestors().find(|it| it.exists())?;
    let disk = rustix::fs::statvfs(existing).ok()?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    (free < LITTLE).then(|| {
        format!(
            "the disk of {} has only {} MB left",
            directory.display(),
            free >> 20
        )
    })
}

#[cfg(test)]
mod tests {
    use super::remark;
    use std::path::Path;

    #[test]
    fn a_disk_with_space_is_not_mentioned() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(remark(&directory.path().join("not/there")), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_disk_without_space_is_mentioned() {
        // Nothing can be stored there.
        let remark = remark(Path::new("/proc/self/not-there")).unwrap();
        assert_eq!(
            remark,
            "the disk of /proc/self/not-there has only 0 MB left"
        );
    }
}
