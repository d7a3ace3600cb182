//! `@connections` through the AWS SDK for Python.

use serde_json::json;
use tokio::process::Command;

use crate::{
    program::file,
    script::{provided, takes_every_answer},
};

#[tokio::test]
async fn boto3_takes_every_answer_for_what_it_is() {
    let Some(python) = provided("GATEWAY_BOTO3_PYTHON", "the AWS SDK for Python") else {
        return;
    };
    let mut script = Command::new(python);
    script.arg(file("tests/clients/boto3_client.py"));
    let more = json!({ "wrong shape": "BadRequestException" });
    takes_every_answer(script, "olá from boto3", more).await;
}
