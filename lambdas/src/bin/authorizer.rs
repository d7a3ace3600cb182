//! `authorizerWS`: decides who may connect.

use std::process::ExitCode;

use lambda_runtime::{run, service_fn};
use papo_lambdas::authorizer::jwks::{HttpFetch, KeySet};
use papo_lambdas::authorizer::{Settings, handle};
use papo_lambdas::start::{
    ALLOWED_ORIGINS, AUDIENCE, HEALTH_CHECK_SECRET, ISSUER, ORIGIN_SECRET, optional_variable, start,
};

// Single-threaded: a function of this size has a fraction of one processor.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    start(async {
        let issuer = optional_variable(ISSUER);
        let settings = &Settings::new(
            &issuer,
            &optional_variable(AUDIENCE),
            &optional_variable(ALLOWED_ORIGINS),
            &optional_variable(ORIGIN_SECRET),
            &optional_variable(HEALTH_CHECK_SECRET),
        );
        let keys = &KeySet::new(issuer.trim_end_matches('/'), HttpFetch::new()?);
        let serve = service_fn(|event| async move {
            handle(settings, keys, event, jiff::Timestamp::now().as_second()).await
        });
        run(serve).await
    })
    .await
}
