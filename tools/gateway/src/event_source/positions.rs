//! How far each event source mapping has read its stream, across restarts of the gateway.
//!
//! Lambda keeps a checkpoint of a mapping when a batch is done. Here it is kept in a file beside the tables, because it means
//! nothing without their streams; without such a file, nothing outlives the gateway.

use std::{
    collections::BTreeMap,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;
use tracing::warn;

/// Name of the file.
const FILE: &str = "stream-positions.json";

/// A place in the stream of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    /// Tells the stream from a later one of a table with the same name.
    pub(crate) stream: String,
    /// The iterator after the last processed record.
    pub(crate) iterator: String,
}

/// The positions of all mappings. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Positions {
    file: Option<PathBuf>,
    by_mapping: Arc<Mutex<BTreeMap<String, Position>>>,
}

impl Positions {
    /// Reads the positions from the folder of `--data`. If the file cannot be read, logs a warning, and mappings start as new ones.
    pub(crate) fn open(folder: Option<&Path>) -> Self {
        let Some(folder) = folder else {
            return Self::default();
        };
        let file = folder.join(FILE);
        let read = || -> io::Result<BTreeMap<String, Position>> {
            match std::fs::read(&file) {
                Ok(text) => Ok(serde_json::from_slice(&text)?),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
                Err(error) => Err(error),
            }
        };
        let positions = read().unwrap_or_else(|error| {
            let file = file.display();
            warn!("{file} cannot be read: {error}; streams are read from their starting position");
            BTreeMap::new()
        });
        Self {
            file: Some(file),
            by_mapping: Arc::new(Mutex::new(positions)),
        }
    }

    /// Where `mapping` continues.
    pub(crate) fn get(&self, mapping: &str) -> Option<Position> {
        let positions = self.by_mapping.lock();
        let positions = positions.unwrap_or_else(PoisonError::into_inner);
        positions.get(mapping).cloned()
    }

    /// Records that `mapping` is done with everything before `position`. A failure to write it is reported: records may then
    /// be delivered again after a restart, as functions must expect.
    ///
    /// Blocks for the time of a small write.
    pub(crate) fn set(&self, mapping: &str, position: Position) {
        let Some(file) = &self.file else {
            return;
        };
        let positions = self.by_mapping.lock();
        let mut positions = positions.unwrap_or_else(PoisonError::into_inner);
        positions.insert(mapping.to_owned(), position);
        if let Err(error) = replace(file, &positions) {
            warn!("{} cannot be written: {error}", file.display());
        }
    }
}

/// Replaces the file as a whole, so that a gateway that is killed leaves the old one or the new one. Temporary files are
/// readable by their owner only.
fn replace(file: &Path, positions: &BTreeMap<String, Position>) -> io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut new = NamedTempFile::new_in(folder)?;
    new.write_all(&serde_json::to_vec(positions)?)?;
    new.persist(file)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn position(iterator: &str) -> Position {
        Position {
            stream: "stream".to_owned(),
            iterator: iterator.to_owned(),
        }
    }

    #[test]
    fn positions_are_kept_in_the_folder_of_the_data() {
        let folder = TempDir::new().unwrap();
        let positions = Positions::open(Some(folder.path()));
        positions.set("a", position("1"));
        positions.set("b", position("2"));
        positions.set("a", position("3"));
        let again = Positions::open(Some(folder.path()));
        assert_eq!(again.get("a"), Some(position("3")));
        assert_eq!(again.get("b"), Some(position("2")));
        assert_eq!(again.get("c"), None);
    }

    #[test]
    fn a_damaged_file_counts_as_none() {
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join(FILE), "{\"a\": ").unwrap();
        assert_eq!(Positions::open(Some(folder.path())).get("a"), None);
    }
}
