//! `garbageCollectionWS`: deletes the rows of closed connections.

use std::process::ExitCode;

use lambda_runtime::{run, service_fn};
use papo_lambdas::aws;
use papo_lambdas::clock::SystemClock;
use papo_lambdas::handlers::garbage_collection;
use papo_lambdas::start::{MANAGEMENT_ENDPOINT, TABLE_NAME, start, variable};

// Single-threaded: a function of this size has a fraction of one processor.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    start(async {
        let table = variable(TABLE_NAME)?;
        let endpoint = variable(MANAGEMENT_ENDPOINT)?;
        let config = aws::config().await;
        let connections = &aws::connections(&config, table);
        let gateway = &aws::gateway(&config, &endpoint).await?;
        // Boxed, because nested futures exceed the compiler's recursion limit.
        let serve = service_fn(|event| {
            Box::pin(garbage_collection::handle(
                connections,
                gateway,
                &SystemClock,
                event,
            ))
        });
        run(serve).await
    })
    .await
}
