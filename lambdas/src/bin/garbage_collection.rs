//! `garbageCollectionWS`: removes the rows of connections that are gone.

use std::process::ExitCode;

use lambda_runtime::{run, service_fn};
use papo_lambdas::{aws, garbage_collection, pace::RealPace, start::start};

// One thread: a function of this size has a fraction of one processor.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    start(async {
        let config = aws::config().await;
        let store = &aws::store(&config)?;
        let push = &aws::push(&config);
        let serve =
            service_fn(|event| Box::pin(garbage_collection::handle(store, push, &RealPace, event)));
        run(serve).await
    })
    .await
}
