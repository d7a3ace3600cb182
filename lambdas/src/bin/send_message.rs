//! `sendMessageWS`: keeps and broadcasts what a client says, tells it what it missed, and answers what no route takes.

use std::process::ExitCode;

use lambda_runtime::{run, service_fn};
use papo_lambdas::pace::RealPace;
use papo_lambdas::start::{
    MESSAGES_TABLE_NAME, PUSH_ENDPOINT, RETENTION_DAYS, TABLE_NAME, start, variable,
};
use papo_lambdas::{aws, send_message};

// One thread: a function of this size has a fraction of one processor.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    start(async {
        let table = variable(TABLE_NAME)?;
        let messages = variable(MESSAGES_TABLE_NAME)?;
        let retention = variable(RETENTION_DAYS)?.parse()?;
        let endpoint = variable(PUSH_ENDPOINT)?;
        let config = aws::config().await;
        let store = &aws::store(&config, table);
        let room = &aws::room(&config, messages, retention);
        let push = &aws::push(&config, endpoint);
        // Boxed, because the futures of the SDK and of the runtime in one another are deeper than the compiler looks.
        let serve =
            service_fn(|event| Box::pin(send_message::handle(store, room, push, &RealPace, event)));
        run(serve).await
    })
    .await
}
