//! The health check plays its message through the whole stack.

use papagaio::stack::Stack;
use papagaio::wait;
use papo_e2e::stack;

use crate::LIMIT;

/// Its name in the template.
const HEALTH_CHECK: &str = "healthCheckWS";

/// A stack with the health check and these parameters.
#[track_caller]
fn start(parameters: &[(&str, &str)]) -> Stack {
    let stack = stack::start_with(&[&[("HealthCheck", "true")][..], parameters].concat());
    stack.unwrap_or_else(|error| panic!("{error:#}"))
}

#[track_caller]
fn assert_passes(parameters: &[(&str, &str)]) {
    let stack = start(parameters);
    let report = stack.fire(HEALTH_CHECK).unwrap_or_else(|error| {
        panic!("{error:#}\n\nthe gateway printed:\n{}", stack.log());
    });
    assert!(report["roundTripMs"].is_u64(), "{report}");
    wait_for_line(&stack, "health check passed");
    wait_for_line(&stack, "room=health-check");
}

/// Waits until the gateway has printed a line of a function with this text.
#[track_caller]
fn wait_for_line(stack: &Stack, text: &str) {
    let printed = wait::until(text, LIMIT, || {
        let log = stack.log();
        log.contains(text).then_some(()).ok_or(log)
    });
    printed.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn a_message_comes_back() {
    assert_passes(&[]);
}

#[test]
fn a_message_comes_back_from_the_stream() {
    assert_passes(&[("Fanout", "stream")]);
}

#[test]
fn the_secrets_admit_it_although_clients_need_a_token_and_the_distribution() {
    assert_passes(&[
        // Never asked, because the health check has no token.
        ("Issuer", "http://127.0.0.1:1"),
        ("Audience", "papo"),
        ("OriginSecret", "s3cret"),
        ("HealthCheckSecret", "h3alth"),
    ]);
}

#[test]
fn it_fails_when_it_is_not_admitted() {
    let stack = start(&[("Issuer", "http://127.0.0.1:1"), ("Audience", "papo")]);
    stack.fire(HEALTH_CHECK).unwrap_err();
    wait_for_line(&stack, "health check failed");
    wait_for_line(&stack, "401");
}
