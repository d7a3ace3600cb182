use papo_lambdas::event::Done;
use papo_lambdas::push::PushError;
use papo_lambdas::room::memory::{Fault, Operation};
use papo_lambdas::store::memory::Failing;
use papo_protocol::ConnectionId;
use serde_json::json;

use crate::chat::{Chat, LATER, MORNING};

const ANA: &str = "L0SM9c-FvHcCIhw=";
const BIA: &str = "BFaT_fALIAMCKug=";
const CAIO: &str = "e-_T_fALIAMCKug=";

#[tokio::test]
async fn whoever_connects_gets_a_row_that_expires() {
    let chat = Chat::with(&[ANA]).await;
    let rows = chat.store.rows();
    let [row] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!(row.connection_id.as_str(), ANA);
    assert_eq!(row.connected_at.as_millisecond(), MORNING);
    assert_eq!(row.expires_at, MORNING / 1_000 + 3 * 60 * 60);
    assert!(
        chat.heard(ANA).is_empty(),
        "nobody is spoken to before speaking"
    );
}

#[tokio::test]
async fn connected_is_answered_with_ones_own_id_and_to_nobody_else() {
    let chat = Chat::with(&[ANA, BIA]).await;
    let done = chat.send(ANA, r#"{"action": "connected"}"#).await.unwrap();
    assert_eq!(done, Done::OK);
    let epoch = chat.epoch().await;
    assert_eq!(
        chat.heard(ANA),
        [json!({ "type": "connected", "connectionId": ANA, "epoch": epoch, "head": 0 })]
    );
    assert!(chat.heard(BIA).is_empty());
}

#[tokio::test]
async fn a_message_reaches_everybody_and_its_sender() {
    let chat = Chat::with(&[ANA, BIA, CAIO]).await;
    chat.say(ANA, "Olá do terminal!").await.unwrap();
    for id in [ANA, BIA, CAIO] {
        assert_eq!(
            chat.heard(id),
            [json!({
                "connectionId": ANA,
                "message": "Olá do terminal!",
                "messageId": "BFaVtfGSIAMCKug=",
                "requestTimeEpoch": LATER,
                "type": "message",
                "seq": 1,
            })]
        );
    }
}

#[tokio::test]
async fn the_senders_own_name_for_a_message_comes_back() {
    let chat = Chat::with(&[ANA, BIA]).await;
    let frame = r#"{"action":"sendMessage","message":"a","clientMessageId":"c-1","connectionId":"forged","messageId":"forged"}"#;
    chat.send(ANA, frame).await.unwrap();
    let heard = &chat.heard(BIA)[0];
    assert_eq!(heard["clientMessageId"], "c-1");
    assert_eq!(heard["connectionId"], ANA);
    assert_eq!(heard["messageId"], "BFaVtfGSIAMCKug=");
}

#[tokio::test]
async fn whoever_leaves_loses_the_row_and_hears_no_more() {
    let chat = Chat::with(&[ANA, BIA]).await;
    chat.disconnect(BIA).await.unwrap();
    assert!(!chat.in_table(BIA));
    chat.say(ANA, "alguém?").await.unwrap();
    assert_eq!(chat.heard(ANA).len(), 1);
    assert!(chat.heard(BIA).is_empty());
}

#[tokio::test]
async fn leaving_twice_is_no_error() {
    let chat = Chat::with(&[ANA]).await;
    chat.disconnect(ANA).await.unwrap();
    chat.disconnect(ANA).await.unwrap();
}

#[tokio::test]
async fn every_refusal_goes_to_the_sender_alone() {
    let long = json!({ "action": "sendMessage", "message": "é".repeat(5_000) }).to_string();
    for (frame, code) in [
        ("hello", "malformedBody"),
        ("", "malformedBody"),
        ("[1,2]", "malformedBody"),
        ("{action: \"sendMessage\"}", "malformedBody"),
        (r#"{"action":"sendMessage""#, "malformedBody"),
        ("{}", "unknownAction"),
        (r#"{"action":"shout"}"#, "unknownAction"),
        (r#"{"action":"$disconnect"}"#, "unknownAction"),
        (r#"{"action":"sendMessage"}"#, "invalidMessage"),
        (
            r#"{"action":"sendMessage","message":{"a":1}}"#,
            "invalidMessage",
        ),
        (
            r#"{"action":"sendMessage","message":" \n"}"#,
            "emptyMessage",
        ),
        (
            r#"{"action":"sendMessage","message":"a\u0000"}"#,
            "forbiddenCharacter",
        ),
        (
            r#"{"action":"sendMessage","message":"a","clientMessageId":7}"#,
            "invalidClientMessageId",
        ),
        (&long, "messageTooLong"),
    ] {
        let chat = Chat::with(&[ANA, BIA]).await;
        assert_eq!(chat.send(ANA, frame).await.unwrap(), Done::OK, "{frame}");
        let heard = chat.heard(ANA);
        let [error] = &heard[..] else {
            panic!("{frame}: {heard:?}")
        };
        assert_eq!(error["type"], "error", "{frame}");
        assert_eq!(error["code"], code, "{frame}");
        assert!(error["message"].as_str().unwrap().ends_with('.'), "{error}");
        assert!(chat.heard(BIA).is_empty(), "{frame}");
        assert!(chat.in_table(ANA), "{frame}");
    }
}

#[tokio::test]
async fn a_refusal_names_the_message_it_is_about() {
    let chat = Chat::with(&[ANA]).await;
    let frame = r#"{"action":"sendMessage","message":"","clientMessageId":"c-9"}"#;
    chat.send(ANA, frame).await.unwrap();
    assert_eq!(chat.heard(ANA)[0]["clientMessageId"], "c-9");
}

#[tokio::test]
async fn that_the_sender_has_left_is_no_error() {
    let chat = Chat::with(&[ANA, BIA]).await;
    chat.push.close(&ConnectionId::new(ANA));
    chat.send(ANA, r#"{"action":"connected"}"#).await.unwrap();
    chat.send(ANA, "hello").await.unwrap();
    chat.say(ANA, "último").await.unwrap();
    assert_eq!(chat.heard(BIA).len(), 1);
    assert!(!chat.in_table(ANA));
}

#[tokio::test]
async fn a_handshake_without_a_row_is_refused() {
    let chat = Chat::default();
    chat.store.fail(Failing::Put);
    let error = chat.connect(ANA).await.unwrap_err();
    assert_eq!(error.error_type(), "StoreFailed");
}

#[tokio::test]
async fn without_the_log_the_sender_hears_that_the_chat_is_unavailable_and_nobody_else_anything() {
    let chat = Chat::with(&[ANA, BIA]).await;
    chat.room.log.fail(Operation::Commit, Fault::Refused);
    let frame = r#"{"action":"sendMessage","message":"a","clientMessageId":"c-1"}"#;
    assert_eq!(chat.send(ANA, frame).await.unwrap(), Done::OK);
    let heard = chat.heard(ANA);
    let [error] = &heard[..] else {
        panic!("{heard:?}")
    };
    assert_eq!(error["code"], "unavailable");
    assert_eq!(error["clientMessageId"], "c-1");
    assert!(error["retryAfterMs"].is_u64());
    assert!(chat.heard(BIA).is_empty());
}

#[tokio::test]
async fn without_the_log_and_without_a_way_to_say_so_the_invocation_fails() {
    let chat = Chat::with(&[ANA]).await;
    chat.room.log.fail(Operation::Commit, Fault::Refused);
    let refused = PushError::Permanent {
        detail: "Forbidden".into(),
    };
    chat.push.fail(&ConnectionId::new(ANA), [refused]);
    let error = chat.say(ANA, "a").await.unwrap_err();
    assert_eq!(error.error_type(), "StoreFailed");
}

#[tokio::test]
async fn when_the_table_fails_half_way_the_sender_hears_its_message_once_because_it_is_in_the_log()
{
    for sender in [0, 299] {
        let chat = Chat::with_many(300).await;
        chat.store.fail(Failing::PagesFrom(1));
        let id = crate::chat::person(sender);
        chat.say(id.as_str(), "a").await.unwrap();
        let reached = if sender < 256 { 256 } else { 257 };
        assert_eq!(chat.push.delivered().len(), reached);
        let heard = chat.heard(id.as_str());
        assert_eq!(heard.len(), 1, "{heard:?}");
        assert_eq!(heard[0]["seq"], 1);
        assert_eq!(chat.log(), [(1, "a".to_owned())]);
    }
}

#[tokio::test]
async fn a_sender_without_a_row_hears_its_own_message_nevertheless() {
    let chat = Chat::with(&[BIA]).await;
    chat.push.open(&ConnectionId::new(ANA));
    chat.say(ANA, "oi").await.unwrap();
    assert_eq!(chat.heard(ANA), chat.heard(BIA));
    assert_eq!(chat.heard(ANA).len(), 1);
}
