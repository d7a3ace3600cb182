//! `connectionWS`: writes a row when a connection opens and removes it when it closes.

use std::process::ExitCode;

use lambda_runtime::{run, service_fn};
use papo_lambdas::start::{TABLE_NAME, start, variable};
use papo_lambdas::{aws, connection};

// One thread: a function of this size has a fraction of one processor.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    start(async {
        let table = variable(TABLE_NAME)?;
        let config = aws::config().await;
        let store = &aws::store(&config, table);
        // Boxed, because the futures of the SDK and of the runtime in one another are deeper than the compiler looks.
        let serve = service_fn(|event| Box::pin(connection::handle(store, event)));
        run(serve).await
    })
    .await
}
