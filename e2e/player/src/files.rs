//! Finds and reads transcripts.

use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use crate::markdown;
use crate::transcript::{SyntaxError, Transcript, suggest};

/// The extension of transcripts.
pub(crate) const EXTENSION: &str = "wscat";

/// Transcripts could not be read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("cannot read {path}: {reason}", path = .path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        reason: std::io::Error,
    },
    /// It does not exist.
    #[error("cannot read {path}: {remedy}", path = .path.display())]
    Missing {
        /// The file or folder.
        path: PathBuf,
        /// What it is instead, or what was probably meant.
        remedy: String,
    },
    /// Not text.
    #[error("{path}:{line}: the file is not in UTF-8; save it as UTF-8", path = .path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// The first line that is not, counted from 1.
        line: usize,
    },
    /// Not a transcript.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// An invalid comment above a block of a document.
    #[error("{path}:{line}: {message}", path = .path.display())]
    Annotation {
        /// The document.
        path: PathBuf,
        /// The line of the comment, counted from 1.
        line: usize,
        /// The problem.
        message: String,
    },
    /// A document without transcripts.
    #[error(
        "{path}: the document has no transcript: make a block one with ```wscat, or with a line <!-- wscat --> above it",
        path = .path.display()
    )]
    NoBlock {
        /// The document.
        path: PathBuf,
    },
    /// No transcript at any of the paths.
    #[error(
        "no transcript (*.{EXTENSION}) in {searched}; Markdown documents are read if they are named"
    )]
    NoneFound {
        /// The paths that were searched.
        searched: String,
    },
}

/// The files that `paths` name: files themselves, and in directories all `*.wscat` at any depth, sorted. `-` is standard input.
///
/// # Errors
///
/// If a path cannot be read, or there is no transcript.
pub fn find(paths: &[PathBuf]) -> Result<Vec<PathBuf>, FileError> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            let before = found.len();
            search(path, &mut found)?;
            found[before..].sort();
        } else {
            found.push(path.clone());
        }
    }
    if found.is_empty() {
        let searched: Vec<_> = paths
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        return Err(FileError::NoneFound {
            searched: searched.join(", "),
        });
    }
    Ok(found)
}

fn search(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), FileError> {
    let unreadable = |reason| FileError::Unreadable {
        path: folder.to_owned(),
        reason,
    };
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path();
        // Links to directories are not followed: they may form a cycle.
        if entry.file_type().map_err(unreadable)?.is_dir() {
            search(&path, found)?;
        } else if is_transcript(&path) {
            found.push(path);
        }
    }
    Ok(())
}

fn is_transcript(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == EXTENSION)
}

/// Whether the file at `path` is a Markdown document.
pub(crate) fn is_document(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "md" || extension == "markdown")
}

/// Whether `path` stands for standard input.
pub(crate) fn is_standard_input(path: &Path) -> bool {
    path == Path::new("-")
}

fn read_bytes(path: &Path) -> std::io::Result<Vec<u8>> {
    if is_standard_input(path) {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    std::fs::read(path)
}

/// What a path that does not exist is instead, or what was probably meant.
fn remedy(path: &Path) -> String {
    let text = path.to_string_lossy();
    if text.contains("://") {
        return "this is an address, not a file; papagaio record --url URL FILE.wscat records a transcript there, and \
                papagaio --url URL FILE plays one"
            .to_owned();
    }
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    let entries = std::fs::read_dir(folder.unwrap_or(Path::new(".")));
    let names: Vec<_> = entries
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| {
            let path = entry.path();
            path.is_dir() || is_transcript(&path) || is_document(&path)
        })
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    match suggest::nearest(&name, names.iter().map(String::as_str)) {
        Some(nearest) => format!(
            "there is no such file or directory; did you mean {}?",
            path.with_file_name(nearest).display()
        ),
        None => {
            "there is no such file or directory; papagaio record writes a transcript, and papagaio help format has examples"
                .to_owned()
        }
    }
}

