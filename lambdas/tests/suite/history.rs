//! The message log as clients see it: seqs, messages sent again, history.

use papo_lambdas::message_log::memory::{Fault, Operation};
use papo_protocol::ConnectionId;
use serde_json::{Value, json};

use crate::chat::{Chat, LATER};

const ANA: &str = "L0SM9c-FvHcCIhw=";
const BIA: &str = "BFaT_fALIAMCKug=";
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

fn named(name: &str, text: &str) -> String {
    json!({ "action": "sendMessage", "message": text, "clientMessageId": name }).to_string()
}

/// A chat with Ana and Bia, in which Ana has sent "1", "2" and so on.
async fn after(messages: usize) -> Chat {
    let chat = Chat::with(&[ANA, BIA]).await;
    for n in 1..=messages {
        chat.send_text(ANA, &n.to_string()).await.unwrap();
    }
    chat
}

/// What Bia receives in reply to `frame`.
async fn answers(chat: &Chat, frame: &str) -> Vec<Value> {
    let before = chat.received(BIA).len();
    chat.send(BIA, frame).await.unwrap();
    chat.received(BIA).split_off(before)
}

/// The texts of a page, and whether it is complete.
async fn page(chat: &Chat, fields: Value) -> (String, bool) {
    let mut frame = fields;
    frame["action"] = "history".into();
    let answers = answers(chat, &frame.to_string()).await;
    let [history] = &answers[..] else {
        panic!("{answers:?}")
    };
    assert_eq!(history["type"], "history");
    (texts(history), history["complete"].as_bool().unwrap())
}

fn texts(history: &Value) -> String {
    let messages = history["messages"].as_array().unwrap().iter();
    let texts: Vec<_> = messages
        .map(|message| message["message"].as_str().unwrap())
        .collect();
    texts.join(" ")
}

#[tokio::test]
async fn answers_a_message_sent_again_to_its_sender_only() {
    let chat = Chat::with(&[ANA, BIA]).await;
    chat.send(ANA, &named("c-1", "oi")).await.unwrap();
    chat.send(ANA, &named("c-1", "oi")).await.unwrap();
    let received = chat.received(ANA);
    assert_eq!(received.len(), 2);
    assert_eq!(received[0], received[1], "exactly as it is stored");
    assert_eq!(chat.received(BIA).len(), 1, "a repeat is not broadcast");
    assert_eq!(chat.messages(), [(1, "oi".to_owned())]);
}

#[tokio::test]
async fn a_message_whose_commit_response_was_lost_is_in_the_log_once() {
    let chat = Chat::with(&[ANA, BIA]).await;
    chat.log.fail(Operation::Commit, Fault::ResponseLost);
    chat.send(ANA, &named("c-1", "oi")).await.unwrap();
    assert_eq!(chat.received(ANA)[0]["code"], "unavailable");
    assert!(
        chat.received(BIA).is_empty(),
        "a message is not broadcast unless it is known to be in the log"
    );
    chat.send(ANA, &named("c-1", "oi")).await.unwrap();
    assert_eq!(chat.received(ANA)[1]["seq"], 1);
    assert_eq!(chat.messages(), [(1, "oi".to_owned())]);
}

