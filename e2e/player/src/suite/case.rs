//! A transcript to play, or a file that contains none.

use std::path::{Path, PathBuf};

use super::outcome::Outcome;
use crate::diagnostic::Rendered;
use crate::files::{self, FileError};
use crate::transcript::Transcript;

/// A transcript, or the reason why a file has none.
#[derive(Debug)]
pub(crate) enum Case {
    /// A transcript.
    Transcript(Transcript),
    /// A file that cannot be played.
    Broken(PathBuf, FileError),
}

impl Case {
    /// The transcripts of the file at `path`.
    pub(crate) fn read(path: &Path) -> Vec<Self> {
        match files::read(path) {
            Ok(transcripts) => transcripts.into_iter().map(Self::Transcript).collect(),
            Err(error) => vec![Self::Broken(path.to_owned(), error)],
        }
    }

    /// The name: the file, and for a block of a document also its line.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Transcript(transcript) => transcript.name(),
            Self::Broken(path, _) => path.display().to_string(),
        }
    }
}

pub(super) fn broken(path: &Path, error: &FileError) -> Outcome {
    Outcome::not_run(path.display().to_string(), Rendered::of(error))
}
