//! Who may connect, with tokens signed by a key of this test.

mod issuer;
mod origin_secret;

use std::sync::atomic::Ordering;

use jiff::Timestamp;
use lambda_runtime::{Context, LambdaEvent};
use papo_lambdas::authorizer::jwks::KeySet;
use papo_lambdas::authorizer::token::TokenError;
use papo_lambdas::authorizer::{AuthorizerEvent, Settings, handle};
use papo_lambdas::connections::Listed;
use papo_protocol::ConnectionId;
use serde_json::{Value, json};

use crate::chat::event;
use issuer::{ISSUER, Issuer};

const NOW: i64 = 1_731_332_746;
const ARN: &str = "arn:aws:execute-api:us-east-1:123456789012:abc/dev/$connect";

/// The settings that a function reads from these environment variables.
fn read<const N: usize>(variables: [(&str, &str); N]) -> Settings {
    Settings::read(|name| {
        let set = variables.iter().find(|(it, _)| *it == name);
        set.map_or_else(String::new, |(_, value)| (*value).to_owned())
    })
}

fn settings() -> Settings {
    read([
        ("ISSUER", ISSUER),
        ("AUDIENCE", "other, papo"),
        ("ALLOWED_ORIGINS", "https://papo.example"),
        ("HEALTH_CHECK_SECRET", "h3alth"),
    ])
}

fn handshake(headers: Value, query: Value) -> LambdaEvent<AuthorizerEvent> {
    let event = json!({
        "type": "REQUEST",
        "methodArn": ARN,
        "headers": headers,
        "queryStringParameters": query,
    });
    LambdaEvent::new(serde_json::from_value(event).unwrap(), Context::default())
}

/// `Allow`, `Deny` or `Unauthorized`.
async fn outcome(settings: &Settings, issuer: &Issuer, headers: Value, query: Value) -> String {
    let keys = KeySet::new(ISSUER, issuer);
    match handle(settings, &keys, handshake(headers, query), NOW).await {
        Ok(decision) => {
            let decision = serde_json::to_value(decision).unwrap();
            let statement = &decision["policyDocument"]["Statement"][0];
            assert_eq!(statement["Resource"], ARN);
            statement["Effect"].as_str().unwrap().to_owned()
        }
        Err(_) => "Unauthorized".to_owned(),
    }
}

fn bearing(token: &str) -> Value {
    json!({ "Sec-WebSocket-Protocol": format!("papo.v1, bearer.{token}") })
}

