//! The first lines of every executable.

use std::future::Future;
use std::process::ExitCode;

/// The variable that names the table of connections.
pub const TABLE_NAME: &str = "TABLE_NAME";

/// The variable that names the table of messages.
pub const MESSAGES_TABLE_NAME: &str = "MESSAGES_TABLE_NAME";

/// The variable that says how many days messages are kept.
pub const RETENTION_DAYS: &str = "RETENTION_DAYS";

/// The variable with the address of `@connections`, up to and with the stage.
///
/// A setting, because no field of an event has the right address behind a custom domain. It is the SDK's own name for it.
pub const PUSH_ENDPOINT: &str = "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI";

/// Sets the log up and runs `function`, which makes its clients and then serves invocations until Lambda ends the process.
///
/// What keeps it from starting is one line in the log and exit code 1.
pub async fn start(function: impl Future<Output = Result<(), lambda_runtime::Error>>) -> ExitCode {
    crate::log::init();
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

/// The value of a variable of the environment.
///
/// # Errors
///
/// [`MissingVariable`] if it is not set, empty or no Unicode.
pub fn variable(name: &'static str) -> Result<String, MissingVariable> {
    let value = std::env::var(name).ok();
    value
        .filter(|value| !value.is_empty())
        .ok_or(MissingVariable { name })
}

/// A function without a setting that it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} is not set; set it as template.yaml does")]
pub struct MissingVariable {
    name: &'static str,
}

/// Somebody started the executable by hand.
#[derive(Debug, thiserror::Error)]
#[error(
    "AWS_LAMBDA_RUNTIME_API is not set; AWS Lambda and the local gateway start this executable, see gateway --help"
)]
struct NotInLambda;
