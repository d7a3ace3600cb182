//! `@connections` through the AWS SDK for JavaScript.

use serde_json::json;
use tokio::process::Command;

use crate::{
    program::file,
    script::{provided, takes_every_answer},
};

#[tokio::test]
async fn the_sdk_for_javascript_takes_every_answer_for_what_it_is() {
    let Some(folder) = provided("GATEWAY_NODE_CLIENTS", "the AWS SDK for JavaScript") else {
        return;
    };
    let mut script = Command::new("node");
    script.arg(file("tests/clients/javascript_client.cjs"));
    script.env("NODE_PATH", format!("{folder}/node_modules"));
    takes_every_answer(script, "olá from JavaScript", json!({})).await;
}
