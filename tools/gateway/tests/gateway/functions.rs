//! The processes behind the functions.

use serde_json::Value;

use crate::stack::{Client, Stack, eventually, is_alive};

const WHO: &str = r#"{"action":"talk","whoami":true}"#;

async fn pid(client: &mut Client) -> u64 {
    let answer: Value = serde_json::from_str(&client.ask(WHO).await).unwrap();
    answer["pid"].as_u64().unwrap()
}

#[tokio::test]
async fn a_process_is_reused() {
    let (stack, mut client) = Stack::new().start_with_client().await;
    let first = pid(&mut client).await;
    let fired = stack.http("POST", "/_gateway/schedules/talk", "").await;
    assert_eq!(fired.status, 200);
    // With a limit of one, there is no other process, whether or not this one has asked for the next invocation yet.
    let (_stack, mut client) = Stack::new().max_concurrency(1).start_with_client().await;
    let second = pid(&mut client).await;
    assert_eq!(pid(&mut client).await, second);
    assert_ne!(first, second);
}

#[tokio::test]
async fn a_program_in_any_language_reaches_the_gateway_at_aws_hosts() {
    // A busy machine needs more than two seconds for two handshakes.
    let stack = Stack::new().with("Default: 2\n", "Default: 20\n");
    let (_stack, mut client) = stack.start_with_client().await;
    for (url, answer) in [
        ("https://dynamodb.eu-west-1.amazonaws.com/", "healthy: "),
        ("https://s3.eu-west-1.amazonaws.com/", "400 "),
    ] {
        let order = serde_json::json!({ "action": "talk", "elsewhere": url });
        let frame = client.ask(&order.to_string()).await;
        assert!(frame.contains(answer), "{url}: {frame}");
    }
}

/// Lets a process of the function start a child. Returns the child's id.
async fn start_child(client: &mut Client) -> u64 {
    let answer = client.ask(r#"{"action":"talk","child":true}"#).await;
    answer.parse().unwrap()
}

#[tokio::test]
async fn a_process_that_takes_too_long_is_killed_with_its_children() {
    let (_stack, mut client) = Stack::new().max_concurrency(1).start_with_client().await;
    let child = start_child(&mut client).await;
    let first = pid(&mut client).await;
    let frame = client.ask(r#"{"action":"talk","sleep":60}"#).await;
    assert!(frame.contains("Internal server error"), "{frame}");
    assert_ne!(pid(&mut client).await, first);
    assert!(!is_alive(first));
    eventually("the child to be gone", || (!is_alive(child)).then_some(())).await;
}

#[tokio::test]
async fn invocations_beyond_the_concurrency_wait() {
    let (_stack, mut client) = Stack::new().max_concurrency(2).start_with_client().await;
    for _ in 0..6 {
        let order = r#"{"action":"talk","sleep":0.05,"whoami":true}"#;
        client.send(order).await;
    }
    let mut pids = Vec::new();
    for _ in 0..6 {
        let answer: Value = serde_json::from_str(&client.hear().await).unwrap();
        pids.push(answer["pid"].as_u64().unwrap());
    }
    pids.sort_unstable();
    pids.dedup();
    assert!(pids.len() <= 2, "{pids:?}");
}

#[tokio::test]
async fn invocations_that_block_get_processes_up_to_the_concurrency() {
    let (_stack, mut client) = Stack::new()
        .with("Default: 2\n", "Default: 20\n")
        .max_concurrency(4)
        .start_with_client()
        .await;
    for _ in 0..4 {
        let order = r#"{"action":"talk","meet":4,"say":"met"}"#;
        client.send(order).await;
    }
    for _ in 0..4 {
        assert_eq!(client.hear().await, "met");
    }
}

#[tokio::test]
async fn a_function_that_cannot_start_fails_its_invocation_and_is_not_restarted_endlessly() {
    let folder = tempfile::TempDir::new().unwrap();
    let script = folder.path().join("bootstrap");
    let count = folder.path().join("count");
    let text = format!("#!/bin/sh\necho start >> {}\nexit 7\n", count.display());
    std::fs::write(&script, text).unwrap();
    make_executable(&script);
    let stack = Stack::new().door(folder.path()).start().await;
    for _ in 0..3 {
        assert_eq!(stack.refusal("").await.status, 502);
    }
    let starts = std::fs::read_to_string(count).unwrap().lines().count();
    assert_eq!(starts, 3, "one start for each handshake");
}

#[tokio::test]
async fn a_compile_error_is_reported_in_one_sentence() {
    let folder = tempfile::TempDir::new().unwrap();
    let manifest = "[package]\nname = \"door\"\nedition = \"2024\"\n[workspace]\n";
    std::fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
    std::fs::create_dir(folder.path().join("src")).unwrap();
    let source = "fn main() { this is no Rust }";
    std::fs::write(folder.path().join("src/main.rs"), source).unwrap();
    let built = "  door:\n    Metadata: { BuildMethod: rust-cargolambda, BuildProperties: { Binary: door } }\n";
    let stack = Stack::new().door(folder.path()).with("  door:\n", built);
    let error = stack.try_start().await.err().unwrap().to_string();
    let folder = folder.path().to_str().unwrap();
    assert!(error.starts_with("cargo could not build door"), "{error}");
    assert!(error.contains(folder), "{error}");
}

#[tokio::test]
async fn the_environment_is_lambdas() {
    let (stack, mut client) = Stack::new().start_with_client().await;
    let answer: Value = serde_json::from_str(&client.ask(WHO).await).unwrap();
    let environment = &answer["environment"];
    assert_eq!(environment["AWS_LAMBDA_FUNCTION_NAME"], "test-talk");
    assert_eq!(environment["TABLE_NAME"], "test-table");
    let dynamodb = &environment["AWS_ENDPOINT_URL_DYNAMODB"];
    assert_eq!(*dynamodb, stack.ready.dynamodb);
    let gateway = format!("http://{}", stack.address());
    for service in ["LAMBDA", "SNS", "SQS", "SSM"] {
        let name = format!("AWS_ENDPOINT_URL_{service}");
        assert_eq!(environment[&name], gateway, "{name}");
    }
    for name in ["ENDPOINT", "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI"] {
        assert_eq!(environment[name], format!("{gateway}/test"), "{name}");
    }
    // The developer's own variables do not leak in.
    assert_eq!(environment.get("CARGO_MANIFEST_DIR"), None);
}

#[tokio::test]
async fn no_process_survives_the_gateway() {
    let (stack, mut client) = Stack::new().start_with_client().await;
    let child = start_child(&mut client).await;
    let process = pid(&mut client).await;
    assert!(is_alive(child) && is_alive(process));
    stack.stop().await;
    assert!(!is_alive(process));
    eventually("the child to be gone", || (!is_alive(child)).then_some(())).await;
}

pub(crate) fn make_executable(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}
