use std::process::Command;

use serde_json::Value;

const EXECUTABLES: [&str; 3] = [
    env!("CARGO_BIN_EXE_connection"),
    env!("CARGO_BIN_EXE_send_message"),
    env!("CARGO_BIN_EXE_garbage_collection"),
];

/// Starts an executable that cannot start with this environment; returns what it says about it.
#[track_caller]
fn complaint(executable: &str, environment: &[(&str, &str)]) -> String {
    let lines = lines_of(executable, environment);
    let [line] = &lines[..] else {
        panic!("not one line: {lines:?}");
    };
    assert_eq!(line["level"], "ERROR");
    line["error"].as_str().unwrap().to_owned()
}

/// What an executable logs when it is started by hand.
#[track_caller]
pub(crate) fn lines_of_failed_start(executable: &str) -> Vec<Value> {
    lines_of(executable, &[])
}

#[track_caller]
fn lines_of(executable: &str, environment: &[(&str, &str)]) -> Vec<Value> {
    let output = Command::new(executable)
        .env_clear()
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{executable}");
    assert!(output.stderr.is_empty(), "{executable}");
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    lines.collect()
}

#[test]
fn explains_who_starts_it_when_started_by_hand() {
    let authorizer = env!("CARGO_BIN_EXE_authorizer");
    for executable in EXECUTABLES.into_iter().chain([authorizer]) {
        assert!(complaint(executable, &[]).starts_with("AWS_LAMBDA_RUNTIME_API is not set"));
    }
}

#[test]
fn names_the_missing_table() {
    for executable in EXECUTABLES {
        for table in [&[][..], &[("TABLE_NAME", "")]] {
            let environment = [&[("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1")], table].concat();
            assert!(complaint(executable, &environment).starts_with("TABLE_NAME is not set"));
        }
    }
}

#[test]
fn names_the_missing_endpoint() {
    for executable in EXECUTABLES {
        let environment = [
            ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1"),
            ("TABLE_NAME", "t"),
            ("MESSAGES_TABLE_NAME", "m"),
            ("RETENTION_DAYS", "30"),
            ("FANOUT", "direct"),
            ("RATE_LIMIT", "0"),
        ];
        let said = complaint(executable, &environment);
        assert!(said.starts_with("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI is not set"));
    }
}

#[test]
fn names_the_missing_log_or_invalid_retention() {
    let endpoint = "https://abc123.execute-api.sa-east-1.amazonaws.com/dev";
    let base = [
        ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1"),
        ("AWS_REGION", "sa-east-1"),
        ("AWS_ACCESS_KEY_ID", "id"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI", endpoint),
        ("TABLE_NAME", "t"),
    ];
    let said = complaint(EXECUTABLES[1], &base);
    assert!(said.starts_with("MESSAGES_TABLE_NAME is not set"), "{said}");
    for days in ["0", "a month"] {
        let log = [("MESSAGES_TABLE_NAME", "m"), ("RETENTION_DAYS", days)];
        let said = complaint(EXECUTABLES[1], &[&base[..], &log].concat());
        assert!(said.starts_with("RETENTION_DAYS must be"), "{said}");
    }
}
