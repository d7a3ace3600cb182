//! What the log adds to the conversation: numbers, messages said again, history.

use papo_lambdas::room::memory::{Fault, Operation};
use papo_protocol::ConnectionId;
use serde_json::{Value, json};

use crate::chat::{Chat, LATER};

const ANA: &str = "L0SM9c-FvHcCIhw=";
const BIA: &str = "BFaT_fALIAMCKug=";
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

fn named(name: &str, text: &str) -> String {
    json!({ "action": "sendMessage", "message": text, "clientMessageId": name }).to_string()
}

/// A chat with Ana and Bia, in which Ana has said "1", "2" and so on.
async fn after(messages: usize) -> Chat {
    let chat = Chat::with(&[ANA, BIA]).await;
    for n in 1..=messages {
        chat.say(ANA, &n.to_string()).await.unwrap();
    }
    chat
}

/// What Bia hears in answer to `frame`.
async fn answers(chat: &Chat, frame: &str) -> Vec<Value> {
    let before = chat.heard(BIA).len();
    chat.send(BIA, frame).await.unwrap();
    chat.heard(BIA).split_off(before)
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
        .map(|said| said["message"].as_str().unwrap())
        .collect();
    texts.join(" ")
}

#[tokio::test]
async fn messages_are_numbered_in_one_order_for_everybody() {
    let chat = after(3).await;
    assert_eq!(chat.heard(ANA), chat.heard(BIA));
    let numbers: Vec<_> = chat
        .heard(BIA)
        .iter()
        .map(|said| said["seq"].clone())
        .collect();
    assert_eq!(numbers, [1, 2, 3]);
}

#[tokio::test]
async fn a_message_said_again_is_the_same_message() {
    let chat = Chat::with(&[ANA, BIA]).await;
    chat.send(ANA, &named("c-1", "oi")).await.unwrap();
    chat.send(BIA, &named("c-1", "oi")).await.unwrap();
    let heard = chat.heard(ANA);
    assert_eq!(heard.len(), 2);
    assert_eq!(heard[0], heard[1], "exactly as it is stored");
    assert_eq!(heard[0]["connectionId"], ANA);
    assert_eq!(chat.log(), [(1, "oi".to_owned())]);
}

#[tokio::test]
async fn another_message_under_the_same_name_is_refused_to_its_sender_alone() {
    let chat = Chat::with(&[ANA, BIA]).await;
    chat.send(ANA, &named("c-1", "oi")).await.unwrap();
    chat.send(ANA, &named("c-1", "tchau")).await.unwrap();
    let heard = chat.heard(ANA);
    assert_eq!(heard[1]["code"], "invalidClientMessageId");
    assert_eq!(heard[1]["clientMessageId"], "c-1");
    assert_eq!(chat.heard(BIA).len(), 1);
    assert_eq!(chat.log(), [(1, "oi".to_owned())]);
}

#[tokio::test]
async fn a_message_whose_answer_was_lost_is_there_once_when_it_is_said_again() {
    let chat = Chat::with(&[ANA, BIA]).await;
    chat.room.log.fail(Operation::Commit, Fault::AnswerLost);
    chat.send(ANA, &named("c-1", "oi")).await.unwrap();
    assert_eq!(chat.heard(ANA)[0]["code"], "unavailable");
    assert!(
        chat.heard(BIA).is_empty(),
        "nothing is broadcast that may not be there"
    );
    chat.send(ANA, &named("c-1", "oi")).await.unwrap();
    assert_eq!(chat.heard(BIA)[0]["seq"], 1);
    assert_eq!(chat.log(), [(1, "oi".to_owned())]);
}

