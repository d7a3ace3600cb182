//! `@connections` through the AWS SDK for JavaScript.

use serde_json::json;
use tokio::process::Command;

use crate::{
    program::{Program, file},
    script::{provided, report},
};

#[tokio::test]
async fn the_sdk_for_javascript_takes_every_answer_for_what_it_is() {
    let Some(folder) = provided("GATEWAY_NODE_CLIENTS", "the AWS SDK for JavaScript") else {
        return;
    };
    let gateway = Program::with_obedient_stack(&[]);
    let mut client = gateway.connect().await;
    let id = client.id().await;
    let mut script = Command::new("node");
    script.arg(file("tests/clients/javascript_client.cjs"));
    script.env("NODE_PATH", format!("{folder}/node_modules"));
    let answers = report(script.arg(gateway.management()).arg(&id)).await;
    let wanted = json!({
        "post": 200,
        "get": { "status": 200, "sourceIp": "127.0.0.1", "activeSinceConnected": true },
        "too large": "PayloadTooLargeException",
        "other stage": "ForbiddenException",
        "delete": 204,
        "post when gone": "GoneException",
        "get when gone": "GoneException",
        "delete when gone": "GoneException",
    });
    assert_eq!(answers, wanted);
    assert_eq!(client.hear().await, "olá from JavaScript");
    assert_eq!(client.closed().await, (1000, String::new()));
}
