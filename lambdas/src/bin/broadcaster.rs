//! `broadcasterWS`: broadcasts entries from the stream of the messages table.

use std::convert::Infallible;
use std::process::ExitCode;

use lambda_runtime::{run, service_fn};
use papo_lambdas::aws::{self, Clients};
use papo_lambdas::clock::SystemClock;
use papo_lambdas::handlers::broadcaster;
use papo_lambdas::parts::{Parts, parse_deliverers};
use papo_lambdas::start::{DELIVERER, DELIVERERS, optional_variable, start, variable};

// Single-threaded: a function of this size has a fraction of one processor.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    start(async {
        let clients = &Clients::from_environment().await?;
        let parts = match optional_variable(DELIVERER) {
            none if none.is_empty() => None,
            deliverer => {
                let concurrency = parse_deliverers(&variable(DELIVERERS)?)?;
                let deliverers = aws::deliverers(&clients.config, deliverer);
                Some(Parts::new(deliverers, concurrency))
            }
        };
        let parts = parts.as_ref();
        let serve = service_fn(|event| async move {
            // Boxed, because nested futures exceed the compiler's recursion limit.
            let served = Box::pin(broadcaster::handle(
                &clients.connections,
                &clients.gateway,
                &SystemClock,
                parts,
                event,
            ));
            Ok::<_, Infallible>(served.await)
        });
        run(serve).await
    })
    .await
}
