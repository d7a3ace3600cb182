//! Transcripts against stacks with other settings than the default: an issuer of tokens, a rate limit, those of a deployed stage.

mod issuer;

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use papagaio::files;
use papagaio::stack::LocalStack;
use papagaio::transcript::Transcript;
use papagaio::wait;
use papo_e2e::play::run_on;
use papo_e2e::stack;
use serde_json::json;

use issuer::{Issuer, now};

/// What `<$name>` stands for. The player fills variables into headers, but not into sub-protocols.
type Tokens<'a> = &'a [(&'a str, String)];

/// Plays all transcripts of these folders against one stack with these parameters of the template. `tokens` is called when the
/// stack is ready.
#[track_caller]
fn play<const N: usize>(
    folders: &[&str],
    parameters: &[(&str, &str)],
    tokens: impl FnOnce() -> [(&'static str, String); N],
) {
    let builder = stack::builder_with(parameters).map(|builder| {
        builder
            // The gateway protects developers from foreign pages; here the authorizer decides.
            .argument("--allow-origin=https://chat.example")
            .argument("--allow-origin=https://evil.example")
    });
    let played = run_on(builder, async |stack| {
        let tokens = tokens();
        for folder in folders {
            let transcripts = transcripts(folder, &tokens).map_err(|error| format!("{error:#}"))?;
            assert!(!transcripts.is_empty(), "no transcripts in {folder}");
            for transcript in transcripts {
                papo_e2e::play::play(&transcript, stack, stack.endpoint()).await?;
            }
        }
        Ok(())
    });
    played.unwrap_or_else(|error| panic!("{error}"));
}

/// The transcripts of a folder with these tokens.
fn transcripts(folder: &str, tokens: Tokens<'_>) -> Result<Vec<Transcript>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(folder);
    let filled = tempfile::tempdir()?;
    let mut all = Vec::new();
    for path in files::find(&[folder])? {
        let mut text = std::fs::read_to_string(&path)?;
        for (name, token) in tokens {
            text = text.replace(&format!("<${name}>"), token);
        }
        let copy = filled.path().join(path.file_name().unwrap_or_default());
        std::fs::write(&copy, text)?;
        all.extend(files::read(&copy)?);
    }
    Ok(all)
}

#[test]
fn only_valid_tokens_are_admitted() {
    let (issuer, other) = (Issuer::start(), Issuer::start());
    let url = issuer.url();
    let parameters = [
        ("Issuer", url.as_str()),
        ("Audience", "papo"),
        ("AllowedOrigins", "https://chat.example"),
    ];
    play(&["access"], &parameters, || {
        let token = |changes| issuer.token(&changes);
        [
            ("token", token(json!({}))),
            ("wrong-audience", token(json!({ "aud": "other" }))),
            ("expired", token(json!({ "exp": now() - 60 }))),
            ("forged", other.token(&json!({ "iss": issuer.url() }))),
            ("token-for-room", token(json!({ "rooms": ["equipe"] }))),
        ]
    });
}

/// As `CloudFormation` refuses it, because no browser would be admitted.
#[test]
fn an_origin_that_no_browser_sends_is_refused_at_the_deployment() {
    for origin in [
        "",
        "chat.example",
        "https://chat.example/",
        "https://Chat.example",
        "*, https://chat.example/",
    ] {
        let builder = stack::builder().map(|it| it.parameter("AllowedOrigins", origin));
        let error = match builder.and_then(LocalStack::start) {
            Ok(_) => panic!("{origin:?} was accepted"),
            Err(error) => format!("{error:#}"),
        };
        assert!(error.contains("AllowedOrigins"), "{origin:?}: {error}");
    }
}

#[test]
fn a_token_that_ends_ends_the_connection() {
    let issuer = Issuer::start();
    let url = issuer.url();
    let parameters = [("Issuer", url.as_str()), ("Audience", "papo")];
    play(&["access-ends"], &parameters, || {
        [("short", issuer.token(&json!({ "exp": now() + 8 })))]
    });
}

/// Makes sure that all requests are in the same minute, because the limit applies to each minute separately.
#[track_caller]
fn wait_for_the_first_half_of_a_minute() {
    let early = wait::until(
        "the first half of a minute",
        Duration::from_secs(40),
        || {
            if now() % 60 < 30 {
                Ok(())
            } else {
                Err("the second half".to_owned())
            }
        },
    );
    early.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn a_person_is_limited() {
    wait_for_the_first_half_of_a_minute();
    play(&["limits"], &[("RateLimit", "150")], || []);
}

#[test]
fn an_address_is_limited_by_default() {
    wait_for_the_first_half_of_a_minute();
    play(&["limits-anonymous"], &[("RateLimit", "-1")], || []);
}

#[test]
fn a_signed_in_user_may_use_more_by_default() {
    let issuer = Issuer::start();
    let url = issuer.url();
    let parameters = [
        ("Issuer", url.as_str()),
        ("Audience", "papo"),
        ("RateLimit", "-1"),
    ];
    wait_for_the_first_half_of_a_minute();
    play(&["limits-signed-in"], &parameters, || {
        [("token", issuer.token(&json!({})))]
    });
}

/// Plays the folder twice, because the room of a stage has the messages of earlier deployments.
#[test]
fn the_smoke_test_passes_on_a_protected_stage_whose_room_has_messages() {
    for fanout in ["direct", "stream"] {
        let parameters = [
            ("Production", "true"),
            ("RateLimit", "-1"),
            ("OriginSecret", "s3cret"),
            ("Fanout", fanout),
        ];
        let folder = "../smoke/anonymous";
        play(&[folder, folder], &parameters, || {
            [("ORIGIN_SECRET", "s3cret".to_owned())]
        });
    }
}

#[test]
fn the_smoke_test_of_a_stage_with_an_issuer_passes() {
    let issuer = Issuer::start();
    let url = issuer.url();
    let parameters = [
        ("Issuer", url.as_str()),
        ("Audience", "papo"),
        ("OriginSecret", "s3cret"),
    ];
    play(&["../smoke/sign-in"], &parameters, || {
        [("ORIGIN_SECRET", "s3cret".to_owned())]
    });
}
