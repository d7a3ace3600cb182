//! The files that a template consists of: the template itself and the templates of nested stacks. One number identifies a file and a
//! line in it, like source positions in a compiler, so that a node needs to store only its line.

use std::path::{Path, PathBuf};

/// More lines than a template can have, because templates are limited to 16 MB.
const LINES: usize = 1 << 25;

/// The files, in the order in which they were read.
#[derive(Debug, Clone)]
pub(crate) struct Files(Vec<PathBuf>);

impl Files {
    /// A single file, whose lines keep their numbers.
    pub(crate) fn of(file: &Path) -> Self {
        Self(vec![file.to_owned()])
    }

    /// Adds a file. Returns the offset of its line numbers.
    pub(crate) fn add(&mut self, file: PathBuf) -> usize {
        self.0.push(file);
        (self.0.len() - 1) * LINES
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// The file that a line is in, and the number of the line in that file.
    pub(crate) fn locate(&self, line: usize) -> (&Path, usize) {
        let file = self.0.get(line / LINES).map_or(Path::new(""), |file| file);
        (file, line % LINES)
    }

    /// The folder of the file that a line is in. Paths in the file are relative to it.
    pub(crate) fn folder(&self, line: usize) -> &Path {
        let (file, _) = self.locate(line);
        file.parent().unwrap_or_else(|| Path::new("."))
    }
}
