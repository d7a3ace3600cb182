//! Each function's policy in the template allows the DynamoDB operations that the function performs, and no others.

use std::collections::BTreeSet;
use std::time::Duration;

use papo_lambdas::clock::SystemClock;
use papo_lambdas::handlers::garbage_collection::clean_up;
use papo_protocol::ConnectionId;

use crate::chat::{LATER, at};
use crate::costs::{ANA, Metered};
use crate::dynamodb::{client, embedded_dynamodb};

const BIA: &str = "bia=";

/// The DynamoDB permissions of `function`, such as `dynamodb:GetItem MessagesTable`.
///
/// Reads statements whose actions are one name or a list in brackets, and whose resource is a table or an index of one.
fn allowed(function: &str) -> BTreeSet<String> {
    let template = include_str!("../../template.yaml");
    let start = format!("  {function}:");
    let lines = template.lines().skip_while(|line| *line != start).skip(1);
    let lines = lines.take_while(|line| line.is_empty() || line.starts_with("    "));
    let mut allowed = BTreeSet::new();
    let mut actions = Vec::new();
    for line in lines.map(str::trim) {
        if let Some(names) = line.strip_prefix("Action: ") {
            let names = names.trim_matches(['[', ']']).split(", ");
            actions = names.filter(|name| name.starts_with("dynamodb:")).collect();
        } else if let Some(resource) = line.strip_prefix("Resource: ") {
            let resource = resource.trim_start_matches("!GetAtt ");
            let resource = resource.trim_start_matches("!Sub ");
            let resource = resource.replace("${", "").replace(".Arn}", "");
            let resource = resource.trim_end_matches(".Arn");
            allowed.extend(
                actions
                    .drain(..)
                    .map(|action| format!("{action} {resource}")),
            );
        }
    }
    allowed
}

#[track_caller]
fn needs_its_policy(chat: &Metered, function: &str) {
    let needed = chat.take_permissions();
    assert!(!needed.is_empty(), "{function} sent no request");
    assert_eq!(needed, allowed(function), "{function}");
}

#[tokio::test]
async fn policies_allow_what_the_functions_do_and_no_more() {
    let mut chat = Metered::on(client(embedded_dynamodb().await)).await;
    chat.rate_limit = "100000".parse().unwrap();
    for id in [ANA, BIA] {
        chat.cost_of(id, "connect").await;
    }
    let connection = chat.take_permissions();

    let introduced = r#"{"action":"connected","key":"0123456789abcdef"}"#;
    for frame in [
        introduced,
        r#"{"action":"sendMessage","message":"Olá","clientMessageId":"c-1"}"#,
        // Finds the id in use.
        r#"{"action":"sendMessage","message":"Olá","clientMessageId":"c-1"}"#,
        r#"{"action":"reaction","of":1,"emoji":"👍","on":true}"#,
        r#"{"action":"edit","of":1,"message":"Oi"}"#,
        r#"{"action":"delete","of":1,"clientMessageId":"c-2"}"#,
        r#"{"action":"delete","of":1,"clientMessageId":"c-2"}"#,
        r#"{"action":"typing"}"#,
        r#"{"action":"heads","rooms":["main"]}"#,
        r#"{"action":"history","before":3}"#,
        r#"{"action":"ping"}"#,
    ] {
        // Bia's connection is closed, and the first broadcast deletes its row.
        chat.cost_of(ANA, frame).await;
    }
    needs_its_policy(&chat, "sendMessageWS");

    chat.gateway.open(&ConnectionId::new(BIA));
    chat.cost_of(BIA, "connect").await;
    chat.cost_of(BIA, introduced).await;
    chat.take_permissions();
    chat.cost_of(BIA, "disconnect").await;
    let connection = connection
        .union(&chat.take_permissions())
        .cloned()
        .collect();
    assert_eq!(allowed("connectionWS"), connection);

    chat.gateway.hang_up(&ConnectionId::new(ANA));
    let limit = Duration::from_mins(1);
    clean_up(
        &chat.connections,
        &chat.gateway,
        &SystemClock,
        at(LATER),
        limit,
    )
    .await
    .unwrap();
    needs_its_policy(&chat, "garbageCollectionWS");
    assert_eq!(allowed("authorizerWS"), BTreeSet::new());
}
