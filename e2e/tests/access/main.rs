//! Transcripts against stacks with other settings than the default: an issuer of tokens, a rate limit, those of a deployed stage.

mod issuer;

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use papagaio::endpoint::Target;
use papagaio::files;
use papagaio::player::{Player, Settings};
use papagaio::stack::{Builder, LocalStack};
use papagaio::transcript::Transcript;
use papagaio::wait;
use papo_e2e::stack;
use serde_json::json;

use issuer::{Issuer, now};

/// How long each line may wait. A busy machine must not fail a test.
const LIMIT: Duration = Duration::from_secs(30);

/// What `<$name>` stands for. The player fills variables into headers, but not into sub-protocols.
type Tokens<'a> = &'a [(&'a str, String)];

/// Plays all transcripts of these folders against one stack with these arguments. `tokens` is called when the stack is ready.
#[track_caller]
fn play<const N: usize>(
    folders: &[&str],
    arguments: &[String],
    tokens: impl FnOnce() -> [(&'static str, String); N],
) {
    let builder = stack::builder().map(|builder| {
        let arguments = arguments.iter();
        arguments.fold(builder, Builder::argument)
    });
    let stack = builder
        .and_then(LocalStack::start)
        .unwrap_or_else(|error| panic!("{error:#}"));
    let settings = Settings {
        target: Some(Target::server_of(stack.endpoint())),
        ..Settings::new(LIMIT)
    };
    let player = Player {
        settings: &settings,
        hooks: Some(&stack),
        log: None,
        timings: None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap_or_else(|error| panic!("{error}"));
    let tokens = tokens();
    for folder in folders {
        let transcripts = transcripts(folder, &tokens).unwrap_or_else(|error| panic!("{error:#}"));
        assert!(!transcripts.is_empty(), "no transcripts in {folder}");
        for transcript in transcripts {
            if let Err(failure) = runtime.block_on(player.play(&transcript)) {
                panic!("{failure}\n\nthe gateway printed:\n{}", stack.log());
            }
        }
    }
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
    let arguments = [
        format!("--parameter=Issuer={}", issuer.url()),
        "--parameter=Audience=papo".to_owned(),
        "--parameter=AllowedOrigins=https://chat.example".to_owned(),
        // The gateway protects developers from foreign pages; here the authorizer decides.
        "--allow-origin=https://chat.example".to_owned(),
        "--allow-origin=https://evil.example".to_owned(),
    ];
    play(&["access"], &arguments, || {
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

#[test]
fn a_token_that_ends_ends_the_connection() {
    let issuer = Issuer::start();
    let arguments = [
        format!("--parameter=Issuer={}", issuer.url()),
        "--parameter=Audience=papo".to_owned(),
    ];
    play(&["access-ends"], &arguments, || {
        [("short", issuer.token(&json!({ "exp": now() + 8 })))]
    });
}

#[test]
fn a_person_is_limited() {
    // Requests of the same minute, because the limit starts over with each.
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
    let arguments = ["--parameter=RateLimit=150".to_owned()];
    play(&["limits"], &arguments, || []);
}

/// The folder twice, because the room of a stage has the messages of earlier deployments.
#[test]
fn the_smoke_test_passes_on_a_protected_stage_whose_room_has_messages() {
    for fanout in ["direct", "stream"] {
        let arguments = [
            "--parameter=Production=true".to_owned(),
            "--parameter=OriginSecret=s3cret".to_owned(),
            format!("--parameter=Fanout={fanout}"),
        ];
        let folder = "../smoke/anonymous";
        play(&[folder, folder], &arguments, || {
            [("ORIGIN_SECRET", "s3cret".to_owned())]
        });
    }
}

#[test]
fn the_smoke_test_of_a_stage_with_an_issuer_passes() {
    let issuer = Issuer::start();
    let arguments = [
        format!("--parameter=Issuer={}", issuer.url()),
        "--parameter=Audience=papo".to_owned(),
        "--parameter=OriginSecret=s3cret".to_owned(),
    ];
    play(&["../smoke/sign-in"], &arguments, || {
        [("ORIGIN_SECRET", "s3cret".to_owned())]
    });
}
