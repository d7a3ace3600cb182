//! `authorizerWS`: decides who may connect.

use std::process::ExitCode;

use lambda_runtime::{run, service_fn};
use papo_lambdas::authorizer::jwks::{HttpFetch, KeySet};
use papo_lambdas::authorizer::{Settings, handle};
use papo_lambdas::start::{optional_variable, start};

// Single-threaded: a function of this size has a fraction of one processor.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    start(async {
        let settings = &Settings::read(optional_variable);
        let issuer = settings.issuer.as_deref().unwrap_or_default();
        let keys = &KeySet::new(issuer, HttpFetch::new()?);
        let serve = service_fn(|event| async move {
            handle(settings, keys, event, jiff::Timestamp::now().as_second()).await
        });
        run(serve).await
    })
    .await
}
