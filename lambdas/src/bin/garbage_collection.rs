//! `garbageCollectionWS`: deletes the rows of closed connections.

use std::process::ExitCode;

use lambda_runtime::{run, service_fn};
use papo_lambdas::aws::Clients;
use papo_lambdas::clock::SystemClock;
use papo_lambdas::handlers::garbage_collection;
use papo_lambdas::start::start;

// Single-threaded: a function of this size has a fraction of one processor.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    start(async {
        let clients = &Clients::from_environment().await?;
        // Boxed, because nested futures exceed the compiler's recursion limit.
        let serve = service_fn(|event| {
            Box::pin(garbage_collection::handle(
                &clients.connections,
                &clients.gateway,
                &SystemClock,
                event,
            ))
        });
        run(serve).await
    })
    .await
}
