//! The player and its messages, against a small server in this process.
//!
//! - `player/passing/*.wscat` pass.
//! - `player/failing/*.wscat` fail when they are played, with just the message in the `.err` beside each.
//! - `player/broken/*.wscat` are not transcripts; the same.
//! - Every example of README.md and FORMAT.md passes.
//! - All that are read can be formatted.
//!
//! `E2E_UPDATE=1 cargo test -p papagaio --test player` writes the `.err` files from the current messages; review the difference.

#[path = "player/server.rs"]
mod server;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};
use papagaio::endpoint::Target;
use papagaio::files::{self, FileError};
use papagaio::format;
use papagaio::player::{Player, Settings};
use papagaio::transcript::Transcript;

use self::server::Server;

/// How long lines may wait that are met: a busy machine must not fail a test.
const TIMEOUT: Duration = Duration::from_secs(20);

/// How long lines may wait in transcripts that fail, where nothing arrives.
const SHORT_TIMEOUT: Duration = Duration::from_secs(2);

fn main() -> Result<ExitCode, FileError> {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for (folder, test) in [
        ("passing", passes as fn(&Path) -> Result<(), Failed>),
        ("failing", fails),
        ("broken", is_broken),
    ] {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/player");
        let found = files::find(&[root.join(folder)])?;
        trials.extend(found.into_iter().map(|path| {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            Trial::test(format!("{folder}/{name}"), move || test(&path))
        }));
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for page in ["README.md", "FORMAT.md"] {
        let path = root.join(page);
        trials.push(Trial::test(format!("{page} can be formatted"), move || {
            is_formatted(&path)
        }));
        for example in files::read(&named(&root.join(page)))? {
            let name = example.name();
            trials.push(Trial::test(name, move || example_passes(&example)));
        }
    }
    Ok(libtest_mimic::run(&arguments, trials).exit_code())
}

/// A transcript that is formatted keeps its meaning, which is checked when it is formatted.
fn is_formatted(path: &Path) -> Result<(), Failed> {
    let text = std::fs::read_to_string(path)?;
    let name = named(path).display().to_string();
    if path.extension().is_some_and(|extension| extension == "md") {
        format::document(&name, &text)?;
    } else {
        format::transcript(&name, &text)?;
    }
    Ok(())
}

fn passes(path: &Path) -> Result<(), Failed> {
    is_formatted(path)?;
    Ok(played(path, TIMEOUT)?.map_err(|message| format!("it failed\n\n{message}"))?)
}

fn example_passes(example: &Transcript) -> Result<(), Failed> {
    Ok(run(example, TIMEOUT)?.map_err(|message| format!("it failed\n\n{message}"))?)
}

fn fails(path: &Path) -> Result<(), Failed> {
    is_formatted(path)?;
    match played(path, SHORT_TIMEOUT)? {
        Ok(()) => Err("it passed".into()),
        Err(message) => says(path, &format!("{message}\n")),
    }
}

fn is_broken(path: &Path) -> Result<(), Failed> {
    match files::read(&named(path)) {
        Ok(_) => Err("it was read".into()),
        Err(error) => says(path, &format!("{error}\n")),
    }
}

/// Plays the transcript against its own server; the message of a failure is the inner error.
fn played(path: &Path, limit: Duration) -> Result<Result<(), String>, Failed> {
    run(&files::read(&named(path))?.remove(0), limit)
}

fn run(transcript: &Transcript, limit: Duration) -> Result<Result<(), String>, Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let server = Server::start().await?;
        let settings = Settings {
            target: Some(Target::server_of(&server.url().parse()?)),
            ..Settings::new(limit)
        };
        let result = Player::new(&settings).play(transcript).await;
        Ok(result.map_err(|failure| {
            let port = format!(":{}/", server.address().port());
            failure.to_string().replace(&port, ":PORT/")
        }))
    })
}

/// The path as messages show it: from the root of the package, wherever that is.
fn named(path: &Path) -> PathBuf {
    path.strip_prefix(env!("CARGO_MANIFEST_DIR"))
        .unwrap_or(path)
        .to_owned()
}

fn says(path: &Path, message: &str) -> Result<(), Failed> {
    let expected = path.with_extension("err");
    if std::env::var_os("E2E_UPDATE").is_some() {
        std::fs::write(&expected, message)?;
        return Ok(());
    }
    let wanted = std::fs::read_to_string(&expected)
        .map_err(|error| format!("cannot read {}: {error}", expected.display()))?;
    if wanted == message {
        Ok(())
    } else {
        Err(format!("it should say\n\n{wanted}\nbut it says\n\n{message}").into())
    }
}
