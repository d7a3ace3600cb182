//! `connectionWS`: handles `$connect` and `$disconnect`.

use std::process::ExitCode;

use lambda_runtime::{run, service_fn};
use papo_lambdas::aws::{self, Clients};
use papo_lambdas::clock::SystemClock;
use papo_lambdas::dispatch;
use papo_lambdas::rate_limit::RateLimiter;
use papo_lambdas::start::{MESSAGES_TABLE_NAME, RATE_LIMIT, start, variable};

// Single-threaded: a function of this size has a fraction of one processor.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    start(async {
        let clients = &Clients::from_environment().await?;
        let counter = &aws::message_log(&clients.config, variable(MESSAGES_TABLE_NAME)?);
        let rate_limiter = &RateLimiter::new(variable(RATE_LIMIT)?.parse()?);
        // Boxed, because nested futures exceed the compiler's recursion limit.
        let serve = service_fn(|event| {
            Box::pin(dispatch::connection(
                &clients.connections,
                counter,
                rate_limiter,
                &clients.gateway,
                &SystemClock,
                event,
            ))
        });
        run(serve).await
    })
    .await
}
