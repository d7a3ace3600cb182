//! The Lambda Runtime API, as a function sees it.

use std::{fs, path::Path};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    functions::make_executable,
    stack::{Client, Running, Stack, eventually},
};

/// The answer of the Runtime API to a request that the function makes while it handles a message.
async fn call(client: &mut Client, method: &str, path: &str, body: &str) -> (u64, Value) {
    let order = json!({"action": "talk", "call": {"method": method, "path": path, "body": body}});
    let answer: Value = serde_json::from_str(&client.ask(&order.to_string()).await).unwrap();
    let text = answer["body"].as_str().unwrap();
    let body = serde_json::from_str(text).unwrap_or_else(|_| text.into());
    (answer["status"].as_u64().unwrap(), body)
}

#[tokio::test]
async fn an_invocation_has_its_id_deadline_and_trace() {
    let (_stack, mut client) = Stack::new().start_with_client().await;
    let before = jiff::Timestamp::now().as_millisecond();
    let answer = client.ask(r#"{"action":"talk","headers":true}"#).await;
    let headers: Value = serde_json::from_str(&answer).unwrap();
    let header = |name: &str| {
        headers[name]
            .as_str()
            .unwrap_or_else(|| panic!("no {name}: {headers}"))
    };
    assert_eq!(header("lambda-runtime-aws-request-id").len(), 36);
    let arn = "arn:aws:lambda:us-east-1:123456789012:function:test-talk";
    assert_eq!(header("lambda-runtime-invoked-function-arn"), arn);
    let trace = header("lambda-runtime-trace-id");
    assert!(trace.starts_with("Root=1-"), "{trace}");
    assert!(trace.contains(";Parent="), "{trace}");
    let deadline: i64 = header("lambda-runtime-deadline-ms").parse().unwrap();
    let now = jiff::Timestamp::now().as_millisecond();
    assert!(
        (before + 2_000..=now + 2_000).contains(&deadline),
        "the function has 2 s: {before} {deadline} {now}"
    );
}

#[tokio::test]
async fn mistakes_are_answered_as_lambda_answers_them() {
    let (_stack, mut client) = Stack::new().start_with_client().await;
    let wrong_id = json!({"errorMessage": "Invalid request ID", "errorType": "InvalidRequestID"});
    for path in ["response", "error"] {
        let path = format!("/runtime/invocation/wrong/{path}");
        let answer = call(&mut client, "POST", &path, "{}").await;
        assert_eq!(answer, (400, wrong_id.clone()), "{path}");
    }
    let (status, body) = call(&mut client, "POST", "/runtime/init/error", "{}").await;
    assert_eq!(status, 403);
    assert_eq!(body["errorType"], "InvalidStateTransition");
    assert_eq!(call(&mut client, "GET", "/ping", "").await.1, "pong");
    let (status, _) = call(&mut client, "GET", "/runtime/nowhere", "").await;
    assert_eq!(status, 404);
}

/// A stack whose function `door` is this script.
async fn with_door(folder: &TempDir, script: &str, connect: &str) -> Running {
    let bootstrap = folder.path().join("bootstrap");
    fs::write(&bootstrap, script).unwrap();
    make_executable(&bootstrap);
    let stack = Stack::new().door(folder.path());
    let stack = stack.with("$connect: {", &format!("$connect: {{ {connect}"));
    stack.start().await
}

fn lines(file: &Path) -> usize {
    fs::read_to_string(file).unwrap_or_default().lines().count()
}

#[tokio::test]
async fn a_function_that_reports_that_it_cannot_start_fails_its_invocation() {
    let folder = TempDir::new().unwrap();
    let script = "#!/usr/bin/env python3\nimport os, urllib.request as http\n\
                  open('starts', 'a').write('start\\n')\n\
                  url = f\"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/init/error\"\n\
                  with http.urlopen(http.Request(url, b'{\"errorType\":\"E\",\"errorMessage\":\"no\"}')) as answer:\n\
                  \x20   open('statuses', 'a').write(f'{answer.status}\\n')\n";
    let stack = with_door(&folder, script, "").await;
    for _ in 0..2 {
        assert_eq!(stack.refusal("").await.status, 502);
    }
    let starts = lines(&folder.path().join("starts"));
    assert_eq!(starts, 2, "one start for each handshake");
    let statuses = fs::read_to_string(folder.path().join("statuses")).unwrap();
    assert!(statuses.lines().all(|status| status == "202"), "{statuses}");
}

#[tokio::test]
async fn a_function_that_never_polls_does_not_delay_the_client() {
    let folder = TempDir::new().unwrap();
    let script = "#!/bin/sh\nexec sleep 600\n";
    let stack = with_door(&folder, script, "IntegrationTimeout: 200,").await;
    assert_eq!(stack.refusal("").await.status, 504);
}

#[tokio::test]
async fn next_is_held_open_until_there_is_an_invocation() {
    let folder = TempDir::new().unwrap();
    let script = "#!/usr/bin/env python3\nimport json, os, urllib.request as http\n\
                  api = f\"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation\"\n\
                  while True:\n\
                  \x20   try:\n\
                  \x20       with http.urlopen(f'{api}/next', timeout=0.5) as answer:\n\
                  \x20           status, id = answer.status, answer.headers['Lambda-Runtime-Aws-Request-Id']\n\
                  \x20   except TimeoutError:\n\
                  \x20       open('held', 'a').write('held\\n')\n\
                  \x20       continue\n\
                  \x20   open('statuses', 'a').write(f'{status}\\n')\n\
                  \x20   http.urlopen(http.Request(f'{api}/{id}/response', b'{\"statusCode\":200}')).close()\n";
    let stack = with_door(&folder, script, "").await;
    stack.connect().await;
    let held = folder.path().join("held");
    eventually("two requests that are held open", || {
        (lines(&held) >= 2).then_some(())
    })
    .await;
    stack.connect().await;
    let statuses = fs::read_to_string(folder.path().join("statuses")).unwrap();
    assert!(
        !statuses.is_empty() && statuses.lines().all(|status| status == "200"),
        "nothing but work is ever answered: {statuses}"
    );
}

#[tokio::test]
async fn a_report_can_be_answered_with_the_next_invocation_even_when_it_is_too_large() {
    let folder = TempDir::new().unwrap();
    let script = "#!/usr/bin/env python3\nimport http.client, os\n\
                  api = http.client.HTTPConnection(os.environ['AWS_LAMBDA_RUNTIME_API'])\n\
                  path = '/2018-06-01/runtime/invocation'\n\
                  api.request('GET', f'{path}/next')\n\
                  api.auto_open = False\n\
                  body = '\"' + 'x' * 7_000_000 + '\"'\n\
                  open('starts', 'a').write('start\\n')\n\
                  while True:\n\
                  \x20   answer = api.getresponse()\n\
                  \x20   answer.read()\n\
                  \x20   id = answer.headers['Lambda-Runtime-Aws-Request-Id']\n\
                  \x20   api.request('POST', f'{path}/{id}/response?next', body)\n\
                  \x20   body = '{\"statusCode\":200}'\n";
    let stack = with_door(&folder, script, "").await;
    assert_eq!(stack.refusal("").await.status, 502);
    for _ in 0..2 {
        stack.connect().await;
    }
    assert_eq!(lines(&folder.path().join("starts")), 1);
}
