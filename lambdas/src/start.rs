//! Starts an executable: sets up logging, reads environment variables, and logs one line if the function cannot start.

use std::future::Future;
use std::process::ExitCode;

/// Name of the table of connections.
pub const TABLE_NAME: &str = "TABLE_NAME";

/// Name of the table of messages.
pub const MESSAGES_TABLE_NAME: &str = "MESSAGES_TABLE_NAME";

/// How many days messages are kept.
pub const RETENTION_DAYS: &str = "RETENTION_DAYS";

/// How much a person may use in a minute; 0 for no limit.
pub const RATE_LIMIT: &str = "RATE_LIMIT";

/// Which function broadcasts: `direct` or `stream`.
pub const FANOUT: &str = "FANOUT";

/// The function that delivers to the parts of a large room; empty if the broadcaster does so itself.
pub const DELIVERER: &str = "DELIVERER";

/// How many parts of a large room are delivered at the same time.
pub const DELIVERERS: &str = "DELIVERERS";

/// The issuer of tokens; empty admits anonymous clients.
pub const ISSUER: &str = "ISSUER";

/// The accepted audiences of tokens, separated by commas.
pub const AUDIENCE: &str = "AUDIENCE";

/// The accepted `Origin` headers, separated by commas; empty or `*` accepts all.
pub const ALLOWED_ORIGINS: &str = "ALLOWED_ORIGINS";

/// The secret that the distribution in front of the API adds to every handshake; empty for none.
pub const ORIGIN_SECRET: &str = "ORIGIN_SECRET";

/// The secret that it added before, and still adds until it has been updated everywhere; empty for none.
pub const PREVIOUS_ORIGIN_SECRET: &str = "PREVIOUS_ORIGIN_SECRET";

/// The secret with which the health check is admitted; empty if it needs none.
pub const HEALTH_CHECK_SECRET: &str = "HEALTH_CHECK_SECRET";

/// The address that clients connect to.
pub const ENDPOINT: &str = "ENDPOINT";

/// Address of `@connections`, including the stage.
///
/// A setting, because behind a custom domain no field of an event has the right address. The name is the SDK's own.
pub const MANAGEMENT_ENDPOINT: &str = "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI";

/// Installs logging and runs `function`, which creates its clients and then serves invocations until Lambda ends the
/// process.
///
/// If the function cannot start, logs one line and returns exit code 1.
pub async fn start(function: impl Future<Output = Result<(), lambda_runtime::Error>>) -> ExitCode {
    crate::logging::init();
    let outcome = match std::env::var_os("AWS_LAMBDA_RUNTIME_API") {
        Some(_) => function.await,
        None => Err(NotInLambda.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the function cannot start");
            ExitCode::FAILURE
        }
    }
}

/// The value of an environment variable.
///
/// # Errors
///
/// [`MissingVariable`] if it is unset, empty or not Unicode.
pub fn variable(name: &'static str) -> Result<String, MissingVariable> {
    let value = std::env::var(name).ok();
    value
        .filter(|value| !value.is_empty())
        .ok_or(MissingVariable { name })
}

/// The value of an environment variable; empty if it is unset.
pub fn optional_variable(name: &'static str) -> String {
    std::env::var(name).unwrap_or_default()
}

/// A required environment variable is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} is not set; set it as template.yaml does")]
pub struct MissingVariable {
    name: &'static str,
}

/// The executable was started by hand.
#[derive(Debug, thiserror::Error)]
#[error(
    "AWS_LAMBDA_RUNTIME_API is not set; AWS Lambda and the local gateway start this executable, see gateway --help"
)]
struct NotInLambda;
