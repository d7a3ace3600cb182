//! `@connections` over HTTP.
//!
//! The SDK's own retries are off: [`crate::deliverer`] retries, and two layers of retries would multiply.

use aws_sdk_apigatewaymanagement::Client;
use aws_sdk_apigatewaymanagement::config::http::HttpResponse;
use aws_sdk_apigatewaymanagement::error::{DisplayErrorContext, SdkError};
use aws_sdk_apigatewaymanagement::primitives::Blob;
use papo_protocol::ConnectionId;

use super::{Close, Post, PostError, Probe, TransientCause};

/// The connections of one stage of one API.
#[derive(Clone, Debug)]
pub struct ApiGateway {
    client: Client,
}

impl ApiGateway {
    /// The stage at the end of `client`'s endpoint. [`crate::aws::management_config`] configures one.
    pub fn new(client: Client) -> Self {
        Self { client }
    }
}

impl Post for ApiGateway {
    async fn post(&self, to: &ConnectionId, frame: &str) -> Result<(), PostError> {
        self.client
            .post_to_connection()
            .connection_id(to.as_str())
            .data(Blob::new(frame))
            .send()
            .await
            .map_err(post_error)?;
        Ok(())
    }
}

impl Probe for ApiGateway {
    async fn probe(&self, id: &ConnectionId) -> Result<(), PostError> {
        self.client
            .get_connection()
            .connection_id(id.as_str())
            .send()
            .await
            .map_err(post_error)?;
        Ok(())
    }
}

impl Close for ApiGateway {
    async fn close(&self, id: &ConnectionId) -> Result<(), PostError> {
        self.client
            .delete_connection()
            .connection_id(id.as_str())
            .send()
            .await
            .map_err(post_error)?;
        Ok(())
    }
}

/// Classifies by the status alone: 410 has an empty body, and errors of proxies in between have no error type.
fn post_error<E: std::error::Error + 'static>(error: SdkError<E, HttpResponse>) -> PostError {
    let cause = match &error {
        SdkError::TimeoutError(_) => Some(TransientCause::TimedOut),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => {
            Some(TransientCause::TimedOut)
        }
        SdkError::DispatchFailure(failure) if !failure.is_user() => {
            Some(TransientCause::Connection)
        }
        _ => match error
            .raw_response()
            .map(|response| response.status().as_u16())
        {
            Some(410) => return PostError::Gone,
            Some(429) => Some(TransientCause::Throttled),
            Some(500..) => Some(TransientCause::Server),
            _ => None,
        },
    };
    let detail = DisplayErrorContext(error).to_string();
    match cause {
        Some(cause) => PostError::Retryable { cause, detail },
        None => PostError::Permanent { detail },
    }
}
