//! The AWS SDKs for Python and JavaScript: `@connections`, and SQS in both of its protocols, Systems Manager and Lambda's
//! `Invoke`.

use serde_json::{Value, json};
use tokio::process::Command;

use crate::{
    program::{Program, file},
    script::{provided, report, takes_every_answer},
};

/// A script for Python with the SDK that the variable names.
fn python(variable: &str, what: &str, script: &str) -> Option<Command> {
    let mut command = Command::new(provided(variable, what)?);
    command.arg(file("tests/clients").join(script));
    Some(command)
}

/// A script for Node.js with the SDK.
fn javascript(script: &str) -> Option<Command> {
    let folder = provided("GATEWAY_NODE_CLIENTS", "the AWS SDK for JavaScript")?;
    let mut command = Command::new("node");
    command.arg(file("tests/clients").join(script));
    command.env("NODE_PATH", format!("{folder}/node_modules"));
    Some(command)
}

#[tokio::test]
async fn boto3_takes_every_answer_for_what_it_is() {
    let what = "the AWS SDK for Python";
    if let Some(script) = python("GATEWAY_BOTO3_PYTHON", what, "boto3_client.py") {
        let more = json!({ "wrong shape": "BadRequestException" });
        takes_every_answer(script, "olá from boto3", more).await;
    }
}

#[tokio::test]
async fn the_sdk_for_javascript_takes_every_answer_for_what_it_is() {
    if let Some(script) = javascript("javascript_client.cjs") {
        takes_every_answer(script, "olá from JavaScript", json!({})).await;
    }
}

/// The results of a script that is given a gateway, a queue that nothing else reads, and a function.
async fn results(mut script: Command) -> Value {
    let gateway = Program::with_stack("sources.yaml");
    let origin = format!("http://{}", gateway.address());
    report(script.args([&*origin, "idle", "on-queue"])).await
}

async fn boto3(variable: &str, what: &str) {
    let Some(script) = python(variable, what, "boto3_services.py") else {
        return;
    };
    let wanted = json!({
        "body": "one\r\n<two>",
        "attributes": true,
        "received": "1",
        "batch": ["0", "1", "2"],
        "count": {"ApproximateNumberOfMessages": "3"},
        "queues": true,
        "absent": "QueueDoesNotExist",
        "empty": "EmptyBatchRequest",
        "parameter": "/app/api",
        "no parameter": "ParameterNotFound",
        "invoke": [200, {"batchItemFailures": []}],
        "event": 202,
    });
    assert_eq!(results(script).await, wanted);
}

#[tokio::test]
async fn boto3_uses_queues_parameters_and_functions() {
    boto3("GATEWAY_BOTO3_PYTHON", "the AWS SDK for Python").await;
}

#[tokio::test]
async fn boto3_of_the_query_protocol_uses_queues_parameters_and_functions() {
    let what = "the AWS SDK for Python with the query protocol of SQS";
    boto3("GATEWAY_OLD_BOTO3_PYTHON", what).await;
}

#[tokio::test]
async fn the_sdk_for_javascript_uses_queues_and_invokes_functions() {
    let Some(script) = javascript("javascript_services.cjs") else {
        return;
    };
    let wanted = json!({
        "body": "one\r\n<two>",
        "attribute": "olá <&>",
        "absent": "QueueDoesNotExist",
        "invoke": [200, {"batchItemFailures": []}],
        "event": 202,
        "unknown": "ResourceNotFoundException",
    });
    assert_eq!(results(script).await, wanted);
}
