use lambda_runtime::{Context, LambdaEvent};
use papo_lambdas::Error;
use papo_lambdas::clock::SystemClock;
use papo_lambdas::connections::memory::MemoryConnections;
use papo_lambdas::connections::{PutConnection, Row};
use papo_lambdas::dispatch;
use papo_lambdas::event::WebSocketEvent;
use papo_lambdas::handlers::garbage_collection;
use papo_lambdas::management::memory::MemoryGateway;
use papo_lambdas::message_log::memory::MemoryMessageLog;
use papo_lambdas::presence::PeopleCounts;
use papo_lambdas::rate_limit::RateLimiter;
use papo_protocol::RoomName;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use crate::chat::{MORNING, at, fixture, services};

fn read(event: Value) -> serde_json::Result<WebSocketEvent> {
    serde_json::from_value(event)
}

#[test]
fn reads_recorded_events() {
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
fn no_handshake_makes_an_event_unreadable() {
    let mut event = fixture("connect");
    event["headers"]["User-Agent"] = "\u{0}\u{7f}é".into();
    event["headers"]["no header name"] = json!([{}, null]);
    event["queryStringParameters"] = json!({ "": null });
    assert!(read(event).is_ok());
}

#[test]
fn rejects_events_of_another_shape() {
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

/// Why `connectionWS` fails on `event`.
async fn connection_error(event: Value) -> Error {
    let event = LambdaEvent::new(read(event).unwrap(), Context::default());
    let (connections, gateway) = (MemoryConnections::new(), MemoryGateway::new());
    let (log, rate_limiter) = (MemoryMessageLog::default(), RateLimiter::default());
    let clock = &SystemClock;
    let handled = dispatch::connection(&connections, &log, &rate_limiter, &gateway, clock, event);
    handled.await.unwrap_err()
}

#[tokio::test]
async fn reports_a_route_of_another_function() {
    let error = connection_error(fixture("default")).await;
    assert_eq!(error.error_type(), "UnexpectedRoute");
}

#[tokio::test]
async fn reports_a_time_out_of_range() {
    let mut event = fixture("connect");
    event["requestContext"]["connectedAt"] = i64::MAX.into();
    let error = connection_error(event).await;
    assert!(matches!(
        error,
        Error::IncompleteEvent {
            field: "connectedAt"
        }
    ));
}

#[tokio::test]
async fn reports_a_missing_message_id() {
    let mut event = fixture("send-message");
    event["requestContext"]["messageId"] = Value::Null;
    let event = LambdaEvent::new(read(event).unwrap(), Context::default());
    let connections = MemoryConnections::new();
    let id = event.payload.request_context.connection_id.clone();
    let row = Row::new(id, RoomName::default(), at(MORNING));
    connections.put(&row).await.unwrap();
    let (log, gateway) = (MemoryMessageLog::new(), MemoryGateway::new());
    let people_counts = PeopleCounts::default();
    let services = services(&connections, &log, &gateway, &people_counts);
    let error = dispatch::frame(&services, event).await.unwrap_err();
    assert!(matches!(
        error,
        Error::IncompleteEvent { field: "messageId" }
    ));
}

#[tokio::test]
async fn the_clean_up_ignores_its_event() {
    for event in [fixture("schedule"), json!({}), Value::Null] {
        let event: IgnoredAny = serde_json::from_value(event).unwrap();
        let event = LambdaEvent::new(event, Context::default());
        let (connections, gateway) = (MemoryConnections::new(), MemoryGateway::new());
        let report = garbage_collection::handle(&connections, &gateway, &SystemClock, event).await;
        assert!(report.unwrap().complete);
    }
}
