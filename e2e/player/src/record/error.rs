//! Why nothing was recorded.

use std::path::PathBuf;

/// Why nothing was recorded, or not everything.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// No answer.
    #[error("cannot connect to {address}: {reason}")]
    Unreachable {
        /// Where.
        address: String,
        /// Why.
        reason: String,
    },
    /// The options are not `wscat`'s.
    #[error("{0}")]
    Options(String),
    /// Interrupted before anything was recorded.
    #[error("interrupted before there was a connection; nothing was recorded")]
    Interrupted,
    /// Signals cannot be received.
    #[error("cannot wait for signals: {0}")]
    Signals(std::io::Error),
    /// The file cannot be written.
    #[error("cannot write {path}: {reason}", path = .path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: std::io::Error,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_a_file_cannot_be_written_is_said_once() {
        let error = anyhow::Error::from(RecordError::Unwritable {
            path: PathBuf::from("a.wscat"),
            reason: std::io::ErrorKind::PermissionDenied.into(),
        });
        let said = "cannot write a.wscat: permission denied";
        assert_eq!(format!("{error:#}"), said);
    }
}
