//! The executable: what it prints, how it fails, and that it leaves nothing behind.

use std::{net::TcpListener, process::Command};

use tempfile::TempDir;

use crate::{
    clients::Client,
    process::{Process, refusal},
    services::dynamodb_answer,
};

#[test]
fn it_prints_what_runs_and_where() {
    let process = Process::start(&["--stage", "mine"]);
    let mut lines = process.printed.iter().map(String::as_str);
    let endpoint = lines.next().unwrap();
    assert!(
        endpoint.starts_with("endpoint: ws://127.0.0.1:"),
        "{endpoint}"
    );
    assert!(endpoint.ends_with("/mine"), "{endpoint}");
    let console = format!("console: http://{}/_gateway/", process.address());
    assert_eq!(lines.next(), Some(&*console));
    let middle: Vec<_> = lines.by_ref().take(7).collect();
    let wanted = [
        "functions:",
        "  door: mine-door",
        "  talk: mine-talk",
        "tables:",
        "  Table: mine-table",
        "schedules:",
        "  talk: rate(1 hour)",
    ];
    assert_eq!(middle, wanted);
    let dynamodb = lines.next().unwrap();
    assert!(dynamodb.starts_with("dynamodb: http://127.0.0.1:"));
    assert_eq!(lines.next(), None);
}

#[test]
fn a_port_in_use_is_one_clear_sentence() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (_, said) = refusal(&["--listen", &address]);
    assert_eq!(said.lines().count(), 1, "{said}");
    for word in [&*address, "in use", "--listen"] {
        assert!(said.contains(word), "{said}");
    }
}

#[test]
fn mistakes_are_reported_with_the_remedy() {
    let mistakes: [(&[&str], &str); 8] = [
        (&["--template", "/nowhere.yaml"], "/nowhere.yaml"),
        (&["--parameter", "Unknown=1"], "Unknown"),
        (&["--parameter", "nonsense"], "KEY=VALUE"),
        (&["--idle-timeout", "10"], "10 s"),
        (
            &["--site", "/nowhere", "--listen", "127.0.0.1:0"],
            "/nowhere",
        ),
        (&["--memory", "--data", "x"], "--data"),
        (&["api.yaml"], "a template is --template api.yaml"),
        (&["--listen", "example.com:80"], "such as 127.0.0.1:3001"),
    ];
    for (arguments, word) in mistakes {
        let (_, said) = refusal(arguments);
        assert!(said.contains(word), "{arguments:?}: {said}");
    }
}

#[test]
fn a_data_folder_is_used_by_one_gateway_at_a_time() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().to_str().unwrap();
    let _first = Process::start(&["--data", data]);
    let (_, said) = refusal(&["--data", data, "--listen", "127.0.0.1:0"]);
    assert!(said.contains("another gateway"), "{said}");
    assert!(said.contains(data), "{said}");
}

#[test]
fn data_is_readable_by_its_owner_only_and_no_link_is_followed() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let parent = TempDir::new().unwrap();
    let folder = parent.path().join("data");
    drop(Process::start(&["--data", folder.to_str().unwrap()]));
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    let precious = parent.path().join("precious");
    std::fs::write(&precious, "text").unwrap();
    std::fs::remove_file(folder.join("lock")).unwrap();
    symlink(&precious, folder.join("lock")).unwrap();
    let data = folder.to_str().unwrap();
    let (_, said) = refusal(&["--data", data, "--listen", "127.0.0.1:0"]);
    assert!(said.contains("--data"), "{said}");
    assert_eq!(std::fs::read_to_string(precious).unwrap(), "text");
}

