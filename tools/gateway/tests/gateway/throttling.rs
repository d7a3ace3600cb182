//! Too many requests: of one route, and of the account.

use serde_json::Value;

use crate::stack::Stack;

/// Adds settings to the stage.
pub(crate) fn with_settings(settings: &str) -> Stack {
    Stack::new().with(
        "      StageName: !Ref Stage\n",
        &format!("      StageName: !Ref Stage\n      {settings}\n"),
    )
}

#[tokio::test]
async fn a_throttled_handshake_is_429() {
    let stack = with_settings(
        "DefaultRouteSettings: { ThrottlingBurstLimit: 2, ThrottlingRateLimit: 0.001 }",
    )
    .start()
    .await;
    let _clients = [stack.connect().await, stack.connect().await];
    let answer = stack.refusal("").await;
    assert_eq!(answer.error(), (429, Some("TooManyRequestsException")));
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(body["message"], "Too Many Requests");
    assert_eq!(stack.events().len(), 2, "the third is not asked about");
}

#[tokio::test]
async fn a_throttled_message_gets_an_error_frame_and_other_routes_continue() {
    let stack = with_settings(
        "RouteSettings: { talk: { ThrottlingBurstLimit: 1, ThrottlingRateLimit: 0.001 } }",
    )
    .start()
    .await;
    let mut client = stack.connect().await;
    let order = r#"{"action":"talk","say":"first"}"#;
    assert_eq!(client.ask(order).await, "first");
    let frame = client.ask(order).await;
    assert!(
        frame.starts_with(r#"{"message": "Too Many Requests", "connectionId":""#),
        "{frame}"
    );
    let other = r#"{"action":"echo","return":{"statusCode":200,"body":"other"}}"#;
    assert_eq!(client.ask(other).await, "other");
}

#[tokio::test]
async fn the_account_shares_its_quota_between_messages_and_calls() {
    let (stack, mut client) = Stack::new().account_burst(3).start_with_client().await;
    let path = format!("/test/@connections/{}", client.id().await);
    assert_eq!(stack.http("POST", &path, "third").await.status, 200);
    assert_eq!(client.hear().await, "third");
    let answer = stack.http("POST", &path, "fourth").await;
    assert_eq!(answer.error(), (429, Some("LimitExceededException")));
    assert!(answer.header("x-amzn-requestid").is_some());
    assert!(client.ask("no route").await.contains("Too Many Requests"));
    assert_eq!(stack.refusal("").await.status, 429);
}
