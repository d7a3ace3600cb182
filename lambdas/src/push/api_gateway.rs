//! `@connections` of a real API Gateway, or of anything that speaks like it.
//!
//! The SDK's own retries are off: a broadcast decides who waits how long, and two layers of retries would multiply.

use aws_sdk_apigatewaymanagement::Client;
use aws_sdk_apigatewaymanagement::config::http::HttpResponse;
use aws_sdk_apigatewaymanagement::error::{DisplayErrorContext, SdkError};
use aws_sdk_apigatewaymanagement::primitives::Blob;
use papo_protocol::ConnectionId;

use super::{Post, Probe, PushError, Trouble};

/// The connections of one stage of one API.
#[derive(Clone, Debug)]
pub struct ApiGateway {
    client: Client,
}

impl ApiGateway {
    /// The stage that `client`'s endpoint ends with. [`crate::aws::push_config`] says how to make one.
    pub fn new(client: Client) -> Self {
        Self { client }
    }
}

impl Post for ApiGateway {
    async fn post(&self, to: &ConnectionId, frame: &str) -> Result<(), PushError> {
        self.client
            .post_to_connection()
            .connection_id(to.as_str())
            .data(Blob::new(frame))
            .send()
            .await
            .map_err(push_error)?;
        Ok(())
    }
}

impl Probe for ApiGateway {
    async fn probe(&self, id: &ConnectionId) -> Result<(), PushError> {
        self.client
            .get_connection()
            .connection_id(id.as_str())
            .send()
            .await
            .map_err(push_error)?;
        Ok(())
    }
}

/// Goes by the status alone: 410 has an empty body, and errors of the infrastructure in between carry no error type.
fn push_error<E: std::error::Error + 'static>(error: SdkError<E, HttpResponse>) -> PushError {
    let cause = match &error {
        SdkError::TimeoutError(_) => Some(Trouble::TimedOut),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => Some(Trouble::TimedOut),
        SdkError::DispatchFailure(failure) if !failure.is_user() => Some(Trouble::Connection),
        _ => match error
            .raw_response()
            .map(|response| response.status().as_u16())
        {
            Some(410) => return PushError::Gone,
            Some(429) => Some(Trouble::Throttled),
            Some(500..) => Some(Trouble::Server),
            _ => None,
        },
    };
    let detail = DisplayErrorContext(error).to_string();
    match cause {
        Some(cause) => PushError::Retryable { cause, detail },
        None => PushError::Permanent { detail },
    }
}