#[tokio::test]
async fn an_error_status_of_a_function_is_logged_with_its_body() {
    let mut process = Process::start(&[]);
    let mut client = process.connect().await;
    let returned = r#"{"statusCode":502,"body":"no such host"}"#;
    let order = format!(r#"{{"action":"talk","return":{returned}}}"#);
    client.send(&order).await;
    // The answer to the second message proves that the first was handled, unless it overtook it.
    client.ask(r#"{"action":"talk","return":null}"#).await;
    process.function(0).await;
    let log = process.log_at_the_end().await;
    let failed = r#"statusCode 502, body "no such host""#;
    assert!(log.contains(failed), "{log}");
    assert!(log.contains("malformed proxy response"), "{log}");
}

/// An authorizer that needs a token in the query and allows only one, and a `$connect` that refuses it.
const STRICT: &str = "Resources:
  Api:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      StageName: test
      RouteSelectionExpression: $request.body.action
      Auth: { AuthType: CUSTOM, AuthArn: !GetAtt Guard.Arn, IdentitySource: [route.request.querystring.token] }
      Routes: { $connect: { FunctionArn: !GetAtt Guard.Arn } }
  Guard:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: nodejs22.x
      Handler: index.handler
      InlineCode: |
        exports.handler = async ({ methodArn, queryStringParameters: { token } }) => {
          if (!methodArn) return { statusCode: 402, body: 'no credit' };
          const allow = { Effect: 'Allow', Action: '*', Resource: methodArn };
          const Statement = token === 'good' ? [allow] : [];
          return { principalId: 'anyone', policyDocument: { Version: '2012-10-17', Statement } };
        };
";

#[tokio::test]
async fn the_log_says_why_a_client_is_refused() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("strict.yaml");
    std::fs::write(&file, STRICT).unwrap();
    let file = file.to_str().unwrap();
    let mut process = Process::start(&["--template", file, "--api", "strictApi"]);
    for (query, status) in [("", 401), ("?token=bad", 403), ("?token=good", 402)] {
        let refused = Client::connect(format!("{}{query}", process.endpoint())).await;
        assert_eq!(refused.err().unwrap().status, status);
    }
    let log = process.log_at_the_end().await;
    for reason in [
        "401: Unauthorized (the identity source route.request.querystring.token is missing or empty)",
        "403: Forbidden (the policy of strictGuard does not allow arn:aws:execute-api:us-east-1:",
        "402: Payment Required (returned by strictGuard with the body \"no credit\")",
    ] {
        assert!(log.contains(reason), "{log}");
    }
}

#[tokio::test]
async fn the_log_says_which_key_has_no_route() {
    let mut process = Process::start(&[]);
    let mut client = process.connect().await;
    client.ask(r#"{"action":"unknown"}"#).await;
    client.ask("text").await;
    let log = process.log_at_the_end().await;
    for reason in [r#"its route key is "unknown""#, "it is not a JSON object"] {
        let line = format!("has no route: {reason}");
        assert!(log.contains(&line), "{log}");
    }
}

#[tokio::test]
async fn a_table_that_does_not_exist_is_named_in_the_log_once() {
    let mut process = Process::start(&[]);
    for _ in 0..2 {
        let scan = serde_json::json!({ "TableName": "orders" });
        let answer = dynamodb_answer(process.dynamodb(), "Scan", &scan).await;
        assert!(answer.contains("ResourceNotFoundException"), "{answer}");
    }
    let log = process.log_at_the_end().await;
    let remedy = "DynamoDB has no table orders; add it to the template as AWS::DynamoDB::Table";
    assert_eq!(log.matches(remedy).count(), 1, "{log}");
}

#[tokio::test]
async fn a_queue_that_does_not_exist_is_named_in_the_log_once() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("jobs.yaml");
    let template = "Resources: { Job: { Type: AWS::Serverless::Function, Properties: { Runtime: nodejs22.x, Handler: index.f, \
                    InlineCode: x, Events: { Queue: { Type: SQS, Properties: { Queue: \
                    'arn:aws:sqs:us-east-1:123456789012:elsewhere' } } } } } }";
    std::fs::write(&file, template).unwrap();
    let mut process = Process::start(&["--template", file.to_str().unwrap()]);
    let log = process.log_at_the_end().await;
    let remedy = "no template here has the queue elsewhere; pass the one that has it with another --template";
    assert_eq!(log.matches(remedy).count(), 1, "{log}");
}

/// Without `--template`, the usual names are searched for in the current folder.
#[test]
fn the_template_is_found_by_its_usual_names() {
    let folder = TempDir::new().unwrap();
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_gateway"))
            .current_dir(folder.path())
            .args(arguments)
            .output()
            .unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    let said = run(&[]);
    let names = "there is no template.yaml, template.yml, template.json, serverless.yml";
    assert!(said.contains(names), "{said}");
    assert!(said.contains("--template FILE"), "{said}");
    std::fs::write(folder.path().join("cdk.json"), "{}").unwrap();
    let said = run(&[]);
    assert!(said.contains("run `npx cdk synth`"), "{said}");
    for name in ["serverless.yml", "template.yml", "template.yaml"] {
        std::fs::write(folder.path().join(name), "not a template").unwrap();
        for arguments in [&[][..], &["--template", "."]] {
            let said = run(arguments);
            assert!(said.contains(&format!("{name}:1: ")), "{said}");
        }
    }
}

#[test]
fn one_line_of_json_tells_programs_what_runs() {
    let mut process = Process::start_until(&["--ready", "json"], "{");
    let ready: papo_gateway::Ready = serde_json::from_str(&process.printed.remove(0)).unwrap();
    assert!(ready.endpoint.ends_with("/test"), "{ready:?}");
    assert_eq!(ready.functions[0].id, "door");
    assert_eq!(ready.tables[0].name, "test-table");
    assert_eq!(ready.schedules[0].expression, "rate(1 hour)");
}
