//! Parts delivered by a Lambda function.
//!
//! The SDK's own retries are off: [`super::Parts`] retries, and an attempt that timed out may still be running.

use aws_sdk_lambda::Client;
use aws_sdk_lambda::error::DisplayErrorContext;
use aws_sdk_lambda::primitives::Blob;

use super::{DeliverPart, Part, PartReport, Parts};
use crate::error::PartError;

/// The broadcaster serves every room itself.
pub const ALONE: Option<&Parts<LambdaDeliverers>> = None;

/// A function that delivers parts.
#[derive(Clone, Debug)]
pub struct LambdaDeliverers {
    client: Client,
    function: String,
}

impl LambdaDeliverers {
    /// The function with this name. [`crate::aws::invoke_config`] configures a client.
    pub fn new(client: Client, function: impl Into<String>) -> Self {
        Self {
            client,
            function: function.into(),
        }
    }
}

impl DeliverPart for LambdaDeliverers {
    async fn deliver(&self, part: &Part) -> Result<PartReport, PartError> {
        let event = serde_json::to_vec(part).map_err(PartError::new)?;
        let invoke = self.client.invoke().function_name(&self.function);
        // Boxed, because the future is large.
        let invoked = Box::pin(invoke.payload(Blob::new(event)).send())
            .await
            .map_err(|error| PartError::new(DisplayErrorContext(error)))?;
        let result = invoked.payload().map(AsRef::as_ref).unwrap_or_default();
        match invoked.function_error() {
            None => serde_json::from_slice(result).map_err(PartError::new),
            Some(kind) => {
                let report = String::from_utf8_lossy(result);
                Err(PartError::new(format_args!("{kind}: {report}")))
            }
        }
    }
}
