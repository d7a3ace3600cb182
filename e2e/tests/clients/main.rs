//! The clients of `clients/`, which are written in other languages, held to the transcripts of the chat.
//!
//! A client program stands between the player and the stack: what a terminal sends is a line of the program's input, and each
//! line of its output is a frame that the terminal receives.
//!
//! `cargo xtask test --only clients` sets `PAPO_PYTHON` to a Python with the package `websockets`. Without it, the tests say so and
//! try nothing.

mod bridge;
mod script;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, ensure};
use libtest_mimic::{Arguments, Failed, Trial};
use papagaio::files;
use papagaio::transcript::Transcript;
use papo_e2e::play::{play, run_on};
use papo_e2e::stack;

use bridge::Program;

/// Transcripts that a client cannot pass, and why.
const LEFT_OUT: [(&str, &[&str]); 4] = [
    (
        "input that is not an action",
        &[
            "answers-to-many-questions",
            "binary-frame",
            "errors-go-to-the-sender-alone",
            "malformed-body",
            "unknown-action",
        ],
    ),
    (
        "the client reconnects instead of reporting how a connection or a handshake ended",
        &[
            "frame-too-large",
            "gateway-restarts",
            "invalid-room",
            "largest-frame",
            "largest-message",
            "sub-protocol",
            "unknown-stage",
        ],
    ),
    (
        "the client prints an entry only once, however often it arrives",
        &["edit-delete-and-react", "said-again"],
    ),
    (
        "the client sends the next message only after the previous one was acknowledged or refused, by its id",
        &["invalid-client-message-id"],
    ),
];

fn main() -> Result<ExitCode> {
    let arguments = Arguments::from_args();
    let Some(python) = std::env::var_os("PAPO_PYTHON").map(PathBuf::from) else {
        eprintln!(
            "not tested, because PAPO_PYTHON is not set: run cargo xtask test --only clients"
        );
        return Ok(ExitCode::SUCCESS);
    };
    if !arguments.list {
        // One message if it does not build, instead of one per test.
        papo_e2e::build()?;
    }
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = Program {
        interpreter: python,
        script: package.join("clients/chat.py"),
    };
    let mut left_out: BTreeSet<&str> = LEFT_OUT
        .iter()
        .flat_map(|(_, names)| *names)
        .copied()
        .collect();
    let mut trials = Vec::new();
    for path in files::find(&["clients", "transcripts"].map(|folder| package.join(folder)))? {
        let name = path.file_stem().context("a file has a name")?;
        let name = name.to_string_lossy().into_owned();
        if left_out.remove(name.as_str()) {
            continue;
        }
        for transcript in files::read(&path)? {
            let program = program.clone();
            let name = format!("chat.py {name}");
            trials.push(Trial::test(name, move || passes(&transcript, program)));
        }
    }
    let script = package.join("clients/lost-connection.txt");
    let script = std::fs::read_to_string(&script)
        .with_context(|| format!("cannot read {}", script.display()))?;
    trials.push(Trial::test("chat.py lost-connection", move || {
        let followed = script::follow(&script, &program);
        followed.map_err(|error| format!("{error:#}").into())
    }));
    ensure!(left_out.is_empty(), "no such transcripts: {left_out:?}");
    Ok(libtest_mimic::run(&arguments, trials).exit_code())
}

fn passes(transcript: &Transcript, program: Program) -> Result<(), Failed> {
    Ok(run_on(stack::builder(), async |stack| {
        let bridge = bridge::start(program, stack.endpoint()).await;
        let bridge = bridge.map_err(|error| format!("{error:#}"))?;
        play(transcript, stack, &bridge).await
    })?)
}
