//! Archives with the code of functions and layers, which are unpacked into a folder for temporary files when the template is read:
//! whether there is an executable or a handler's module is decided by the files in them.

use std::{
    collections::BTreeMap,
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
};

use zip::ZipArchive;

use crate::temporary::Folder;

/// Lambda's limit for the contents of a package with its layers, in bytes
/// (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>).
const MAX_UNPACKED: u64 = 250 * MEGABYTE;

const MEGABYTE: u64 = 1024 * 1024;

/// The archives that have been unpacked. Their folders exist for as long as one of the clones.
#[derive(Debug, Clone, Default)]
pub struct Archives {
    folder: Option<Arc<Folder>>,
    unpacked: BTreeMap<PathBuf, PathBuf>,
}

impl Archives {
    /// The folder with what is in the archive; functions that share an archive share the folder.
    pub(crate) fn unpack(&mut self, archive: &Path) -> Result<PathBuf, String> {
        if let Some(folder) = self.unpacked.get(archive) {
            return Ok(folder.clone());
        }
        let parent = match &self.folder {
            Some(folder) => Arc::clone(folder),
            None => Folder::create()
                .map(Arc::new)
                .map_err(|error| format!("cannot be unpacked: {error}"))?,
        };
        let folder = parent.join(self.unpacked.len().to_string());
        self.folder = Some(parent);
        extract(archive, &folder)?;
        self.unpacked.insert(archive.to_owned(), folder.clone());
        Ok(folder)
    }
}

fn extract(archive: &Path, folder: &Path) -> Result<(), String> {
    let file = File::open(archive).map_err(|error| format!("cannot be read: {error}"))?;
    let unreadable =
        |error| format!("cannot be unpacked, and Lambda takes zip archives only: {error}");
    let mut archive = ZipArchive::new(file).map_err(unreadable)?;
    let mut size = 0;
    for index in 0..archive.len() {
        size += archive.by_index_raw(index).map_err(unreadable)?.size();
    }
    if size > MAX_UNPACKED {
        let (size, limit) = (size / MEGABYTE, MAX_UNPACKED / MEGABYTE);
        return Err(format!(
            "holds {size} MB, and Lambda takes no more than {limit} MB"
        ));
    }
    archive.extract(folder).map_err(unreadable)
}
