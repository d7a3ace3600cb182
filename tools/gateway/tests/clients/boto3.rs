//! `@connections` through the AWS SDK for Python.

use serde_json::json;
use tokio::process::Command;

use crate::{
    program::{Program, file},
    script::{provided, report},
};

#[tokio::test]
async fn boto3_takes_every_answer_for_what_it_is() {
    let Some(python) = provided("GATEWAY_BOTO3_PYTHON", "the AWS SDK for Python") else {
        return;
    };
    let gateway = Program::with_obedient_stack(&[]);
    let mut client = gateway.connect().await;
    let id = client.id().await;
    let mut script = Command::new(python);
    script.arg(file("tests/clients/boto3_client.py"));
    let answers = report(script.arg(gateway.management()).arg(&id)).await;
    let wanted = json!({
        "post": 200,
        "get": { "status": 200, "sourceIp": "127.0.0.1", "activeSinceConnected": true },
        "too large": "PayloadTooLargeException",
        "wrong shape": "BadRequestException",
        "other stage": "ForbiddenException",
        "delete": 204,
        "post when gone": "GoneException",
        "get when gone": "GoneException",
        "delete when gone": "GoneException",
    });
    assert_eq!(answers, wanted);
    assert_eq!(client.hear().await, "olá from boto3");
    assert_eq!(client.closed().await, (1000, String::new()));
}
