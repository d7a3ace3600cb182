//! A back end that knows only the original protocol: it keeps nothing, and refuses whatever else is asked.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use futures::{SinkExt as _, StreamExt as _};
use papagaio::wait;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;

use crate::LIMIT;
use crate::chat::Chat;

/// The frames that the page has sent.
type Received = Arc<Mutex<Vec<Value>>>;

/// Serves one socket after the other until the test ends. Returns the address.
async fn start(received: Received) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("ws://{}", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut socket) = tokio_tungstenite::accept_async(stream).await else {
                continue;
            };
            while let Some(Ok(Message::Text(frame))) = socket.next().await {
                let frame: Value = serde_json::from_str(&frame).unwrap_or_default();
                let answer = answer(&frame, lock(&received).len());
                lock(&received).push(frame);
                let _ = socket.send(answer.to_string().into()).await;
            }
        }
    });
    Ok(address)
}

/// The answer to the frame that is the `n`th.
fn answer(frame: &Value, n: usize) -> Value {
    let text = frame["message"].as_str().unwrap_or_default();
    match frame["action"].as_str() {
        Some("connected") => json!({ "type": "connected", "connectionId": "ana" }),
        Some("sendMessage") => json!({
            "connectionId": "ana",
            "message": text,
            "messageId": n.to_string(),
            "requestTimeEpoch": 1_764_331_200_000 + n,
        }),
        _ => json!({ "message": "Forbidden", "connectionId": "ana", "requestId": "r" }),
    }
}

fn lock(received: &Mutex<Vec<Value>>) -> std::sync::MutexGuard<'_, Vec<Value>> {
    received.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How often the page has sent this action.
fn count(received: &Received, action: &str) -> usize {
    let received = lock(received);
    received
        .iter()
        .filter(|frame| frame["action"] == action)
        .count()
}

#[tokio::test]
async fn the_page_says_that_nothing_is_kept_and_sends_each_message_once() -> Result<()> {
    Chat::test(async |chat| {
        let received = Received::default();
        let back_end = start(Arc::clone(&received)).await?;
        let tab = chat.open_blank().await?;
        tab.run_first("localStorage['papo.language'] = 'en'")
            .await?;
        let address = format!("{}?api={back_end}", chat.address());
        tab.visit(&address, "Ana").await?;
        let says = "return document.querySelector('[data-testid=timeline]').innerText.includes('keeps no messages')";
        tab.wait_until_true("that nothing is kept", says).await?;

        tab.write("um\ndois\n").await?;
        let said = tab.wait_for_messages(&["um", "dois"]).await?;
        assert!(said.iter().all(|it| it.own));
        assert_eq!(tab.count("[data-testid=pending]").await?, 0);
        tab.wait_until_true("that nothing is kept", says).await?;

        // The page probes its connection when the network is back, until a ping was refused.
        tab.run("dispatchEvent(new Event('online'))").await?;
        wait::until_async("a ping", LIMIT, async || match count(&received, "ping") {
            0 => Err("none".to_owned()),
            _ => Ok(()),
        })
        .await?;
        tab.write("três\n").await?;
        tab.wait_for_messages(&["um", "dois", "três"]).await?;
        tab.run("dispatchEvent(new Event('online'))").await?;
        tab.write("quatro\n").await?;
        tab.wait_for_messages(&["um", "dois", "três", "quatro"])
            .await?;
        assert_eq!(count(&received, "ping"), 1, "none after the refusal");
        assert_eq!(count(&received, "history"), 0);
        assert_eq!(count(&received, "sendMessage"), 4, "each once");
        tab.wait_for_status("online").await
    })
    .await
}
