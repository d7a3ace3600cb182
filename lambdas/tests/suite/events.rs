use lambda_runtime::{Context, LambdaEvent};
use papo_lambdas::event::WebSocketEvent;
use papo_lambdas::pace::RealPace;
use papo_lambdas::push::memory::MemoryPush;
use papo_lambdas::room::memory::MemoryLog;
use papo_lambdas::store::memory::MemoryStore;
use papo_lambdas::{Error, connection, garbage_collection, send_message};
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use crate::chat::{fixture, room};

fn read(event: Value) -> serde_json::Result<WebSocketEvent> {
    serde_json::from_value(event)
}

#[test]
fn recorded_events_are_understood() {
    let connect = read(fixture("connect")).unwrap();
    assert_eq!(connect.request_context.route_key, "$connect");
    assert_eq!(
        connect.request_context.connection_id.as_str(),
        "BFHPhfCWIAMCKlQ="
    );
    assert_eq!(connect.request_context.connected_at, 1_731_324_924_553);
    assert_eq!(connect.body, None);

    let frame = read(fixture("send-message")).unwrap();
    assert_eq!(
        frame.request_context.message_id.unwrap().as_str(),
        "BFaVtfGSIAMCKug="
    );
    assert_eq!(frame.request_context.request_time_epoch, 1_731_332_746_514);
    assert!(frame.body.unwrap().contains("Olá do terminal!"));

    let disconnect = read(fixture("disconnect")).unwrap();
    assert_eq!(
        disconnect.request_context.disconnect_status_code,
        Some(1005)
    );
}

#[test]
fn what_a_client_puts_into_the_handshake_cannot_make_an_event_unreadable() {
    let mut event = fixture("connect");
    event["headers"]["User-Agent"] = "\u{0}\u{7f}é".into();
    event["headers"]["no header name"] = json!([{}, null]);
    event["queryStringParameters"] = json!({ "": null });
    assert!(read(event).is_ok());
}

#[test]
fn an_event_without_connection_or_with_another_shape_is_no_event() {
    for (field, value) in [
        ("connectionId", Value::Null),
        ("connectedAt", "yesterday".into()),
        ("connectedAt", json!(1e300)),
        ("routeKey", json!({})),
    ] {
        let mut event = fixture("connect");
        event["requestContext"][field] = value;
        assert!(read(event).is_err(), "{field}");
    }
    assert!(read(json!({})).is_err());
    assert!(read(json!([])).is_err());
}

#[tokio::test]
async fn a_route_of_another_function_is_an_error_with_a_name() {
    let event = LambdaEvent::new(read(fixture("default")).unwrap(), Context::default());
    let error = connection::handle(&MemoryStore::new(), event)
        .await
        .unwrap_err();
    assert_eq!(error.error_type(), "UnexpectedRoute");
}

#[tokio::test]
async fn a_time_out_of_range_is_an_error_and_no_panic() {
    let mut event = fixture("connect");
    event["requestContext"]["connectedAt"] = i64::MAX.into();
    let event = LambdaEvent::new(read(event).unwrap(), Context::default());
    let error = connection::handle(&MemoryStore::new(), event)
        .await
        .unwrap_err();
    assert!(matches!(
        error,
        Error::IncompleteEvent {
            field: "connectedAt"
        }
    ));
}

#[tokio::test]
async fn a_message_without_id_is_an_error_with_a_name() {
    let mut event = fixture("send-message");
    event["requestContext"]["messageId"] = Value::Null;
    let event = LambdaEvent::new(read(event).unwrap(), Context::default());
    let (store, push) = (MemoryStore::new(), MemoryPush::new());
    let error = send_message::handle(&store, &room(MemoryLog::new()), &push, &RealPace, event)
        .await
        .unwrap_err();
    assert!(matches!(
        error,
        Error::IncompleteEvent { field: "messageId" }
    ));
}

#[tokio::test]
async fn the_clean_up_runs_whatever_its_event_says() {
    for event in [fixture("schedule"), json!({}), Value::Null] {
        let event: IgnoredAny = serde_json::from_value(event).unwrap();
        let event = LambdaEvent::new(event, Context::default());
        let (store, push) = (MemoryStore::new(), MemoryPush::new());
        let report = garbage_collection::handle(&store, &push, &RealPace, event).await;
        assert!(report.unwrap().complete);
    }
}
