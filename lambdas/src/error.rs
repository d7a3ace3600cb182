//! Why invocations fail. An invalid request of a client is not a failure: it is answered with a protocol error.
//!
//! An error of `$connect` rejects the handshake (502). An error of any other route makes API Gateway send the client
//! `{"message": "Internal server error", …}`. After an error of a scheduled function, Lambda retries the invocation.

use std::fmt;

use lambda_runtime::Diagnostic;

use crate::management::PostError;

/// Why an invocation failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The template routes something to a function that does not handle it.
    #[error("this function does not handle the route {route}; check Routes in template.yaml")]
    UnexpectedRoute {
        /// The route key.
        route: String,
    },
    /// The event lacks a field that API Gateway always sends.
    #[error("requestContext.{field} of the event is missing or out of range")]
    IncompleteEvent {
        /// The field's name.
        field: &'static str,
    },
    /// A table could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The client that sent the frame could not be answered.
    #[error("the client could not be answered: {0}")]
    Post(#[from] PostError),
}

impl Error {
    /// A stable name, for alarms and dashboards.
    pub fn error_type(&self) -> &'static str {
        match self {
            Self::UnexpectedRoute { .. } => "UnexpectedRoute",
            Self::IncompleteEvent { .. } => "IncompleteEvent",
            Self::Store(_) => "StoreFailed",
            Self::Post(_) => "PostFailed",
        }
    }

    /// Logs the error and returns it, for `map_err`.
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

/// A DynamoDB operation that failed.
#[derive(Debug, thiserror::Error)]
#[error("{operation} on the table {table} failed: {cause}")]
pub struct StoreError {
    operation: &'static str,
    table: String,
    cause: String,
}

impl StoreError {
    /// `operation` is the name of the API call, `cause` the whole error chain.
    pub fn new(operation: &'static str, table: &str, cause: impl fmt::Display) -> Self {
        Self {
            operation,
            table: table.to_owned(),
            cause: cause.to_string(),
        }
    }
}

/// A part of a large room was not delivered, or not to all of its connections.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a part of the room was not delivered: {0}")]
pub struct PartError(String);

impl PartError {
    /// `cause` is the whole error chain.
    pub fn new(cause: impl fmt::Display) -> Self {
        Self(cause.to_string())
    }
}
