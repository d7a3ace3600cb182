//! The error frames of API Gateway, with its spacing: a space after `"message":` and before the later members, none after
//! their colons. The connection stays open after each.

use crate::ids::ConnectionId;

/// The reason why a message failed, as reported to its sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// No route matches the message and there is no `$default`.
    Forbidden,
    /// The function failed.
    InternalServerError,
    /// The function took longer than the integration timeout.
    EndpointRequestTimedOut,
    /// The route or the account is throttled. AWS documents the HTTP status (`429 Too Many Requests`), not the text of the
    /// frame.
    TooManyRequests,
}

impl Fault {
    /// The message in the frame, and in the body when a handshake is refused for this reason.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::Forbidden => "Forbidden",
            Self::InternalServerError => "Internal server error",
            Self::EndpointRequestTimedOut => "Endpoint request timed out",
            Self::TooManyRequests => "Too Many Requests",
        }
    }

    /// The frame for one message of one connection.
    pub(crate) fn frame(self, connection_id: &ConnectionId, request_id: &str) -> String {
        // The values contain nothing that JSON would escape.
        let message = self.message();
        format!(
            r#"{{"message": "{message}", "connectionId":"{connection_id}", "requestId":"{request_id}"}}"#
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frame captured in aws-samples/simple-websockets-chat-app#24.
    #[test]
    fn frames_are_spaced_as_on_aws() {
        let id = ConnectionId::parse("eHrdFcnvvHcCE-w=").unwrap();
        assert_eq!(
            Fault::Forbidden.frame(&id, "eHrjDEuVPHcFWMg="),
            r#"{"message": "Forbidden", "connectionId":"eHrdFcnvvHcCE-w=", "requestId":"eHrjDEuVPHcFWMg="}"#
        );
    }
}
