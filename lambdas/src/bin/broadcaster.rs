//! `broadcasterWS`: broadcasts entries from the stream of the messages table.

use std::convert::Infallible;
use std::process::ExitCode;

use lambda_runtime::{run, service_fn};
use papo_lambdas::aws;
use papo_lambdas::clock::SystemClock;
use papo_lambdas::handlers::broadcaster;
use papo_lambdas::parts::{Parts, parse_deliverers};
use papo_lambdas::start::{
    DELIVERER, DELIVERERS, MANAGEMENT_ENDPOINT, TABLE_NAME, optional_variable, start, variable,
};

// Single-threaded: a function of this size has a fraction of one processor.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    start(async {
        let table = variable(TABLE_NAME)?;
        let endpoint = variable(MANAGEMENT_ENDPOINT)?;
        let config = aws::config().await;
        let connections = &aws::connections(&config, table);
        let gateway = &aws::gateway(&config, &endpoint).await?;
        let parts = match optional_variable(DELIVERER) {
            none if none.is_empty() => None,
            deliverer => {
                let concurrency = parse_deliverers(&variable(DELIVERERS)?)?;
                Some(Parts::new(aws::deliverers(&config, deliverer), concurrency))
            }
        };
        let parts = parts.as_ref();
        let serve = service_fn(|event| async move {
            // Boxed, because nested futures exceed the compiler's recursion limit.
            let served = Box::pin(broadcaster::handle(
                connections,
                gateway,
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
