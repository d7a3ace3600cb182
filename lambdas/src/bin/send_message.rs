//! `sendMessageWS`: handles all frames of clients.

use std::process::ExitCode;

use lambda_runtime::{run, service_fn};
use papo_lambdas::aws::{self, Clients};
use papo_lambdas::clock::SystemClock;
use papo_lambdas::dispatch;
use papo_lambdas::presence::PeopleCounts;
use papo_lambdas::rate_limit::RateLimiter;
use papo_lambdas::request::Services;
use papo_lambdas::start::{
    FANOUT, MESSAGES_TABLE_NAME, RATE_LIMIT, RETENTION_DAYS, start, variable,
};

// Single-threaded: a function of this size has a fraction of one processor.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    start(async {
        let clients = Clients::from_environment().await?;
        let services = &Services {
            connections: &clients.connections,
            log: &aws::message_log(&clients.config, variable(MESSAGES_TABLE_NAME)?),
            gateway: &clients.gateway,
            clock: &SystemClock,
            retention: variable(RETENTION_DAYS)?.parse()?,
            fanout: variable(FANOUT)?.parse()?,
            rate_limiter: RateLimiter::new(variable(RATE_LIMIT)?.parse()?),
            people_counts: &PeopleCounts::default(),
        };
        // Boxed, because nested futures exceed the compiler's recursion limit.
        let serve = service_fn(|event| Box::pin(dispatch::frame(services, event)));
        run(serve).await
    })
    .await
}
