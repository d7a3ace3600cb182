//! Restoration to a point in time, against scripted responses: no local DynamoDB has it.

#![expect(clippy::unwrap_used, reason = "a test fails at the line that panics")]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use jiff::Timestamp;
use papo_data::point_in_time::{restore, restored_name, window};
use papo_data::table::client;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

const STAGE: &str = "api-prod-MessagesTable";

const NOT_FOUND: &str =
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"x"}"#;
const CREATING: &str = r#"{"Table":{"TableStatus":"CREATING"}}"#;
const ACTIVE: &str = r#"{"Table":{"TableStatus":"ACTIVE"}}"#;

/// DynamoDB that gives these responses one after the other.
#[derive(Clone)]
struct Script {
    responses: Arc<Mutex<VecDeque<String>>>,
    /// Operation and body of each request.
    requests: Arc<Mutex<Vec<(String, String)>>>,
}

impl Script {
    async fn start(responses: &[&str]) -> (Self, Client) {
        let script = Self {
            responses: Arc::new(Mutex::new(
                responses.iter().map(|it| (*it).to_owned()).collect(),
            )),
            requests: Arc::default(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let serving = script.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(stream));
            }
        });
        (script, client(Some(&endpoint)).await)
    }

    async fn serve(self, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        loop {
            let (mut operation, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                if stream.read_line(&mut line).await? == 0 {
                    return Ok(());
                }
                match line.trim().split_once(": ") {
                    Some((name, value)) if name.eq_ignore_ascii_case("x-amz-target") => {
                        value.rsplit('.').next().unwrap().clone_into(&mut operation);
                    }
                    Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                        length = value.parse().unwrap();
                    }
                    None if line.trim().is_empty() => break,
                    _ => {}
                }
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await?;
            let body = String::from_utf8(body).unwrap();
            self.requests.lock().unwrap().push((operation, body));
            let response = self.responses.lock().unwrap().pop_front().unwrap();
            let status = if response.starts_with("{\"__type") {
                "400 Bad Request"
            } else {
                "200 OK"
            };
            let length = response.len();
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: {length}\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(response.as_bytes()).await?;
        }
    }

    fn operations(&self) -> Vec<String> {
        let requests = self.requests.lock().unwrap();
        requests.iter().map(|(name, _)| name.clone()).collect()
    }
}

fn noon() -> Timestamp {
    "2026-11-28T12:00:00Z".parse().unwrap()
}

#[tokio::test]
async fn a_table_is_restored_to_a_new_one_and_awaited() {
    let (script, client) = Script::start(&[NOT_FOUND, "{}", CREATING, CREATING, ACTIVE]).await;
    let restored = restored_name(STAGE, noon());
    assert_eq!(restored, "api-prod-MessagesTable-20261128T120000Z");
    let looks = Mutex::new(0);
    let interval = Duration::from_millis(1);
    restore(&client, STAGE, noon(), &restored, interval, || {
        *looks.lock().unwrap() += 1;
    })
    .await
    .unwrap();
    assert_eq!(*looks.lock().unwrap(), 3);
    let operations = script.operations();
    assert_eq!(
        operations[..2],
        ["DescribeTable", "RestoreTableToPointInTime"]
    );
    let (_, request) = script.requests.lock().unwrap()[1].clone();
    let expected = format!(
        r#""SourceTableName":"{STAGE}","TargetTableName":"{restored}","RestoreDateTime":{}"#,
        noon().as_second()
    );
    assert!(request.contains(&expected), "{request}");
}

#[tokio::test]
async fn an_interrupted_restoration_is_awaited_and_not_repeated() {
    let (script, client) = Script::start(&[CREATING, CREATING, ACTIVE]).await;
    let interval = Duration::from_millis(1);
    restore(&client, STAGE, noon(), "restored", interval, || {})
        .await
        .unwrap();
    assert_eq!(script.operations(), ["DescribeTable"; 3]);
}

#[tokio::test]
async fn a_restoration_that_dynamodb_gives_up_is_reported() {
    for (response, expected) in [
        (NOT_FOUND, "table restored was deleted"),
        (
            r#"{"Table":{"TableStatus":"INACCESSIBLE_ENCRYPTION_CREDENTIALS"}}"#,
            "table restored is INACCESSIBLE_ENCRYPTION_CREDENTIALS",
        ),
    ] {
        let (_script, client) = Script::start(&[CREATING, response]).await;
        let interval = Duration::from_millis(1);
        let error = restore(&client, STAGE, noon(), "restored", interval, || {}).await;
        assert_eq!(error.unwrap_err().to_string(), expected);
    }
}

#[tokio::test]
async fn only_times_of_the_backups_are_accepted() {
    let enabled = r#"{"ContinuousBackupsDescription":{"ContinuousBackupsStatus":"ENABLED","PointInTimeRecoveryDescription":{
        "PointInTimeRecoveryStatus":"ENABLED","EarliestRestorableDateTime":1795852800,"LatestRestorableDateTime":1795867200}}}"#;
    let disabled = r#"{"ContinuousBackupsDescription":{"ContinuousBackupsStatus":"ENABLED",
        "PointInTimeRecoveryDescription":{"PointInTimeRecoveryStatus":"DISABLED"}}}"#;
    let (_script, client) = Script::start(&[enabled, disabled]).await;
    let window_of_stage = window(&client, STAGE).await.unwrap();
    window_of_stage.require(noon()).unwrap();
    for wrong in ["2026-11-28T07:59:59Z", "2026-11-28T12:00:01Z"] {
        let error = window_of_stage.require(wrong.parse().unwrap()).unwrap_err();
        let expected = "is not between 2026-11-28T08:00:00Z and 2026-11-28T12:00:00Z";
        assert!(error.to_string().contains(expected), "{error}");
    }
    let error = window(&client, STAGE).await.unwrap_err().to_string();
    assert!(error.contains("no point-in-time recovery"), "{error}");
}