#[tokio::test]
async fn a_message_said_again_after_it_expired_is_acknowledged_to_its_sender_alone() {
    let chat = Chat::with(&[ANA, BIA]).await;
    chat.send(ANA, &named("c-1", "oi")).await.unwrap();
    let month_later = LATER + 30 * DAY_MS;
    for removed in [false, true] {
        if removed {
            chat.room.log.sweep(month_later);
        }
        chat.send_at(month_later, ANA, &named("c-1", "oi"))
            .await
            .unwrap();
        let heard = chat.heard(ANA);
        assert_eq!(heard.last().unwrap()["seq"], 1);
        assert_eq!(heard.last().unwrap()["clientMessageId"], "c-1");
        assert_eq!(chat.heard(BIA).len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_conflict_is_waited_out() {
    let chat = Chat::with(&[ANA]).await;
    for _ in 0..5 {
        chat.room.log.fail(Operation::Commit, Fault::Conflict);
    }
    chat.say(ANA, "oi").await.unwrap();
    assert_eq!(chat.heard(ANA)[0]["seq"], 1);
}

#[tokio::test(start_paused = true)]
async fn a_log_that_does_not_answer_is_given_up_in_time_for_an_answer() {
    let chat = Chat::with(&[ANA, BIA]).await;
    chat.room
        .log
        .fail(Operation::Commit, Fault::HangsAfterwards);
    let start = tokio::time::Instant::now();
    chat.send(ANA, &named("c-1", "oi")).await.unwrap();
    assert!(start.elapsed().as_secs() < 10);
    assert_eq!(chat.heard(ANA)[0]["code"], "unavailable");
    assert!(chat.heard(BIA).is_empty());
}

#[tokio::test]
async fn whoever_resumes_gets_what_was_missed() {
    let chat = after(5).await;
    let epoch = chat.epoch().await;
    let resume = |epoch: &str, after: u64| {
        json!({ "action": "connected", "resume": { "epoch": epoch, "after": after } }).to_string()
    };
    let heard = answers(&chat, &resume(&epoch, 2)).await;
    assert_eq!(heard.len(), 2, "{heard:?}");
    assert_eq!(
        heard[0],
        json!({ "type": "connected", "connectionId": BIA, "epoch": epoch, "head": 5 })
    );
    assert_eq!(heard[1]["type"], "history");
    assert_eq!(heard[1]["epoch"], epoch);
    assert_eq!(heard[1]["head"], 5);
    assert_eq!(
        (texts(&heard[1]).as_str(), &heard[1]["complete"]),
        ("3 4 5", &json!(true))
    );

    for nothing in [resume(&epoch, 5), resume(&epoch, 99), resume("another", 2)] {
        let heard = answers(&chat, &nothing).await;
        assert_eq!(heard.len(), 1, "{nothing}: {heard:?}");
        assert_eq!(heard[0]["head"], 5);
    }
}

#[tokio::test]
async fn history_goes_in_both_directions_in_pages() {
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
async fn a_page_fits_a_frame_and_the_pages_together_are_the_log() {
    let chat = Chat::with(&[ANA, BIA]).await;
    for n in 0..20 {
        chat.say(ANA, &"\"".repeat(n * 400 + 1)).await.unwrap();
    }
    let mut after = 0;
    let mut pages = 0;
    loop {
        let frame = json!({ "action": "history", "after": after }).to_string();
        let history = answers(&chat, &frame).await.remove(0);
        assert!(history.to_string().len() <= 32 * 1_024);
        for said in history["messages"].as_array().unwrap() {
            after += 1;
            assert_eq!(said["seq"], after);
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
async fn what_has_expired_is_not_shown_whether_it_is_removed_or_not() {
    let chat = Chat::with(&[ANA, BIA]).await;
    // Many more than one query looks at.
    for _ in 0..500 {
        chat.say(ANA, "velho").await.unwrap();
    }
    let frame = json!({ "action": "sendMessage", "message": "novo" }).to_string();
    chat.send_at(LATER + DAY_MS, ANA, &frame).await.unwrap();
    for removed in [false, true] {
        let now = LATER + 30 * DAY_MS;
        if removed {
            chat.room.log.sweep(now);
        }
        for range in [
            json!({ "after": 0 }),
            json!({ "before": 502 }),
            json!({ "after": 7 }),
        ] {
            let mut frame = range.clone();
            frame["action"] = "history".into();
            let before = chat.heard(BIA).len();
            chat.send_at(now, BIA, &frame.to_string()).await.unwrap();
            let history = chat.heard(BIA).split_off(before).remove(0);
            assert_eq!(texts(&history), "novo", "{range}, removed: {removed}");
            assert_eq!(history["complete"], true, "{range}, removed: {removed}");
            assert_eq!(history["head"], 501);
        }
    }
}

#[tokio::test]
async fn a_ping_says_where_the_log_ends_and_may_lag_behind() {
    let chat = Chat::with(&[ANA, BIA]).await;
    let pong = answers(&chat, r#"{"action":"ping"}"#).await;
    let epoch = chat.epoch().await;
    assert_eq!(pong, [json!({ "type": "pong", "epoch": epoch, "head": 0 })]);
    chat.room.log.read_behind();
    chat.say(ANA, "1").await.unwrap();
    chat.say(ANA, "2").await.unwrap();
    let pong = answers(&chat, r#"{"action":"ping"}"#).await;
    assert_eq!(pong, [json!({ "type": "pong", "epoch": epoch, "head": 1 })]);
}

#[tokio::test]
async fn a_log_that_seems_not_to_have_begun_is_not_begun_again() {
    let chat = after(0).await;
    chat.send(ANA, r#"{"action":"connected"}"#).await.unwrap();
    let epoch = chat.epoch().await;
    chat.room.log.read_behind();
    let pong = answers(&chat, r#"{"action":"ping"}"#).await;
    assert_eq!(pong, [json!({ "type": "pong", "epoch": epoch, "head": 0 })]);
}

#[tokio::test]
async fn without_the_log_every_question_is_answered_with_unavailable() {
    for (frame, operation) in [
        (r#"{"action":"connected"}"#, Operation::Head),
        (r#"{"action":"ping"}"#, Operation::Head),
        (r#"{"action":"history","after":0}"#, Operation::Head),
        (r#"{"action":"history","after":0}"#, Operation::Entries),
    ] {
        let chat = after(1).await;
        chat.room.log.fail(operation, Fault::Refused);
        let heard = answers(&chat, frame).await;
        assert_eq!(heard.len(), 1, "{frame}: {heard:?}");
        assert_eq!(heard[0]["code"], "unavailable", "{frame}");
        assert!(heard[0]["retryAfterMs"].is_u64(), "{frame}");
    }
}

#[tokio::test]
async fn a_message_costs_one_read_and_one_transaction() {
    let chat = after(1).await;
    let before = chat.room.log.done().len();
    chat.say(ANA, "2").await.unwrap();
    assert_eq!(
        chat.room.log.done()[before..],
        [Operation::Head, Operation::Commit]
    );
}

#[tokio::test]
async fn a_message_outlives_a_broadcast_that_never_was() {
    let chat = Chat::with(&[ANA, BIA]).await;
    chat.push.close(&ConnectionId::new(ANA));
    chat.push.close(&ConnectionId::new(BIA));
    chat.send(ANA, &named("c-1", "oi")).await.unwrap();
    assert!(chat.push.delivered().is_empty());
    assert_eq!(chat.log(), [(1, "oi".to_owned())]);
}