#[tokio::test]
async fn acknowledges_an_expired_message_to_its_sender_only() {
    let chat = Chat::with(&[ANA, BIA]).await;
    chat.send(ANA, &named("c-1", "oi")).await.unwrap();
    let month_later = LATER + 30 * DAY_MS;
    for removed in [false, true] {
        if removed {
            chat.log.sweep(month_later);
        }
        chat.send_at(month_later, ANA, &named("c-1", "oi"))
            .await
            .unwrap();
        let received = chat.received(ANA);
        assert_eq!(received.last().unwrap()["seq"], 1);
        assert_eq!(received.last().unwrap()["clientMessageId"], "c-1");
        assert_eq!(chat.received(BIA).len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn retries_after_conflicts() {
    let chat = Chat::with(&[ANA]).await;
    for _ in 0..5 {
        chat.log.fail(Operation::Commit, Fault::Conflict);
    }
    chat.send_text(ANA, "oi").await.unwrap();
    assert_eq!(chat.received(ANA)[0]["seq"], 1);
}

#[tokio::test(start_paused = true)]
async fn gives_up_on_a_log_that_hangs_in_time_for_a_reply() {
    let chat = Chat::with(&[ANA, BIA]).await;
    chat.log.fail(Operation::Commit, Fault::HangsAfterwards);
    let start = tokio::time::Instant::now();
    chat.send(ANA, &named("c-1", "oi")).await.unwrap();
    assert!(start.elapsed().as_secs() < 10);
    assert_eq!(chat.received(ANA)[0]["code"], "unavailable");
    assert!(chat.received(BIA).is_empty());
}

#[tokio::test]
async fn a_client_that_resumes_gets_what_it_missed() {
    let chat = after(5).await;
    let epoch = chat.epoch().await;
    let resume = |epoch: &str, after: u64| {
        json!({ "action": "connected", "resume": { "epoch": epoch, "after": after } }).to_string()
    };
    let received = answers(&chat, &resume(&epoch, 2)).await;
    assert_eq!(received.len(), 2, "{received:?}");
    assert_eq!(
        received[0],
        json!({ "type": "connected", "connectionId": BIA, "epoch": epoch, "head": 5 })
    );
    assert_eq!(received[1]["type"], "history");
    assert_eq!(received[1]["epoch"], epoch);
    assert_eq!(received[1]["head"], 5);
    assert_eq!(
        (texts(&received[1]).as_str(), &received[1]["complete"]),
        ("3 4 5", &json!(true))
    );

    for nothing in [resume(&epoch, 5), resume(&epoch, 99), resume("another", 2)] {
        let received = answers(&chat, &nothing).await;
        assert_eq!(received.len(), 1, "{nothing}: {received:?}");
        assert_eq!(received[0]["head"], 5);
    }
}

#[tokio::test]
async fn pages_through_history_in_both_directions() {
    let chat = after(10).await;
    for (fields, expected, complete) in [
        (json!({ "after": 0 }), "1 2 3 4 5 6 7 8 9 10", true),
        (json!({ "after": 0, "limit": 4 }), "1 2 3 4", false),
        (json!({ "after": 4, "limit": 6 }), "5 6 7 8 9 10", true),
        (json!({ "after": 9, "limit": 0 }), "10", true),
        (json!({ "after": 10 }), "", true),
        (json!({ "after": 9_007_199_254_740_991_u64 }), "", true),
        (json!({ "before": 11 }), "1 2 3 4 5 6 7 8 9 10", true),
        (json!({ "before": 11, "limit": 3 }), "8 9 10", false),
        (json!({ "before": 4, "limit": 3 }), "1 2 3", true),
        (
            json!({ "before": 9_007_199_254_740_991_u64, "limit": 1 }),
            "10",
            false,
        ),
        (json!({ "before": 1 }), "", true),
        (json!({ "before": 0 }), "", true),
    ] {
        let (texts, is_complete) = page(&chat, fields.clone()).await;
        assert_eq!(
            (texts.as_str(), is_complete),
            (expected, complete),
            "{fields}"
        );
    }
}

#[tokio::test]
async fn pages_fit_a_frame_and_add_up_to_the_log() {
    let chat = Chat::with(&[ANA, BIA]).await;
    for n in 0..20 {
        chat.send_text(ANA, &"\"".repeat(n * 400 + 1))
            .await
            .unwrap();
    }
    let mut after = 0;
    let mut pages = 0;
    loop {
        let frame = json!({ "action": "history", "after": after }).to_string();
        let history = answers(&chat, &frame).await.remove(0);
        assert!(history.to_string().len() <= 32 * 1_024);
        for message in history["messages"].as_array().unwrap() {
            after += 1;
            assert_eq!(message["seq"], after);
        }
        pages += 1;
        if history["complete"] == true {
            break;
        }
    }
    assert_eq!(after, 20);
    assert!((5..10).contains(&pages), "{pages}");
}

#[tokio::test]
async fn hides_expired_messages_whether_they_are_deleted_or_not() {
    let chat = Chat::with(&[ANA, BIA]).await;
    // Many more than one query reads.
    for _ in 0..500 {
        chat.send_text(ANA, "velho").await.unwrap();
    }
    let frame = json!({ "action": "sendMessage", "message": "novo" }).to_string();
    chat.send_at(LATER + DAY_MS, ANA, &frame).await.unwrap();
    for removed in [false, true] {
        let now = LATER + 30 * DAY_MS;
        if removed {
            chat.log.sweep(now);
        }
        for range in [
            json!({ "after": 0 }),
            json!({ "before": 502 }),
            json!({ "after": 7 }),
        ] {
            let mut frame = range.clone();
            frame["action"] = "history".into();
            let before = chat.received(BIA).len();
            chat.send_at(now, BIA, &frame.to_string()).await.unwrap();
            let history = chat.received(BIA).split_off(before).remove(0);
            assert_eq!(texts(&history), "novo", "{range}, removed: {removed}");
            assert_eq!(history["complete"], true, "{range}, removed: {removed}");
            assert_eq!(history["head"], 501);
        }
    }
}

#[tokio::test]
async fn a_pong_has_the_head_which_may_lag_behind() {
    let chat = Chat::with(&[ANA, BIA]).await;
    let pong = answers(&chat, r#"{"action":"ping"}"#).await;
    let epoch = chat.epoch().await;
    assert_eq!(pong, [json!({ "type": "pong", "epoch": epoch, "head": 0 })]);
    chat.log.lag_behind();
    chat.send_text(ANA, "1").await.unwrap();
    chat.send_text(ANA, "2").await.unwrap();
    let pong = answers(&chat, r#"{"action":"ping"}"#).await;
    assert_eq!(pong, [json!({ "type": "pong", "epoch": epoch, "head": 1 })]);
}

#[tokio::test]
async fn a_stale_read_does_not_begin_the_log_again() {
    let chat = after(0).await;
    chat.send(ANA, r#"{"action":"connected"}"#).await.unwrap();
    let epoch = chat.epoch().await;
    chat.log.lag_behind();
    let pong = answers(&chat, r#"{"action":"ping"}"#).await;
    assert_eq!(pong, [json!({ "type": "pong", "epoch": epoch, "head": 0 })]);
}

#[tokio::test]
async fn replies_unavailable_when_the_log_cannot_be_read() {
    for (frame, operation) in [
        (r#"{"action":"connected"}"#, Operation::Head),
        (r#"{"action":"ping"}"#, Operation::Head),
        (r#"{"action":"history","after":0}"#, Operation::Head),
        (r#"{"action":"history","after":0}"#, Operation::Entries),
    ] {
        let chat = after(1).await;
        chat.log.fail(operation, Fault::Refused);
        let received = answers(&chat, frame).await;
        assert_eq!(received.len(), 1, "{frame}: {received:?}");
        assert_eq!(received[0]["code"], "unavailable", "{frame}");
        assert!(received[0]["retryAfterMs"].is_u64(), "{frame}");
    }
}

#[tokio::test]
async fn a_message_costs_one_read_and_one_transaction() {
    let chat = after(1).await;
    let before = chat.log.done().len();
    chat.send_text(ANA, "2").await.unwrap();
    assert_eq!(
        chat.log.done()[before..],
        [Operation::Head, Operation::Commit]
    );
}

#[tokio::test]
async fn a_message_survives_a_broadcast_that_reaches_no_client() {
    let chat = Chat::with(&[ANA, BIA]).await;
    chat.gateway.hang_up(&ConnectionId::new(ANA));
    chat.gateway.hang_up(&ConnectionId::new(BIA));
    chat.send(ANA, &named("c-1", "oi")).await.unwrap();
    assert!(chat.gateway.delivered().is_empty());
    assert_eq!(chat.messages(), [(1, "oi".to_owned())]);
}
