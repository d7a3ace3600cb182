//! Web pages of other sites cannot use the gateway.

use papo_gateway::Allowed;
use serde_json::json;

use crate::{
    services::{dynamodb_call, raw_call},
    stack::Stack,
};

const FOREIGN: &str = "https://evil.example";

#[tokio::test]
async fn a_handshake_from_a_foreign_page_is_403() {
    let stack = Stack::new().start().await;
    let refused = stack.try_connect("", &[("origin", FOREIGN)]).await;
    let refused = refused.map(|_| ()).unwrap_err();
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("--allow-origin"), "{refused:?}");
    let local = [("origin", "http://localhost:8080")];
    assert!(stack.try_connect("", &local).await.is_ok());
}

#[tokio::test]
async fn any_page_is_refused_where_only_programs_belong() {
    let (stack, mut client) = Stack::new().start_with_client().await;
    let id = client.id().await;
    let own = format!("Origin: http://{}\r\n", stack.address());
    for path in [
        format!("/test/@connections/{id}"),
        "/2015-03-31/functions/test-talk/invocations".to_owned(),
    ] {
        let refused = stack.http_with("POST", &path, &own, "{}").await;
        assert_eq!(refused.status, 403, "{path}");
    }
    let foreign = format!("Origin: {FOREIGN}\r\n");
    let refused = stack
        .http_with("POST", "/_gateway/schedules/talk", &foreign, "")
        .await;
    assert_eq!(refused.status, 403);
}

#[tokio::test]
async fn a_foreign_host_name_is_403() {
    let stack = Stack::new().start().await;
    let request = "GET /test HTTP/1.1\r\nHost: evil.example:3001\r\nConnection: close\r\n\r\n";
    let refused = raw_call(&stack.address().to_string(), request).await;
    assert!(refused.starts_with("HTTP/1.1 403"), "{refused}");
    assert!(refused.contains("--allow-host evil.example"), "{refused}");
}

#[tokio::test]
async fn pages_and_foreign_host_names_cannot_read_dynamodb() {
    let stack = Stack::new().start().await;
    let address = stack.ready.dynamodb.strip_prefix("http://").unwrap();
    for wrong in [
        format!("Host: {address}\r\nOrigin: {FOREIGN}"),
        format!("Host: {address}\r\nOrigin: http://{address}"),
        "Host: evil.example".to_owned(),
    ] {
        for method in ["OPTIONS", "POST", "GET"] {
            let request = format!("{method} / HTTP/1.1\r\n{wrong}\r\nConnection: close\r\n\r\n");
            let refused = raw_call(address, &request).await;
            assert!(refused.starts_with("HTTP/1.1 403"), "{request}{refused}");
            assert!(
                !refused.to_lowercase().contains("access-control"),
                "{refused}"
            );
        }
    }
    let tables = dynamodb_call(&stack.ready.dynamodb, "ListTables", &json!({})).await;
    assert_eq!(tables["TableNames"], json!(["test-table"]));
}

#[tokio::test]
async fn an_allowed_origin_and_host_are_accepted() {
    let stack = Stack::new()
        .allowed(Allowed {
            origins: vec![FOREIGN.to_owned()],
            hosts: vec!["papo.example".to_owned()],
        })
        .start()
        .await;
    assert!(stack.try_connect("", &[("origin", FOREIGN)]).await.is_ok());
    let request = "GET /test HTTP/1.1\r\nHost: papo.example\r\nConnection: close\r\n\r\n";
    let answer = raw_call(&stack.address().to_string(), request).await;
    assert!(answer.starts_with("HTTP/1.1 426"), "{answer}");
}
