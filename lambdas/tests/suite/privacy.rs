use std::io::Write;
use std::sync::{Arc, Mutex};

use lambda_runtime::tracing::subscriber::filter::LevelFilter;
use lambda_runtime::tracing::subscriber::layer::SubscriberExt;
use lambda_runtime::tracing::subscriber::registry::Registry;
use papo_lambdas::logging;
use papo_lambdas::management::PostError;
use papo_protocol::ConnectionId;
use serde_json::Value;
use tracing::subscriber::DefaultGuard;

use crate::chat::{Chat, nth_id};

struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The lines that this thread logs while the value exists.
pub(crate) struct Log {
    bytes: Arc<Mutex<Vec<u8>>>,
    _guard: DefaultGuard,
}

impl Log {
    pub(crate) fn at(level: LevelFilter) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&bytes);
        let layer = logging::layer(level, move || Sink(Arc::clone(&sink)));
        Self {
            bytes,
            _guard: tracing::subscriber::set_default(Registry::default().with(layer)),
        }
    }

    fn text(&self) -> String {
        String::from_utf8(self.bytes.lock().unwrap().clone()).unwrap()
    }

    pub(crate) fn lines(&self) -> Vec<Value> {
        self.text()
            .lines()
            .map(|line| serde_json::from_str(line).expect(line))
            .collect()
    }
}

#[tokio::test]
async fn every_line_has_the_fields_of_its_invocation() {
    let log = Log::at(LevelFilter::INFO);
    let chat = Chat::with(&["a="]).await;
    chat.send("a=", r#"{"action":"connected"}"#).await.unwrap();
    chat.send_text("a=", "oi").await.unwrap();
    chat.send("a=", "hello").await.unwrap();
    chat.disconnect("a=").await.unwrap();
    let lines = log.lines();
    let routes: Vec<_> = lines
        .iter()
        .map(|line| line["span"]["route"].as_str().unwrap())
        .collect();
    assert_eq!(
        routes,
        [
            "$connect",
            "connected",
            "sendMessage",
            "$default",
            "$disconnect"
        ]
    );
    for line in &lines {
        assert_eq!(line["level"], "INFO", "{line}");
        assert_eq!(line["span"]["connectionId"], "a=", "{line}");
        assert!(line["span"]["requestId"].is_string(), "{line}");
        assert!(line["span"]["gatewayRequestId"].is_string(), "{line}");
        assert!(line["timestamp"].as_str().unwrap().ends_with('Z'), "{line}");
    }
    assert_eq!(lines[2]["message"], "broadcast");
    assert_eq!(lines[2]["reached"], 1);
    assert_eq!(lines[3]["code"], "malformedBody");
    assert_eq!(lines[4]["closeCode"], 1005);
}

#[tokio::test(start_paused = true)]
async fn message_texts_are_never_logged() {
    const SECRET: &str = "segredo";
    let log = Log::at(LevelFilter::TRACE);
    let chat = Chat::with_many(3).await;
    let refused = PostError::Permanent {
        detail: "Forbidden".into(),
    };
    chat.gateway.fail(&nth_id(1), [refused]);
    chat.gateway.hang_up(&nth_id(2));
    chat.send_text("p0000=", SECRET).await.unwrap();
    chat.send("p0000=", SECRET).await.unwrap();
    chat.send("p0000=", &format!(r#"{{"action":"{SECRET}"}}"#))
        .await
        .unwrap();
    chat.send(
        "p0000=",
        &format!(r#"{{"action":"sendMessage","message":["{SECRET}"]}}"#),
    )
    .await
    .unwrap();
    assert!(log.lines().len() >= 5, "{}", log.text());
    assert!(!log.text().contains(SECRET), "{}", log.text());
}

#[test]
fn libraries_log_warnings_at_most() {
    let log = Log::at(LevelFilter::TRACE);
    tracing::info!(target: "aws_smithy_runtime::client", "request with a body");
    tracing::warn!(target: "aws_smithy_runtime::client", "slow");
    let lines = log.lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(lines[0]["message"], "slow");
    assert_eq!(lines[0]["target"], "aws_smithy_runtime::client");
}

#[tokio::test]
async fn lines_of_every_level_have_the_fields_of_their_invocation() {
    let log = Log::at(LevelFilter::ERROR);
    let chat = Chat::default();
    chat.connections
        .fail(papo_lambdas::connections::memory::ConnectionsFault::Put);
    chat.connect("a=").await.unwrap_err();
    let lines = log.lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(lines[0]["span"]["connectionId"], "a=");
    assert_eq!(lines[0]["errorType"], "StoreFailed");
}

#[tokio::test]
async fn an_incomplete_broadcast_is_a_warning_with_an_example() {
    let log = Log::at(LevelFilter::WARN);
    let chat = Chat::with(&["a=", "b="]).await;
    let refused = PostError::Permanent {
        detail: "Forbidden".into(),
    };
    chat.gateway.fail(&ConnectionId::new("b="), [refused]);
    chat.send_text("a=", "oi").await.unwrap();
    let lines = log.lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(lines[0]["failed"], 1);
    assert_eq!(
        lines[0]["failure"],
        "@connections rejected the request: Forbidden"
    );
}
