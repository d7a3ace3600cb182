//! `sendMessageWS`: handles all frames of clients.

use std::process::ExitCode;

use lambda_runtime::{run, service_fn};
use papo_lambdas::clock::SystemClock;
use papo_lambdas::presence::PeopleCounts;
use papo_lambdas::rate_limit::RateLimiter;
use papo_lambdas::request::Services;
use papo_lambdas::start::{
    FANOUT, MANAGEMENT_ENDPOINT, MESSAGES_TABLE_NAME, RATE_LIMIT, RETENTION_DAYS, TABLE_NAME,
    start, variable,
};
use papo_lambdas::{aws, dispatch};

// Single-threaded: a function of this size has a fraction of one processor.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    start(async {
        let table = variable(TABLE_NAME)?;
        let messages = variable(MESSAGES_TABLE_NAME)?;
        let retention = variable(RETENTION_DAYS)?.parse()?;
        let fanout = variable(FANOUT)?.parse()?;
        let rate_limit = variable(RATE_LIMIT)?.parse()?;
        let endpoint = variable(MANAGEMENT_ENDPOINT)?;
        let config = aws::config().await;
        let services = &Services {
            connections: &aws::connections(&config, table),
            log: &aws::message_log(&config, messages),
            gateway: &aws::gateway(&config, &endpoint).await?,
            clock: &SystemClock,
            retention,
            fanout,
            rate_limiter: RateLimiter::new(rate_limit),
            people_counts: &PeopleCounts::default(),
        };
        // Boxed, because nested futures exceed the compiler's recursion limit.
        let serve = service_fn(|event| Box::pin(dispatch::frame(services, event)));
        run(serve).await
    })
    .await
}
