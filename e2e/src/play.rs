//! Transcripts as tests.

use std::time::Duration;

use papagaio::endpoint::{Endpoint, Target};
use papagaio::player::{Player, Settings};
use papagaio::stack::LocalStack;
use papagaio::transcript::Transcript;

/// How long each line may wait. A busy machine must not fail a test.
const LIMIT: Duration = Duration::from_secs(30);

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
