//! Transcripts as tests.

use std::time::Duration;

use papagaio::endpoint::{Endpoint, Target};
use papagaio::player::{Player, Settings};
use papagaio::stack::{Builder, LocalStack};
use papagaio::transcript::Transcript;

use crate::stack;

/// How long each line may wait. A busy machine must not fail a test.
const LIMIT: Duration = Duration::from_secs(30);

/// Plays a transcript on a new stack, on a runtime of the calling thread.
///
/// # Errors
///
/// As [`play`], or why the stack does not start.
pub fn play_alone(transcript: &Transcript) -> Result<(), String> {
    run_on(stack::builder(), async |stack| {
        play(transcript, stack, stack.endpoint()).await
    })
}

/// Runs `test` on a new stack, on a runtime of the calling thread.
///
/// # Errors
///
/// Those of `test`, or why the stack could not be configured or started.
pub fn run_on(
    builder: anyhow::Result<Builder>,
    test: impl AsyncFnOnce(&LocalStack) -> Result<(), String>,
) -> Result<(), String> {
    let stack = builder.and_then(LocalStack::start);
    let stack = stack.map_err(|error| format!("{error:#}"))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    runtime.block_on(test(&stack))
}

/// Plays a transcript. Its clients connect to `server`; `stack` carries out what only an operator can do.
///
/// # Errors
///
/// The first line that was not met, with the output of the gateway.
pub async fn play(
    transcript: &Transcript,
    stack: &LocalStack,
    server: &Endpoint,
) -> Result<(), String> {
    let settings = Settings {
        target: Some(Target::server_of(server)),
        ..Settings::new(LIMIT)
    };
    let player = Player {
        settings: &settings,
        hooks: Some(stack),
        log: None,
        timings: None,
    };
    let outcome = player.play(transcript).await;
    outcome.map_err(|failure| format!("{failure}\n\nthe gateway printed:\n{}", stack.log()))
}
