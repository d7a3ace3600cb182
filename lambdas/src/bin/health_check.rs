//! `healthCheckWS`: sends one message through the real endpoint.

use std::process::ExitCode;

use lambda_runtime::{LambdaEvent, run, service_fn};
use papo_lambdas::health_check::{Settings, handle};
use papo_lambdas::start::{
    ENDPOINT, HEALTH_CHECK_SECRET, ORIGIN_SECRET, optional_variable, start, variable,
};
use serde::de::IgnoredAny;

// Single-threaded: a function of this size has a fraction of one processor.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    start(async {
        let settings = &Settings {
            endpoint: variable(ENDPOINT)?,
            secret: optional_variable(HEALTH_CHECK_SECRET),
            origin_secret: optional_variable(ORIGIN_SECRET),
        };
        // Fails only if a provider is installed already, and then that one is used.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let serve = service_fn(|event: LambdaEvent<IgnoredAny>| async move {
            handle(settings, &event.context).await
        });
        run(serve).await
    })
    .await
}
