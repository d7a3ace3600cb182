//! What is our fault. What is the client's fault is no error here: it is answered with a protocol error.
//!
//! An error of `$connect` refuses the handshake (502); one of any other route makes API Gateway send the client
//! `{"message": "Internal server error", …}`; one of the clean-up makes Lambda run it again.

use lambda_runtime::Diagnostic;

use crate::push::PushError;
use crate::store::StoreError;

/// Why an invocation failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The template sends a route to a function that does not know it.
    #[error("the route {route} is not this function's; see Routes in template.yaml")]
    UnexpectedRoute {
        /// The route.
        route: String,
    },
    /// An event without something that API Gateway always sends.
    #[error("the event has no usable requestContext.{field}")]
    IncompleteEvent {
        /// What is missing or makes no sense.
        field: &'static str,
    },
    /// The table could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The one who asked could not be answered.
    #[error("the sender could not be answered: {0}")]
    Push(#[from] PushError),
}

impl Error {
    /// A name that never changes: alarms and dashboards are built on it.
    pub fn error_type(&self) -> &'static str {
        match self {
            Self::UnexpectedRoute { .. } => "UnexpectedRoute",
            Self::IncompleteEvent { .. } => "IncompleteEvent",
            Self::Store(_) => "StoreFailed",
            Self::Push(_) => "PushFailed",
        }
    }

    /// Writes the error to the log; returns it for `map_err`.
    pub fn logged(self) -> Self {
        tracing::error!(errorType = self.error_type(), error = %self, "the invocation failed");
        self
    }
}

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        Self {
            error_type: error.error_type().to_owned(),
            error_message: error.to_string(),
        }
    }
}