/// Reads the transcripts at `path`: one, or those of a Markdown document, blocks `wscat` first.
///
/// # Errors
///
/// If the file cannot be read, is not UTF-8, is not a transcript, or is a document without any.
pub fn read(path: &Path) -> Result<Vec<Transcript>, FileError> {
    let bytes = read_bytes(path).map_err(|reason| {
        let path = path.to_owned();
        if reason.kind() == ErrorKind::NotFound {
            let remedy = remedy(&path);
            return FileError::Missing { path, remedy };
        }
        FileError::Unreadable { path, reason }
    })?;
    let text = str::from_utf8(&bytes).map_err(|error| FileError::NotUtf8 {
        path: path.to_owned(),
        line: bytes[..error.valid_up_to()]
            .split(|byte| *byte == b'\n')
            .count(),
    })?;
    let name = path.display().to_string();
    if !is_document(path) {
        return Ok(vec![Transcript::parse(name, text)?]);
    }
    let mut transcripts = Vec::new();
    for block in markdown::blocks(text) {
        transcripts.push(Transcript::parse(name.as_str(), &block.text)?);
    }
    let annotated = markdown::annotated(text).map_err(|error| FileError::Annotation {
        path: path.to_owned(),
        line: error.line,
        message: error.message,
    })?;
    for found in annotated {
        let transcript = Transcript::parse(name.as_str(), &found.text)?;
        let transcript = transcript.excerpt();
        transcripts.push(if found.side_by_side {
            transcript.side_by_side()
        } else {
            transcript
        });
    }
    if transcripts.is_empty() {
        return Err(FileError::NoBlock {
            path: path.to_owned(),
        });
    }
    Ok(transcripts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        folder
    }

    #[test]
    fn directories_are_searched_and_files_are_taken_as_they_are() {
        let folder = folder(&[
            ("b.wscat", b""),
            ("a/c.wscat", b""),
            ("a/notes.txt", b""),
            ("plain", b""),
        ]);
        let root = folder.path();
        let found = find(&[root.join("plain"), root.to_owned()]).unwrap();
        let expected = ["plain", "a/c.wscat", "b.wscat"].map(|name| root.join(name));
        assert_eq!(found, expected);
    }

    #[test]
    fn finding_nothing_is_an_error_that_names_the_paths() {
        let folder = folder(&[("notes.txt", b"")]);
        let error = find(&[folder.path().to_owned()]).unwrap_err().to_string();
        assert!(error.starts_with("no transcript"), "{error}");
        assert!(error.contains(&folder.path().display().to_string()));
        assert!(find(&[]).is_err());
    }

    #[test]
    fn a_missing_file_is_named_with_a_remedy() {
        let folder = folder(&[("chat.wscat", b""), ("notes.txt", b""), ("tests/a", b"")]);
        for (name, remedy) in [
            ("chat.wsct", "did you mean ROOT/chat.wscat?"),
            ("chat", "did you mean ROOT/chat.wscat?"),
            ("test", "did you mean ROOT/tests?"),
            ("note.txt", "papagaio help format has examples"),
            ("no/such.wscat", "papagaio help format has examples"),
            ("ws://a", "this is an address, not a file; papagaio record"),
        ] {
            let path = folder.path().join(name);
            let error = read(&path).unwrap_err().to_string();
            let begin = format!("cannot read {}: ", path.display());
            assert!(error.starts_with(&begin), "{error}");
            let root = folder.path().display().to_string();
            assert!(error.replace(&root, "ROOT").contains(remedy), "{error}");
        }
    }

    #[test]
    fn why_a_file_cannot_be_read_is_said_once() {
        let folder = folder(&[]);
        let error = anyhow::Error::from(read(folder.path()).unwrap_err());
        assert_eq!(format!("{error:#}"), error.to_string());
    }

    #[test]
    fn a_document_may_contain_several_and_messages_point_into_it() {
        let folder = folder(&[
            (
                "a.md",
                b"```wscat\n$ wscat -c ws://a\n```\n\n```wscat\n$ wscat -c ws://b\n```\n",
            ),
            ("b.md", b"# A\n\n```wscat\nnonsense\n```\n"),
            ("c.md", b"# A\n"),
        ]);
        let read = |name: &str| read(&folder.path().join(name));
        let lines: Vec<_> = read("a.md")
            .unwrap()
            .iter()
            .map(|transcript| transcript.steps[0].span.line)
            .collect();
        assert_eq!(lines, [2, 6]);
        let error = read("b.md").unwrap_err().to_string();
        assert!(error.contains("b.md:4:1\n"), "{error}");
        let error = read("c.md").unwrap_err().to_string();
        assert!(
            error.contains("c.md: the document has no transcript"),
            "{error}"
        );
    }
}
