//! Lambda's `Invoke`.

use serde_json::Value;

use crate::stack::{Answer, Running, Stack, eventually};

async fn invoke(stack: &Running, name: &str, kind: &str, event: &str) -> Answer {
    let path = format!("/2015-03-31/functions/{name}/invocations");
    let kind = format!("X-Amz-Invocation-Type: {kind}\r\n");
    stack.http_with("POST", &path, &kind, event).await
}

#[tokio::test]
async fn a_synchronous_invocation_returns_the_result() {
    let stack = Stack::new().start().await;
    for name in [
        "test-talk",
        "test-talk:live",
        "arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Atest-talk",
    ] {
        let answer = invoke(&stack, name, "RequestResponse", r#"{"source":"me"}"#).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.header("x-amz-executed-version"), Some("$LATEST"));
        assert_eq!(answer.header("x-amz-function-error"), None);
        let result: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(result["source"], "me");
    }
}

#[tokio::test]
async fn a_failed_function_is_told_apart_by_a_header() {
    let stack = Stack::new().start().await;
    let answer = invoke(&stack, "test-talk", "RequestResponse", "{}").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("x-amz-function-error"), Some("Unhandled"));
    let error: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(error["errorType"], "KeyError");
    assert!(error["errorMessage"].is_string());
}

#[tokio::test]
async fn an_asynchronous_invocation_is_accepted_at_once() {
    let stack = Stack::new().start().await;
    let answer = invoke(&stack, "test-talk", "Event", r#"{"source":"later"}"#).await;
    assert_eq!((answer.status, answer.body.as_str()), (202, ""));
    let is_later = |event: &Value| event["source"] == "later";
    let found = || stack.events().into_iter().find(is_later);
    eventually("the event", found).await;
}

#[tokio::test]
async fn wrong_invocations_have_the_errors_of_lambda() {
    let stack = Stack::new().start().await;
    let large = format!("\"{}\"", "x".repeat(1024 * 1024));
    let refused = async |name, kind, event, status, error| {
        let answer = invoke(&stack, name, kind, event).await;
        assert_eq!(answer.error(), (status, Some(error)), "{answer:?}");
    };
    refused("absent", "Event", "{}", 404, "ResourceNotFoundException").await;
    let unknown = "InvalidParameterValueException";
    refused("test-talk", "Sometimes", "{}", 400, unknown).await;
    let not_json = "InvalidRequestContentException";
    refused("test-talk", "Event", "{", 400, not_json).await;
    refused(
        "test-talk",
        "Event",
        &large,
        413,
        "RequestTooLargeException",
    )
    .await;
    let dry_run = invoke(&stack, "test-talk", "DryRun", "{}").await;
    assert_eq!(dry_run.status, 204);
}
