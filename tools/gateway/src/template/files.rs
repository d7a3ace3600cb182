//! The files that a template consists of: its own and those of nested stacks. One number stands for a file and a line in it, as
//! positions do in a compiler, so that a node needs no more than its line.

use std::path::{Path, PathBuf};

/// More lines than a template can have, which is limited to 16 MB.
const LINES: usize = 1 << 25;

/// The files, in the order in which they were read.
#[derive(Debug, Clone)]
pub(crate) struct Files(Vec<PathBuf>);

impl Files {
    /// One file, whose lines have their own numbers.
    pub(crate) fn of(file: &Path) -> Self {
        Self(vec![file.to_owned()])
    }

    /// Adds a file; returns what its line numbers begin after.
    pub(crate) fn add(&mut self, file: PathBuf) -> usize {
        self.0.push(file);
        (self.0.len() - 1) * LINES
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// The file of a line, and its number there.
    pub(crate) fn locate(&self, line: usize) -> (&Path, usize) {
        let file = self.0.get(line / LINES).map_or(Path::new(""), |file| file);
        (file, line % LINES)
    }

    /// The folder of the file of a line, which paths in it are relative to.
    pub(crate) fn folder(&self, line: usize) -> &Path {
        let (file, _) = self.locate(line);
        file.parent().unwrap_or_else(|| Path::new("."))
    }
}
