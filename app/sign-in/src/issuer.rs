//! Requests to the issuer.

use crate::browser;
use crate::discovery::{self, Metadata};
use crate::problem::Problem;
use crate::settings::Settings;
use crate::tokens::{self, Tokens};

/// Fetches the issuer's endpoints.
///
/// # Errors
///
/// [`Problem::Unreachable`] or [`Problem::Misconfigured`].
pub(crate) async fn discover(settings: &Settings) -> Result<Metadata, Problem> {
    let address = discovery::address(&settings.issuer);
    let (status, body) = browser::get(&address).await?;
    match status {
        200 => discovery::parse(&body, &settings.issuer),
        500.. => Err(Problem::Unreachable(format!("{address} answered {status}"))),
        _ => Err(Problem::Misconfigured(format!(
            "{address} answered {status}"
        ))),
    }
}

/// Asks the token endpoint.
///
/// # Errors
///
/// As [`browser::post`] and [`tokens::parse`].
pub async fn request(metadata: &Metadata, form: &str) -> Result<Tokens, Problem> {
    let (status, body) = browser::post(&metadata.token_endpoint, form).await?;
    tokens::parse(status, &body, browser::now())
}
