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
    #[error("cannot write {path}: {source}", path = .path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}
