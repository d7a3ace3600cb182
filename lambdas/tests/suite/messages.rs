use papo_lambdas::connections::memory::ConnectionsFault;
use papo_lambdas::dispatch;
use papo_lambdas::event::{Authorizer, Response};
use papo_lambdas::fanout::Fanout;
use papo_lambdas::management::{PostError, Probe, TransientCause};
use papo_lambdas::message_log::memory::{Fault, Operation};
use papo_protocol::{ConnectionId, RoomName};
use serde_json::json;

use crate::chat::{Chat, LATER, MORNING};

const ANA: &str = "L0SM9c-FvHcCIhw=";
const BIA: &str = "BFaT_fALIAMCKug=";

#[tokio::test]
async fn connecting_writes_a_row_that_expires() {
    let chat = Chat::with(&[ANA]).await;
    let rows = chat.connections.rows();
    let [row] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!(row.connection_id.as_str(), ANA);
    assert_eq!(row.connected_at.as_millisecond(), MORNING);
    assert_eq!(row.expires_at, MORNING / 1_000 + 3 * 60 * 60);
    assert!(chat.received(ANA).is_empty(), "no frame comes unasked");
}

#[tokio::test]
async fn disconnecting_twice_succeeds() {
    let chat = Chat::with(&[ANA]).await;
    chat.disconnect(ANA).await.unwrap();
    chat.disconnect(ANA).await.unwrap();
}

