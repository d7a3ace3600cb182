//! SQS, Systems Manager and Lambda's `Invoke` through the AWS SDKs for Python and JavaScript, SQS in both of its protocols.

use serde_json::{Value, json};
use tokio::process::Command;

use crate::{
    program::{Program, file},
    script::{provided, report},
};

/// The results of a script that is given a gateway, a queue that nothing else reads, and a function.
async fn results(script: &mut Command) -> Value {
    let gateway = Program::with_stack("sources.yaml", &[]);
    let management = gateway.management();
    let (origin, _stage) = management.rsplit_once('/').unwrap();
    report(script.args([origin, "idle", "on-queue"])).await
}

async fn boto3(variable: &str, what: &str) {
    let Some(python) = provided(variable, what) else {
        return;
    };
    let mut script = Command::new(python);
    script.arg(file("tests/clients/boto3_services.py"));
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
    assert_eq!(results(&mut script).await, wanted);
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
    let Some(folder) = provided("GATEWAY_NODE_CLIENTS", "the AWS SDK for JavaScript") else {
        return;
    };
    let mut script = Command::new("node");
    script.arg(file("tests/clients/javascript_services.cjs"));
    script.env("NODE_PATH", format!("{folder}/node_modules"));
    let wanted = json!({
        "body": "one\r\n<two>",
        "attribute": "olá <&>",
        "absent": "QueueDoesNotExist",
        "invoke": [200, {"batchItemFailures": []}],
        "event": 202,
        "unknown": "ResourceNotFoundException",
    });
    assert_eq!(results(&mut script).await, wanted);
}
