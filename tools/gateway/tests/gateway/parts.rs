//! An API that is put together from `AWS::ApiGatewayV2` resources.

use crate::stack::Stack;

#[tokio::test]
async fn routes_authorizer_and_throttle_of_the_parts_are_in_force() {
    let stack = Stack::of("parts.yaml").start().await;
    assert!(
        stack.ready.endpoint.ends_with("/parts"),
        "{}",
        stack.ready.endpoint
    );
    assert_eq!(stack.refusal("?guard=deny").await.status, 403);
    let mut client = stack.try_connect("?guard=allow", &[]).await.unwrap();
    let order = r#"{"service":"room","verb":"talk","return":{"statusCode":200,"body":"back"}}"#;
    assert_eq!(client.ask(order).await, "back");
    let order = r#"{service:"room", "verb":"talk"}"#;
    let frame = client.ask(order).await;
    assert!(
        frame.contains("Internal server error"),
        "it is routed, and no JSON for the function: {frame}"
    );
    assert!(client.ask(order).await.contains("Too Many Requests"));
    assert!(client.ask("{}").await.contains("Forbidden"));
    client.leave().await;
    let event = stack.event("DISCONNECT").await;
    assert_eq!(event["requestContext"]["authorizer"]["principalId"], "me");
    let connects = stack.events_of("CONNECT");
    let of_authorizer = connects.iter().all(|event| event["type"] == "REQUEST");
    assert!(of_authorizer, "$connect has no integration");
}