#[tokio::test]
async fn succeeds_when_the_sender_has_disconnected() {
    let chat = Chat::with(&[ANA, BIA]).await;
    chat.gateway.hang_up(&ConnectionId::new(ANA));
    chat.send(ANA, r#"{"action":"connected"}"#).await.unwrap();
    chat.send(ANA, "hello").await.unwrap();
    chat.send_text(ANA, "último").await.unwrap();
    assert_eq!(chat.received(BIA).len(), 1);
    assert!(!chat.in_table(ANA));
}

#[tokio::test]
async fn rejects_the_handshake_when_the_row_cannot_be_written() {
    let chat = Chat::default();
    chat.connections.fail(ConnectionsFault::Put);
    let error = chat.connect(ANA).await.unwrap_err();
    assert_eq!(error.error_type(), "StoreFailed");
}

#[tokio::test]
async fn replies_unavailable_when_the_commit_fails() {
    let chat = Chat::with(&[ANA, BIA]).await;
    chat.log.fail(Operation::Commit, Fault::Refused);
    let frame = r#"{"action":"sendMessage","message":"a","clientMessageId":"c-1"}"#;
    assert_eq!(chat.send(ANA, frame).await.unwrap(), Response::OK);
    let received = chat.received(ANA);
    let [error] = &received[..] else {
        panic!("{received:?}")
    };
    assert_eq!(error["code"], "unavailable");
    assert_eq!(error["clientMessageId"], "c-1");
    assert!(error["retryAfterMs"].is_u64());
    assert!(chat.received(BIA).is_empty());
}

#[tokio::test]
async fn fails_when_neither_the_commit_nor_the_reply_succeeds() {
    let chat = Chat::with(&[ANA]).await;
    chat.log.fail(Operation::Commit, Fault::Refused);
    let refused = PostError::Permanent {
        detail: "Forbidden".into(),
    };
    chat.gateway.fail(&ConnectionId::new(ANA), [refused]);
    let error = chat.send_text(ANA, "a").await.unwrap_err();
    assert_eq!(error.error_type(), "StoreFailed");
}

#[tokio::test]
async fn the_sender_gets_its_copy_once_even_if_a_page_cannot_be_read() {
    for sender in [0, 299] {
        let chat = Chat::with_many(300).await;
        chat.connections.fail(ConnectionsFault::PagesFrom(1));
        let id = crate::chat::nth_id(sender);
        chat.send_text(id.as_str(), "a").await.unwrap();
        let reached = if sender < 256 { 256 } else { 257 };
        assert_eq!(chat.gateway.delivered().len(), reached);
        assert_eq!(chat.gateway.delivered()[0].0, id, "the sender is first");
        let received = chat.received(id.as_str());
        assert_eq!(received.len(), 1, "{received:?}");
        assert_eq!(received[0]["seq"], 1);
        assert_eq!(chat.messages(), [(1, "a".to_owned())]);
    }
}

#[tokio::test]
async fn a_connection_without_a_row_is_told_and_closed() {
    let chat = Chat::with(&[BIA]).await;
    let ana = ConnectionId::new(ANA);
    chat.gateway.open(&ana);
    chat.send_text(ANA, "oi").await.unwrap();
    assert_eq!(chat.received(ANA)[0]["code"], "unavailable");
    assert!(chat.received(BIA).is_empty());
    assert_eq!(chat.gateway.probe(&ana).await, Err(PostError::Gone));
}

#[tokio::test]
async fn rejects_a_handshake_with_an_invalid_room() {
    let chat = Chat::default();
    for room in ["", "a b", "main#c-1", &"x".repeat(65)] {
        let response = chat.connect_to(Some(room), ANA).await.unwrap();
        assert_eq!(response, Response::BAD_REQUEST, "{room}");
        assert!(!chat.in_table(ANA), "{room}");
    }
}

#[tokio::test]
async fn refuses_requests_beyond_the_rate_limit_until_the_next_minute() {
    let mut chat = Chat::with(&[ANA, BIA]).await;
    chat.rate_limit = "150".parse().unwrap();
    let minute_starts = LATER - LATER.rem_euclid(60_000);
    let send = async |time: i64, n: u32| {
        let frame =
            json!({ "action": "sendMessage", "message": "a", "clientMessageId": format!("c-{n}") });
        chat.send_at(time, ANA, &frame.to_string()).await.unwrap();
        chat.received(ANA).pop().unwrap()
    };
    for n in 0..2 {
        assert_eq!(send(minute_starts + 15_000, n).await["type"], "message");
    }
    let refusal = loop {
        let answer = send(minute_starts + 15_000, 9).await;
        if answer["type"] == "error" {
            break answer;
        }
    };
    assert_eq!(refusal["code"], "rateLimited");
    assert_eq!(refusal["clientMessageId"], "c-9");
    assert_eq!(refusal["retryAfterMs"], 45_000);
    let answer = send(minute_starts + 60_000, 10).await;
    assert_eq!(answer["type"], "message", "{answer}");
    chat.send(ANA, r#"{"action":"ping"}"#).await.unwrap();
    assert_eq!(chat.received(ANA).pop().unwrap()["type"], "pong");
}

#[tokio::test]
async fn refuses_bursts_of_messages_until_the_next_five_seconds() {
    let mut chat = Chat::with(&[ANA]).await;
    chat.rate_limit = "6000".parse().unwrap();
    let window_starts = LATER - LATER.rem_euclid(5_000);
    let send = async |time: i64| {
        let frame = r#"{"action":"sendMessage","message":"a"}"#;
        chat.send_at(time, ANA, frame).await.unwrap();
        chat.received(ANA).pop().unwrap()
    };
    for n in 0..20 {
        assert_eq!(send(window_starts + 1_000).await["type"], "message", "{n}");
    }
    let refusal = send(window_starts + 1_000).await;
    assert_eq!(refusal["code"], "rateLimited");
    assert_eq!(refusal["retryAfterMs"], 4_000);
    assert_eq!(send(window_starts + 5_000).await["type"], "message");
}

#[tokio::test]
async fn reading_joining_and_writing_have_separate_limits() {
    let mut chat = Chat::with(&[ANA]).await;
    chat.rate_limit = "100".parse().unwrap();
    let frames = [
        (r#"{"action":"history","after":0}"#, "history"),
        (r#"{"action":"connected"}"#, "connected"),
        (r#"{"action":"sendMessage","message":"a"}"#, "message"),
    ];
    for (frame, answer) in frames {
        for expected in [answer, answer, "error"] {
            chat.send(ANA, frame).await.unwrap();
            assert_eq!(
                chat.received(ANA).pop().unwrap()["type"],
                expected,
                "{frame}"
            );
        }
    }
}

#[tokio::test]
async fn closes_a_connection_whose_token_has_expired() {
    let chat = Chat::with(&[ANA, BIA]).await;
    let mut event = crate::chat::event("send-message", ANA, LATER, None);
    event.payload.request_context.authorizer = Some(Authorizer {
        person_id: Some("ana".to_owned()),
        expires_at: Some((LATER / 1_000).to_string()),
        ..Authorizer::default()
    });
    chat.handle(event).await.unwrap();
    assert!(chat.received(BIA).is_empty());
    let ana = ConnectionId::new(ANA);
    assert_eq!(chat.gateway.probe(&ana).await, Err(PostError::Gone));
}

#[tokio::test]
async fn closes_a_connection_that_floods_with_frames_that_are_not_charged() {
    for frame in [r#"{"action":"ping"}"#, "no JSON", r#"{"action":"unknown"}"#] {
        let mut chat = Chat::with(&[ANA, BIA]).await;
        chat.rate_limit = "6000".parse().unwrap();
        let services = chat.services();
        let send = async |id: &str| {
            let event = crate::chat::event("default", id, LATER, Some(frame));
            dispatch::frame(&services, event).await.unwrap();
        };
        for _ in 0..100 {
            send(ANA).await;
        }
        send(BIA).await;
        assert_eq!(chat.received(ANA).len(), 60, "{frame}");
        assert_eq!(chat.received(BIA).len(), 1, "{frame}");
        let ana = ConnectionId::new(ANA);
        assert_eq!(chat.gateway.probe(&ana).await, Err(PostError::Gone));
    }
}

#[tokio::test]
async fn rejects_handshakes_beyond_the_limit_until_the_next_minute() {
    let mut chat = Chat::default();
    chat.rate_limit = "100".parse().unwrap();
    let connect = async |id: &str, time: i64| {
        let event = crate::chat::event("connect", id, time, None);
        chat.handle_connection(event).await.unwrap()
    };
    assert_eq!(connect("1=", LATER).await, Response::OK);
    assert_eq!(connect("2=", LATER).await, Response::OK);
    assert_eq!(connect("3=", LATER).await, Response::TOO_MANY_REQUESTS);
    assert!(!chat.in_table("3="));
    assert_eq!(connect("3=", LATER + 60_000).await, Response::OK);
}

#[tokio::test]
async fn a_flood_does_not_go_on_over_new_connections() {
    let mut chat = Chat::default();
    chat.rate_limit = "6000".parse().unwrap();
    let services = chat.services();
    let connect = async |id: &str, time: i64| {
        let event = crate::chat::event("connect", id, time, None);
        chat.handle_connection(event).await.unwrap()
    };
    let flood = async |id: &str| {
        chat.gateway.open(&ConnectionId::new(id));
        for _ in 0..100 {
            let event = crate::chat::event("default", id, LATER, Some("no JSON"));
            dispatch::frame(&services, event).await.unwrap();
        }
    };
    for id in ["1=", "2=", "3=", "4="] {
        assert_eq!(connect(id, LATER).await, Response::OK, "{id}");
        flood(id).await;
    }
    assert_eq!(connect("5=", LATER).await, Response::TOO_MANY_REQUESTS);
    assert_eq!(connect("5=", LATER + 60_000).await, Response::OK);
}

#[tokio::test]
async fn a_handshake_for_a_room_that_the_token_does_not_list_is_rejected() {
    let chat = Chat::default();
    let connect = async |room: Option<&str>| {
        let mut event = crate::chat::event("connect", ANA, LATER, None);
        event.payload.room = room.map(str::to_owned);
        event.payload.request_context.authorizer = Some(Authorizer {
            rooms: Some("equipe".to_owned()),
            ..Authorizer::default()
        });
        chat.handle_connection(event).await.unwrap()
    };
    assert_eq!(connect(None).await, Response::FORBIDDEN);
    assert_eq!(connect(Some("outra")).await, Response::FORBIDDEN);
    assert!(!chat.in_table(ANA));
    assert_eq!(connect(Some("equipe")).await, Response::OK);
}

#[tokio::test(start_paused = true)]
async fn closes_a_connection_that_goes_on_after_it_was_refused() {
    let mut chat = Chat::with(&[ANA, BIA]).await;
    chat.rate_limit = "6000".parse().unwrap();
    let services = chat.services();
    for _ in 0..200 {
        let frame = r#"{"action":"history","after":0}"#;
        let event = crate::chat::event("default", ANA, LATER, Some(frame));
        dispatch::frame(&services, event).await.unwrap();
    }
    let received = chat.received(ANA);
    let refusals = received.iter().filter(|it| it["code"] == "rateLimited");
    assert_eq!((refusals.count(), received.len()), (60, 120 + 60));
    let ana = ConnectionId::new(ANA);
    assert_eq!(chat.gateway.probe(&ana).await, Err(PostError::Gone));
}

#[tokio::test]
async fn a_user_learns_nothing_about_rooms_that_the_token_does_not_list() {
    let chat = Chat::with(&[ANA]).await;
    chat.send_text(ANA, "oi").await.unwrap();
    let frame = r#"{"action":"heads","rooms":["main"]}"#;
    let heads = async |rooms: Option<&str>| {
        let mut event = crate::chat::event("default", ANA, LATER, Some(frame));
        event.payload.request_context.authorizer = Some(Authorizer {
            rooms: rooms.map(str::to_owned),
            ..Authorizer::default()
        });
        chat.handle(event).await.unwrap();
        chat.received(ANA).pop().unwrap()["rooms"][0]["head"].clone()
    };
    assert_eq!(heads(None).await, 1);
    assert_eq!(heads(Some("equipe,main")).await, 1);
    assert_eq!(heads(Some("equipe")).await, 0);
    assert_eq!(heads(Some("")).await, 0);
}

#[tokio::test]
async fn charges_for_the_people_of_a_room_that_another_function_broadcasts_to() {
    let mut chat = Chat::with(&[ANA, BIA]).await;
    chat.fanout = Fanout::Stream;
    let services = chat.services();
    let room = RoomName::default();
    for (id, key) in [(ANA, "a"), (BIA, "b")] {
        let frame = json!({ "action": "connected", "name": key, "key": key.repeat(32) });
        let event = crate::chat::event("default", id, LATER, Some(&frame.to_string()));
        dispatch::frame(&services, event).await.unwrap();
    }
    assert_eq!(services.rate_limiter.room_sizes.estimate(&room), 2);
}

#[tokio::test(start_paused = true)]
async fn closes_a_connection_that_keeps_refusing_frames() {
    let chat = Chat::with(&[ANA, BIA]).await;
    let ana = ConnectionId::new(ANA);
    let throttled = vec![PostError::transient(TransientCause::Throttled); 10];
    chat.gateway.fail(&ana, throttled.clone());
    chat.send(ANA, r#"{"action":"ping"}"#).await.unwrap();
    assert_eq!(chat.gateway.requests(), 2, "a reply is retried once");
    assert_eq!(chat.gateway.probe(&ana).await, Err(PostError::Gone));

    let bia = ConnectionId::new(BIA);
    chat.connect(ANA).await.unwrap();
    chat.gateway.fail(&bia, throttled);
    chat.send_text(ANA, "oi").await.unwrap();
    assert_eq!(chat.received(ANA).len(), 1);
    assert_eq!(chat.gateway.probe(&bia).await, Err(PostError::Gone));
}
