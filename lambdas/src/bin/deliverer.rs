//! `delivererWS`: delivers to a part of a large room.

use std::convert::Infallible;
use std::process::ExitCode;

use lambda_runtime::{run, service_fn};
use papo_lambdas::aws::Clients;
use papo_lambdas::clock::SystemClock;
use papo_lambdas::handlers::deliver_part;
use papo_lambdas::start::start;

// Single-threaded: a function of this size has a fraction of one processor.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    start(async {
        let clients = &Clients::from_environment().await?;
        let serve = service_fn(|event| async move {
            // Boxed, because nested futures exceed the compiler's recursion limit.
            let served = Box::pin(deliver_part::handle(
                &clients.connections,
                &clients.gateway,
                &SystemClock,
                event,
            ));
            Ok::<_, Infallible>(served.await)
        });
        run(serve).await
    })
    .await
}
