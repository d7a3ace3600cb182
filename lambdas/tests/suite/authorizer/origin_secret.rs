//! The secret by which the distribution in front of the API is known.

use papo_lambdas::authorizer::handle;
use papo_lambdas::authorizer::jwks::KeySet;
use serde_json::{Value, json};

use super::issuer::Issuer;
use super::{NOW, handshake, outcome, read};

#[tokio::test]
async fn the_previous_secret_of_the_distribution_is_accepted_while_it_is_rotated() {
    let issuer = Issuer::new();
    let present = ("ORIGIN_SECRET", "new");
    let previous = ("PREVIOUS_ORIGIN_SECRET", "old");
    for (settings, accepted) in [
        (read([present, previous]), &["new", "old"][..]),
        (read([present, ("PREVIOUS_ORIGIN_SECRET", "")]), &["new"]),
        (read([("ORIGIN_SECRET", ""), previous]), &["old"]),
        // A value of OriginSecret is never the word for none.
        (read([("ORIGIN_SECRET", "none")]), &["none"]),
    ] {
        for secret in ["new", "old", "new,old", "none", "guess", ""] {
            let headers = json!({ "X-Origin-Secret": secret });
            let outcome = outcome(&settings, &issuer, headers, Value::Null).await;
            assert_eq!(outcome == "Allow", accepted.contains(&secret), "{secret}");
        }
    }
}

#[tokio::test]
async fn a_first_secret_is_introduced_without_rejecting_a_handshake() {
    let issuer = Issuer::new();
    let settings = read([
        ("ORIGIN_SECRET", "first"),
        ("PREVIOUS_ORIGIN_SECRET", "none"),
    ]);
    for headers in [json!({}), json!({ "X-Origin-Secret": "first" })] {
        let outcome = outcome(&settings, &issuer, headers, Value::Null).await;
        assert_eq!(outcome, "Allow");
    }
}

#[tokio::test]
async fn passes_on_the_address_that_the_distribution_has_seen() {
    let issuer = Issuer::new();
    let keys = KeySet::new("", &issuer);
    let address = async |secret: &str, forwarded: &str| {
        let settings = read([
            ("ORIGIN_SECRET", secret),
            ("PREVIOUS_ORIGIN_SECRET", "none"),
        ]);
        let headers = json!({ "X-Forwarded-For": forwarded, "X-Origin-Secret": "s3cret" });
        let event = handshake(headers, Value::Null);
        let decision = handle(&settings, &keys, event, NOW).await.unwrap();
        serde_json::to_value(decision).unwrap()["context"]["address"].clone()
    };
    let forwarded = "10.0.0.1, 203.0.113.7, 130.176.0.1";
    assert_eq!(address("s3cret", forwarded).await, "203.0.113.7");
    assert_eq!(address("s3cret", "130.176.0.1").await, Value::Null);
    // Without the secret, the client may have written the header itself.
    assert_eq!(address("", forwarded).await, Value::Null);
    assert_eq!(address("other", forwarded).await, Value::Null);
}
