//! The program `papagaio`, started as a user starts it. Here: exit codes, input and variables.

mod connecting;
mod load;
mod output;
mod proxy;
#[path = "../player/server.rs"]
mod server;

use std::path::Path;
use std::process::Stdio;

use anyhow::Result;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use self::server::Server;

const PASSING: &str = "$ wscat -c ws://127.0.0.1:3001/dev\n> echo oi\n< oi\n";
const FAILING: &str = "$ wscat -c ws://127.0.0.1:3001/dev\n> echo oi\n< tchau\n";

const SKIPPED: &str = "$ wscat -c ws://127.0.0.1:3001/dev\nrestart the gateway\n";

/// The result of a run.
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

/// A folder with these transcripts.
fn transcripts(files: &[(&str, &str)]) -> Result<TempDir> {
    let folder = tempfile::tempdir()?;
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text)?;
    }
    Ok(folder)
}

async fn papagaio(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Result<Said> {
    let output = Command::new(env!("CARGO_BIN_EXE_papagaio"))
        .args(arguments)
        .envs(variables.iter().copied())
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .await?;
    Ok(Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout)?,
        err: String::from_utf8(output.stderr)?,
    })
}

#[tokio::test]
async fn all_passed_exits_with_0() -> Result<()> {
    let server = Server::start().await?;
    let url = format!("ws://{}", server.address());
    let folder = transcripts(&[("a.wscat", PASSING), ("b.wscat", PASSING)])?;
    let said = papagaio(folder.path(), &["--url", &url, "."], &[]).await?;
    assert_eq!(said.code, Some(0), "{}", said.out);
    assert!(said.out.contains("./a.wscat: ok ("), "{}", said.out);
    assert!(said.out.contains("2 passed, 0 failed, against ws://"));
    Ok(())
}

#[tokio::test]
async fn a_failure_exits_with_1_and_the_others_are_played() -> Result<()> {
    let server = Server::start().await?;
    let url = format!("ws://{}", server.address());
    let folder = transcripts(&[("a.wscat", FAILING), ("b.wscat", PASSING)])?;
    let said = papagaio(folder.path(), &["--url", &url, "a.wscat", "b.wscat"], &[]).await?;
    assert_eq!(said.code, Some(1), "{}", said.out);
    assert!(
        said.out
            .contains("a.wscat: FAILED\n\nerror: the text differs\n --> a.wscat:3:1\n")
    );
    assert!(said.out.contains("b.wscat: ok ("), "{}", said.out);
    Ok(())
}

#[tokio::test]
async fn an_unreadable_file_exits_with_2_and_the_others_are_played() -> Result<()> {
    let server = Server::start().await?;
    let url = format!("ws://{}", server.address());
    let folder = transcripts(&[
        ("a.wscat", "oi\n"),
        ("b.wscat", FAILING),
        ("c.wscat", PASSING),
    ])?;
    let arguments = ["--url", &url, "a.wscat", "b.wscat", "c.wscat", "d.wscat"];
    let said = papagaio(folder.path(), &arguments, &[]).await?;
    assert_eq!(said.code, Some(2), "{}", said.out);
    assert!(
        said.out.contains("1 passed, 1 failed, 2 could not run"),
        "{}",
        said.out
    );
    Ok(())
}

#[tokio::test]
async fn no_transcript_exits_with_2() -> Result<()> {
    let folder = transcripts(&[("notes.txt", PASSING)])?;
    let said = papagaio(folder.path(), &["."], &[]).await?;
    assert_eq!(said.code, Some(2));
    assert_eq!(said.err, "error: no transcript (*.wscat) in .\n");
    Ok(())
}

#[tokio::test]
async fn hooks_without_a_local_stack_are_skipped_with_a_notice() -> Result<()> {
    let server = Server::start().await?;
    let url = format!("ws://{}", server.address());
    let folder = transcripts(&[("a.wscat", SKIPPED), ("b.wscat", PASSING)])?;
    let said = papagaio(folder.path(), &["--url", &url, "."], &[]).await?;
    assert_eq!(said.code, Some(0), "{}", said.out);
    let notice = "./a.wscat: skipped, because line 2 needs a local stack: restart the gateway\n";
    assert!(said.out.contains(notice), "{}", said.out);
    assert!(said.out.contains("1 passed, 0 failed, 1 skipped, against"));
    Ok(())
}

#[tokio::test]
async fn a_missing_template_exits_with_2_and_is_named() -> Result<()> {
    let folder = transcripts(&[("a.wscat", PASSING)])?;
    let said = papagaio(folder.path(), &["--template", "none.yaml", "."], &[]).await?;
    assert_eq!(said.code, Some(2), "{}", said.out);
    assert!(said.err.contains("gateway"), "{}", said.err);
    Ok(())
}

#[tokio::test]
async fn variables_come_from_the_command_line_the_environment_and_files() -> Result<()> {
    let server = Server::start().await?;
    let text = "$ wscat -c <$server>/<$path> -H \"x-test: <$token>\"\n> request\n\
                < {\"path\":\"/<$path>\",\"x-test\":\"<$token>\"}\n> echo <$token>\n< other\n";
    let folder = transcripts(&[("a.wscat", text), ("vars", "path = from/file\n")])?;
    let server = format!("server=ws://{}", server.address());
    let arguments = [
        "--variable",
        &server,
        "--secret",
        "token",
        "--variables-file",
        "vars",
        "--verbose",
        "--report",
        "junit",
        "r.xml",
        "a.wscat",
    ];
    let said = papagaio(folder.path(), &arguments, &[("token", "hunter2\"x")]).await?;
    assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    assert!(said.out.contains("got: < ***"), "{}", said.out);
    let report = std::fs::read_to_string(folder.path().join("r.xml"))?;
    for text in [&said.out, &said.err, &report] {
        assert!(!text.contains("hunter2"), "{text}");
    }
    Ok(())
}

#[tokio::test]
async fn standard_input_is_a_file_too() -> Result<()> {
    let server = Server::start().await?;
    let folder = transcripts(&[])?;
    let mut child = Command::new(env!("CARGO_BIN_EXE_papagaio"))
        .args(["--url", &format!("ws://{}", server.address()), "-"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(PASSING.as_bytes()).await?;
    }
    let output = child.wait_with_output().await?;
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8(output.stdout)?.starts_with("-: ok"));
    Ok(())
}
