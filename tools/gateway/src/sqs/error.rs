//! Errors, with the names that they have in the JSON and in the query protocol.

use super::Refusal;

/// An error of SQS.
#[derive(Debug)]
pub(super) struct Error {
    /// Its name in the JSON protocol.
    pub(super) kind: &'static str,
    /// Its name in the query protocol.
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Error {
    pub(super) fn new(kind: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind,
            code,
            message: message.into(),
        }
    }

    /// An error with the same name in both protocols.
    pub(super) fn named(name: &'static str, message: impl Into<String>) -> Self {
        Self::new(name, name, message)
    }

    pub(super) fn missing(parameter: &str) -> Self {
        let message = format!("The request must contain the parameter {parameter}.");
        Self::named("MissingParameter", message)
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::named("InvalidParameterValue", message)
    }

    pub(super) fn no_queue() -> Self {
        let message = "The specified queue does not exist.";
        Self::new(
            "QueueDoesNotExist",
            "AWS.SimpleQueueService.NonExistentQueue",
            message,
        )
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::GroupMissing => Self::missing("MessageGroupId"),
            _ => Self::invalid(refusal.to_string()),
        }
    }
}