#[tokio::test]
async fn admits_anonymous_clients_without_an_issuer() {
    let settings = read([("ALLOWED_ORIGINS", "*")]);
    let issuer = Issuer::new();
    for headers in [
        json!({}),
        Value::Null,
        json!({ "Origin": "https://evil.example" }),
    ] {
        let outcome = outcome(&settings, &issuer, headers, Value::Null).await;
        assert_eq!(outcome, "Allow");
    }
    assert_eq!(issuer.requests.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn admits_a_valid_token_and_passes_on_who_it_is() {
    let issuer = Issuer::new();
    let keys = KeySet::new(ISSUER, &issuer);
    for token in [
        issuer.token_with(json!({})),
        issuer.token_with(json!({ "aud": ["papo", "x"], "nbf": NOW })),
        issuer.token_with(json!({ "aud": [], "client_id": "papo" })),
        issuer.token_with(json!({ "rooms": ["main", "equipe", "no,room"], "name": "Ana" })),
        issuer.token_with(json!({ "name": 7 })),
        issuer.token_with(json!({ "name": "a\u{202e}b" })),
    ] {
        let event = handshake(bearing(&token), Value::Null);
        let decision = handle(&settings(), &keys, event, NOW).await.unwrap();
        let decision = serde_json::to_value(decision).unwrap();
        assert_eq!(
            decision["policyDocument"]["Statement"][0]["Effect"],
            "Allow"
        );
        assert_eq!(decision["context"]["expiresAt"], (NOW + 3_600).to_string());
        let person = decision["context"]["personId"].as_str().unwrap();
        assert_eq!(person.len(), 22);
        assert_eq!(decision["principalId"], person);
        let rooms = &decision["context"]["rooms"];
        assert!(rooms.is_null() || *rooms == "main,equipe", "{rooms}");
        let name = &decision["context"]["name"];
        assert!(name.is_null() == rooms.is_null() && (name.is_null() || *name == "Ana"));
    }
    assert_eq!(
        issuer.requests.load(Ordering::Relaxed),
        2,
        "keys are cached"
    );
}

#[tokio::test]
async fn rejects_invalid_tokens_with_401() {
    let (issuer, stranger) = (Issuer::new(), Issuer::new());
    let valid = issuer.token_with(json!({}));
    let (signed, _) = valid.rsplit_once('.').unwrap();
    let claims = json!({ "iss": ISSUER, "sub": "ana", "aud": "papo", "exp": NOW + 3_600 });
    let es256 = json!({ "alg": "ES256", "kid": "k1" });
    for (why, token) in [
        ("empty", String::new()),
        ("no signature", signed.to_owned()),
        ("empty signature", format!("{signed}.")),
        ("huge", "a.".repeat(10_000)),
        ("another issuer's key", stranger.token_with(json!({}))),
        ("expired", issuer.token_with(json!({ "exp": NOW }))),
        (
            "expires in text",
            issuer.token_with(json!({ "exp": "2030" })),
        ),
        (
            "not yet valid",
            issuer.token_with(json!({ "nbf": NOW + 31 })),
        ),
        (
            "another issuer",
            issuer.token_with(json!({ "iss": "https://x" })),
        ),
        ("another audience", issuer.token_with(json!({ "aud": "x" }))),
        ("no audience", issuer.token_with(json!({ "aud": [] }))),
        (
            "for another service, asked for by the app",
            issuer.token_with(json!({ "aud": "x", "client_id": "papo" })),
        ),
        (
            "no algorithm",
            issuer.token(json!({ "alg": "none", "kid": "k1" }), claims.clone()),
        ),
        (
            "another algorithm",
            issuer.token(json!({ "alg": "RS256", "kid": "k1" }), claims.clone()),
        ),
        (
            "another key",
            issuer.token(json!({ "alg": "ES256", "kid": "k9" }), claims.clone()),
        ),
        (
            "a critical extension",
            issuer.token(
                json!({ "alg": "ES256", "kid": "k1", "crit": ["x"] }),
                claims,
            ),
        ),
        ("no object", issuer.token(es256, json!([]))),
    ] {
        let outcome = outcome(&settings(), &issuer, bearing(&token), Value::Null).await;
        assert_eq!(outcome, "Unauthorized", "{why}");
    }
    let none = outcome(&settings(), &issuer, json!({}), Value::Null).await;
    assert_eq!(none, "Unauthorized");
}

#[tokio::test]
async fn handshakes_frames_and_broadcasts_agree_when_a_token_has_expired() {
    let issuer = Issuer::new();
    for (exp, is_valid) in [
        (NOW - 31, false),
        (NOW - 1, false),
        (NOW, false),
        (NOW + 1, true),
    ] {
        let token = issuer.token_with(json!({ "exp": exp }));
        let handshake = outcome(&settings(), &issuer, bearing(&token), Value::Null).await;
        assert_eq!(handshake == "Allow", is_valid, "handshake, {exp}");

        let mut frame = event("send-message", "ana=", NOW * 1_000, None);
        let authorizer = json!({ "personId": "ana", "expiresAt": exp.to_string() });
        let context = &mut frame.payload.request_context;
        context.authorizer = Some(serde_json::from_value(authorizer).unwrap());
        assert_eq!(!context.token_has_expired(), is_valid, "frame, {exp}");

        let row = Listed {
            connection_id: ConnectionId::new("ana="),
            connected_at: None,
            token_expires_at: Some(exp),
            person: None,
        };
        let now = Timestamp::from_second(NOW).unwrap();
        assert_eq!(!row.token_has_expired(now), is_valid, "broadcast, {exp}");
    }
}

#[tokio::test]
async fn invented_key_ids_do_not_flood_the_issuer() {
    let issuer = Issuer::new();
    let keys = KeySet::new(ISSUER, &issuer);
    for n in 0..100 {
        assert!(keys.find(&format!("invented-{n}"), NOW).await.is_err());
    }
    assert_eq!(issuer.requests.load(Ordering::Relaxed), 2);
    assert!(keys.find("k1", NOW + 3_600).await.is_ok());
    assert_eq!(
        issuer.requests.load(Ordering::Relaxed),
        4,
        "keys are renewed"
    );
}

#[tokio::test]
async fn an_unreachable_issuer_is_not_asked_for_every_handshake() {
    let issuer = Issuer::new();
    let keys = KeySet::new(ISSUER, &issuer);
    let requests = || issuer.requests.load(Ordering::Relaxed);
    issuer.is_down.store(true, Ordering::Relaxed);
    for n in 0..100 {
        let error = keys.find(&format!("k{n}"), NOW).await.unwrap_err();
        assert_eq!(error, TokenError::KeysUnavailable);
    }
    assert_eq!(requests(), 1);
    issuer.is_down.store(false, Ordering::Relaxed);
    assert!(keys.find("k1", NOW + 5).await.is_ok());
    assert_eq!(requests(), 3);

    // Known keys remain valid beyond their time.
    issuer.is_down.store(true, Ordering::Relaxed);
    let later = NOW + 2 * 3_600;
    for n in 0..100 {
        assert!(keys.find("k1", later).await.is_ok());
        assert!(keys.find(&format!("invented-{n}"), later).await.is_err());
    }
    assert_eq!(requests(), 4);
}

#[tokio::test]
async fn denies_other_origins_rooms_and_ways_around_the_distribution() {
    let issuer = Issuer::new();
    let token = issuer.token_with(json!({ "rooms": ["equipe"] }));
    let from = |origin: &str| {
        let mut headers = bearing(&token);
        headers["origin"] = origin.into();
        headers
    };
    let team = json!({ "room": "equipe" });
    for (headers, query, expected) in [
        (from("https://papo.example"), &team, "Allow"),
        (from("https://evil.example"), &team, "Deny"),
        (from("null"), &team, "Deny"),
        (bearing(&token), &team, "Allow"),
        (bearing(&token), &Value::Null, "Deny"),
        (bearing(&token), &json!({ "room": "outra" }), "Deny"),
    ] {
        let outcome = outcome(&settings(), &issuer, headers.clone(), query.clone()).await;
        assert_eq!(outcome, expected, "{headers} {query}");
    }

    let behind = read([("ORIGIN_SECRET", "s3cret")]);
    for (headers, expected) in [
        (json!({}), "Deny"),
        (json!({ "X-Origin-Secret": "guess" }), "Deny"),
        (json!({ "X-Origin-Secret": "s3cret" }), "Allow"),
    ] {
        let outcome = outcome(&behind, &issuer, headers, Value::Null).await;
        assert_eq!(outcome, expected);
    }
}

#[tokio::test]
async fn admits_the_health_check_to_its_own_room_only() {
    let issuer = Issuer::new();
    let own = json!({ "room": "health-check" });
    for (secret, query, expected) in [
        ("h3alth", &own, "Allow"),
        ("guess", &own, "Unauthorized"),
        ("", &own, "Unauthorized"),
        ("h3alth", &json!({ "room": "main" }), "Unauthorized"),
        ("h3alth", &Value::Null, "Unauthorized"),
    ] {
        let headers = json!({ "X-Health-Check": secret });
        let outcome = outcome(&settings(), &issuer, headers, query.clone()).await;
        assert_eq!(outcome, expected, "{secret} {query}");
    }
    let without = read([("ISSUER", ISSUER), ("AUDIENCE", "papo")]);
    let headers = json!({ "X-Health-Check": "" });
    let outcome = outcome(&without, &issuer, headers, own.clone()).await;
    assert_eq!(outcome, "Unauthorized", "an empty secret admits no client");

    let keys = KeySet::new(ISSUER, &issuer);
    let event = handshake(json!({ "x-health-check": "h3alth" }), own);
    let decision = handle(&settings(), &keys, event, NOW).await.unwrap();
    let decision = serde_json::to_value(decision).unwrap();
    let expires_at = (NOW + 60).to_string();
    let expected =
        json!({ "personId": "health-check", "expiresAt": expires_at, "rooms": "health-check" });
    assert_eq!(decision["context"], expected);
}
