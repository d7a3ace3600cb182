//! The first lines of every executable.

use std::future::Future;
use std::process::ExitCode;

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

/// Somebody started the executable by hand.
#[derive(Debug, thiserror::Error)]
#[error(
    "AWS_LAMBDA_RUNTIME_API is not set; AWS Lambda and the local gateway start this executable, see gateway --help"
)]
struct NotInLambda;
