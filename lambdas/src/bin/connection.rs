//! `connectionWS`: handles `$connect` and `$disconnect`.

use std::process::ExitCode;

use lambda_runtime::{run, service_fn};
use papo_lambdas::clock::SystemClock;
use papo_lambdas::rate_limit::RateLimiter;
use papo_lambdas::start::{
    MANAGEMENT_ENDPOINT, MESSAGES_TABLE_NAME, RATE_LIMIT, TABLE_NAME, start, variable,
};
use papo_lambdas::{aws, dispatch};

// Single-threaded: a function of this size has a fraction of one processor.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    start(async {
        let table = variable(TABLE_NAME)?;
        let messages = variable(MESSAGES_TABLE_NAME)?;
        let rate_limiter = &RateLimiter::new(variable(RATE_LIMIT)?.parse()?);
        let endpoint = variable(MANAGEMENT_ENDPOINT)?;
        let config = aws::config().await;
        let connections = &aws::connections(&config, table);
        let counter = &aws::message_log(&config, messages);
        let gateway = &aws::gateway(&config, &endpoint).await?;
        // Boxed, because nested futures exceed the compiler's recursion limit.
        let serve = service_fn(|event| {
            Box::pin(dispatch::connection(
                connections,
                counter,
                rate_limiter,
                gateway,
                &SystemClock,
                event,
            ))
        });
        run(serve).await
    })
    .await
}
