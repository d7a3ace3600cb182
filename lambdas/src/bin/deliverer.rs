//! `delivererWS`: delivers to a part of a large room.

use std::convert::Infallible;
use std::process::ExitCode;

use lambda_runtime::{run, service_fn};
use papo_lambdas::aws;
use papo_lambdas::clock::SystemClock;
use papo_lambdas::handlers::deliver_part;
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
        let serve = service_fn(|event| async move {
            // Boxed, because nested futures exceed the compiler's recursion limit.
            let served = Box::pin(deliver_part::handle(
                connections,
                gateway,
                &SystemClock,
                event,
            ));
            Ok::<_, Infallible>(served.await)
        });
        run(serve).await
    })
    .await
}
