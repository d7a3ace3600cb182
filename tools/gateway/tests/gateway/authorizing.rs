//! The authorizer before `$connect`.

use serde_json::{Value, json};

use crate::{
    stack::{Answer, Client, Running, Stack},
    throttling::with_settings,
};

const TOKEN: [(&str, &str); 1] = [("x-token", "t")];

async fn guarded() -> Running {
    Stack::of("guarded.yaml").start().await
}

async fn ask(stack: &Running, order: &str) -> Result<Client, Answer> {
    stack.try_connect(&format!("?guard={order}"), &TOKEN).await
}

/// The events that the authorizer got.
fn asked(stack: &Running) -> Vec<Value> {
    let of_authorizer = |event: &Value| event["type"] == "REQUEST";
    stack.events().into_iter().filter(of_authorizer).collect()
}

#[tokio::test]
async fn an_authorized_client_is_admitted_and_named_in_every_event() {
    let stack = guarded().await;
    let mut client = ask(&stack, "allow").await.unwrap();
    client.ask(r#"{"action":"talk","say":"hi"}"#).await;
    drop(client);
    let wanted = json!({"principalId": "me", "text": "olá", "number": "1", "yes": "true"});
    for event_type in ["MESSAGE", "DISCONNECT"] {
        let event = stack.event(event_type).await;
        let found = &event["requestContext"]["authorizer"];
        assert_eq!(*found, wanted, "{event_type}");
    }
    let events = stack.events();
    let connect = events.iter().find(|event| event.get("type").is_none());
    assert_eq!(connect.unwrap()["requestContext"]["authorizer"], wanted);
}

#[tokio::test]
async fn a_denied_client_gets_403_and_connect_does_not_run() {
    let stack = guarded().await;
    let answer = ask(&stack, "deny").await.err().unwrap();
    assert_eq!(answer.status, 403);
    let start = r#"{"message":"Forbidden","connectionId":""#;
    assert!(answer.body.starts_with(start), "{answer:?}");
    assert_eq!(stack.events().len(), 1, "{:?}", stack.events());
}

#[tokio::test]
async fn a_missing_identity_source_is_401_and_the_authorizer_is_not_asked() {
    let stack = guarded().await;
    let no_header = stack.try_connect("?guard=allow", &[]).await;
    let empty_header = stack.try_connect("?guard=allow", &[("x-token", "")]).await;
    let no_query = stack.try_connect("", &TOKEN).await;
    let empty_query = stack.try_connect("?guard=", &TOKEN).await;
    for refused in [no_header, empty_header, no_query, empty_query] {
        let answer = refused.err().unwrap();
        assert_eq!(answer.status, 401, "{answer:?}");
    }
    assert_eq!(stack.events(), [Value::Null; 0]);
    let stack = Stack::of("guarded.yaml")
        .with("mode: careful", "other: x")
        .start()
        .await;
    assert_eq!(ask(&stack, "allow").await.err().unwrap().status, 401);
}

#[tokio::test]
async fn the_error_unauthorized_is_401_and_no_other_is() {
    let stack = guarded().await;
    assert_eq!(ask(&stack, "unauthorized").await.err().unwrap().status, 401);
    assert_eq!(ask(&stack, "fail").await.err().unwrap().status, 500);
}

#[tokio::test]
async fn a_broken_authorizer_is_500() {
    let stack = guarded().await;
    for order in ["exit", "nonsense", "sleep"] {
        let answer = ask(&stack, order).await.err().unwrap();
        assert_eq!(answer.status, 500, "{order}: {answer:?}");
    }
    assert!(ask(&stack, "allow").await.is_ok(), "it is asked again");
}

#[tokio::test]
async fn an_unsigned_handshake_is_403_with_iam() {
    let stack = with_settings("Auth: { AuthType: AWS_IAM }").start().await;
    let basic = [("authorization", "Basic YTpi")];
    for headers in [&[][..], &basic] {
        let answer = stack.try_connect("?x=1", headers).await.err().unwrap();
        assert_eq!(answer.status, 403, "{answer:?}");
    }
    assert_eq!(stack.events(), [Value::Null; 0]);
    let signature = "AWS4-HMAC-SHA256 Credential=a/b/us-east-1/execute-api/aws4_request, SignedHeaders=host, Signature=0";
    let signed = [("authorization", signature)];
    assert!(stack.try_connect("", &signed).await.is_ok());
    let query = "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a&X-Amz-Signature=0";
    assert!(stack.try_connect(query, &[]).await.is_ok());
}

#[tokio::test]
async fn only_the_handshake_is_authorized() {
    let stack = guarded().await;
    let mut client = ask(&stack, "allow").await.unwrap();
    for _ in 0..3 {
        client.ask(r#"{"action":"talk","say":"hi"}"#).await;
    }
    client.leave().await;
    stack.event("DISCONNECT").await;
    assert_eq!(asked(&stack).len(), 1);
}

#[tokio::test]
async fn a_handshake_without_a_required_api_key_is_403() {
    let stack = Stack::new().with("$connect: {", "$connect: { ApiKeyRequired: true,");
    let stack = stack.start().await;
    assert_eq!(stack.refusal("").await.status, 403);
    let key = [("x-api-key", "any")];
    assert!(stack.try_connect("", &key).await.is_ok());
}
