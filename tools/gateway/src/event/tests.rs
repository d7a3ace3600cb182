//! Our events compared with recorded ones: the same keys, and values that `aws_lambda_events` can read.

use aws_lambda_events::apigw::{
    ApiGatewayCustomAuthorizerRequestTypeRequest, ApiGatewayWebsocketProxyRequest,
};
use serde_json::{Value, json};

use super::*;

/// Recorded on AWS: `aws-powertools/powertools-lambda-python`, `tests/events/`, which has anonymised the hosts.
const CONNECT: &str = include_str!("recorded/connect.json");
const MESSAGE: &str = include_str!("recorded/message.json");
const DISCONNECT: &str = include_str!("recorded/disconnect.json");
const AUTHORIZER: &str = include_str!("recorded/authorizer.json");

fn origin(user_agent: Option<&str>) -> Origin {
    Origin {
        api_id: "asasasas".into(),
        stage: "prod".into(),
        domain_name: "asasasas.execute-api.us-east-1.amazonaws.com".into(),
        connection_id: ConnectionId::parse("BFaT_fALIAMCKug=").unwrap(),
        connected_at: Timestamp::from_millisecond(1_731_332_735_513).unwrap(),
        source_ip: "166.90.225.1".into(),
        user_agent: user_agent.map(Into::into),
        authorizer: [].into(),
        stage_variables: Arc::default(),
    }
}

fn request(id: &str, milliseconds: i64) -> Request {
    Request {
        id: id.into(),
        time: Timestamp::from_millisecond(milliseconds).unwrap(),
    }
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn headers_of(event: &Value) -> Headers {
    let headers = event["headers"].as_object().unwrap().iter();
    headers
        .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
        .collect()
}

fn readable(event: &str) -> ApiGatewayWebsocketProxyRequest {
    serde_json::from_str(event).unwrap()
}

#[test]
fn a_message_is_what_aws_sends() {
    let recorded = parsed(MESSAGE);
    let body = recorded["body"].as_str().unwrap();
    let request = request("BFaVtH2HoAMFZEQ=", 1_731_332_746_514);
    let ours = message(&origin(None), &request, "chat", "BFaVtfGSIAMCKug=", body);
    assert_eq!(parsed(&ours), recorded);
    let context = readable(&ours).request_context;
    assert_eq!(context.message_id.as_deref(), Some("BFaVtfGSIAMCKug="));
}

#[test]
fn a_disconnect_is_what_aws_sends() {
    let request = request("BFbOeE87IAMF31w=", 1_731_333_109_875);
    let reason = "Client-side close frame status not set";
    let ours = disconnect(&origin(None), &request, 1005, reason);
    assert_eq!(parsed(&ours), parsed(DISCONNECT));
    let context = readable(&ours).request_context;
    assert_eq!(context.disconnect_status_code, Some(1005));
}

#[test]
fn a_connect_is_what_aws_sends() {
    let recorded = parsed(CONNECT);
    let mut origin = origin(None);
    origin.connection_id = ConnectionId::parse("BFHPhfCWIAMCKlQ=").unwrap();
    origin.connected_at = Timestamp::from_millisecond(1_731_324_924_553).unwrap();
    let request = request("BFHPhFe3IAMF95g=", 1_731_324_924_561);
    let ours = connect(&origin, &request, &headers_of(&recorded), None);
    assert_eq!(parsed(&ours), recorded);
    let context = readable(&ours).request_context;
    assert_eq!(context.connected_at, 1_731_324_924_553);
}

#[test]
fn an_authorizer_gets_the_event_that_aws_sends() {
    let mut recorded = parsed(AUTHORIZER);
    // Its publisher took the key out of one of the two places.
    recorded["headers"]["Sec-WebSocket-Key"] =
        recorded["multiValueHeaders"]["Sec-WebSocket-Key"][0].clone();
    let origin = Origin {
        api_id: "c5jwxq709g".into(),
        stage: "production".into(),
        domain_name: "c5jwxq709g.execute-api.us-east-1.amazonaws.com".into(),
        connection_id: ConnectionId::parse("FDmBIeapIAMCIQg=").unwrap(),
        connected_at: Timestamp::from_millisecond(1_737_995_987_617).unwrap(),
        source_ip: "93.108.161.96".into(),
        ..origin(None)
    };
    let arn = recorded["methodArn"].as_str().unwrap();
    let request = request("FDmBIG3EoAMEqYA=", 1_737_995_987_617);
    let ours = authorizer(&origin, &request, arn, &headers_of(&recorded), None);
    assert_eq!(parsed(&ours), recorded);
    let read: ApiGatewayCustomAuthorizerRequestTypeRequest = serde_json::from_str(&ours).unwrap();
    assert_eq!(read.method_arn.as_deref(), Some(arn));
}

#[test]
fn functions_can_read_the_context_of_the_authorizer() {
    let mut origin = origin(None);
    let context = [("principalId", Some("me")), ("name", None)];
    origin.authorizer = context
        .map(|(key, value)| (key.to_owned(), value.map(str::to_owned)))
        .into();
    let event = disconnect(&origin, &request("x", 0), 1001, "");
    let read = readable(&event).request_context.authorizer;
    assert_eq!(read.fields["principalId"], "me");
    assert_eq!(read.fields["name"], Value::Null);
}

#[test]
fn values_of_the_context_are_found_by_their_path() {
    let value = |path| context_value(&origin(None), &request("x", 7), path);
    assert_eq!(value("identity.sourceIp").as_deref(), Some("166.90.225.1"));
    assert_eq!(value("requestTimeEpoch").as_deref(), Some("7"));
    for path in ["identity", "identity.userAgent", "nothing", ""] {
        assert_eq!(value(path), None, "{path}");
    }
}

#[test]
fn query_keys_are_absent_without_a_query() {
    let (origin, request) = (origin(None), request("x", 0));
    let with = |query| parsed(&connect(&origin, &request, &Headers::default(), query));
    let event = with(Some("sessionId=1234&a=1&a=b%20c&empty="));
    let last_values = json!({"sessionId": "1234", "a": "b c", "empty": ""});
    assert_eq!(event["queryStringParameters"], last_values);
    let all_values = &event["multiValueQueryStringParameters"];
    assert_eq!(all_values["a"], json!(["1", "b c"]));
    for query in [None, Some("")] {
        let event = with(query);
        assert_eq!(event.get("queryStringParameters"), None, "{query:?}");
    }
}

#[test]
fn the_user_agent_is_absent_when_the_client_sends_none() {
    let identity = |agent| {
        let event = message(&origin(agent), &request("x", 0), "r", "m", "");
        parsed(&event)["requestContext"]["identity"].clone()
    };
    assert_eq!(identity(None), json!({"sourceIp": "166.90.225.1"}));
    let wanted = json!({"sourceIp": "166.90.225.1", "userAgent": "wscat"});
    assert_eq!(identity(Some("wscat")), wanted);
}

#[test]
fn bodies_are_passed_on_unchanged() {
    for body in ["", "\u{0}\u{1f}\"\\", "olá 👋🏽", "{\"a\":\"\\ud800\"}"] {
        let event = message(&origin(None), &request("x", 0), "r", "m", body);
        assert_eq!(parsed(&event)["body"], body);
    }
}
