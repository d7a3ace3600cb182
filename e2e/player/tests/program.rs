//! The program `papagaio`, started as a user starts it.

#[path = "player/server.rs"]
mod server;

use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;

use anyhow::Result;
use tempfile::TempDir;
use tokio::process::Command;

use self::server::Server;

const PASSING: &str = "$ wscat -c ws://127.0.0.1:3001/dev\n> echo oi\n< oi\n";
const FAILING: &str = "$ wscat -c ws://127.0.0.1:3001/dev\n> echo oi\n< tchau\n";

/// What a run said.
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

async fn e2e(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Result<Said> {
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
async fn all_passed_is_0() -> Result<()> {
    let server = Server::start().await?;
    let url = format!("ws://{}/dev", server.address());
    let folder = transcripts(&[("a.wscat", PASSING), ("b.wscat", PASSING)])?;
    let said = e2e(folder.path(), &["--url", &url, "."], &[]).await?;
    assert_eq!(said.code, Some(0), "{}", said.out);
    assert!(said.out.contains("./a.wscat: ok ("), "{}", said.out);
    assert!(said.out.contains("2 passed, 0 failed, against ws://"));
    Ok(())
}

#[tokio::test]
async fn some_failed_is_1_and_the_others_are_played() -> Result<()> {
    let server = Server::start().await?;
    let url = format!("ws://{}/dev", server.address());
    let folder = transcripts(&[("a.wscat", FAILING), ("b.wscat", PASSING)])?;
    let said = e2e(folder.path(), &["--url", &url, "a.wscat", "b.wscat"], &[]).await?;
    assert_eq!(said.code, Some(1), "{}", said.out);
    assert!(
        said.out
            .contains("a.wscat: FAILED\n\nerror: the text differs\n --> a.wscat:3:1\n")
    );
    assert!(said.out.contains("b.wscat: ok ("), "{}", said.out);
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_read_is_2_and_the_others_are_played() -> Result<()> {
    let server = Server::start().await?;
    let url = format!("ws://{}/dev", server.address());
    let folder = transcripts(&[
        ("a.wscat", "oi\n"),
        ("b.wscat", FAILING),
        ("c.wscat", PASSING),
    ])?;
    let arguments = ["--url", &url, "a.wscat", "b.wscat", "c.wscat", "d.wscat"];
    let said = e2e(folder.path(), &arguments, &[]).await?;
    assert_eq!(said.code, Some(2), "{}", said.out);
    assert!(
        said.out.contains("1 passed, 1 failed, 2 could not run"),
        "{}",
        said.out
    );
    Ok(())
}

#[tokio::test]
async fn nobody_at_the_address_is_2() -> Result<()> {
    // Nobody listens at a port that was free a moment ago.
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let url = format!("ws://{address}/dev");
    let folder = transcripts(&[("a.wscat", PASSING)])?;
    let said = e2e(folder.path(), &["--url", &url, "."], &[]).await?;
    assert_eq!(said.code, Some(2), "{}", said.out);
    assert!(
        said.out.contains(&format!("cannot connect to {url}: ")),
        "{}",
        said.out
    );
    Ok(())
}

#[tokio::test]
async fn no_transcript_is_2() -> Result<()> {
    let folder = transcripts(&[("notes.txt", PASSING)])?;
    let said = e2e(folder.path(), &["."], &[]).await?;
    assert_eq!(said.code, Some(2));
    assert_eq!(said.err, "error: there is no transcript (*.wscat) in .\n");
    Ok(())
}

#[tokio::test]
async fn an_address_that_is_none_is_2() -> Result<()> {
    let folder = transcripts(&[("a.wscat", PASSING)])?;
    let said = e2e(folder.path(), &["--url", "http://a", "."], &[]).await?;
    assert_eq!(said.code, Some(2));
    assert!(
        said.err
            .contains("it should look like ws://127.0.0.1:3001/dev"),
        "{}",
        said.err
    );
    Ok(())
}

const SKIPPED: &str = "$ wscat -c ws://127.0.0.1:3001/dev\nrestart the gateway\n";

#[tokio::test]
async fn what_only_a_local_stack_can_do_is_skipped_with_a_notice_and_0() -> Result<()> {
    let server = Server::start().await?;
    let url = format!("ws://{}/dev", server.address());
    let folder = transcripts(&[("a.wscat", SKIPPED), ("b.wscat", PASSING)])?;
    let said = e2e(folder.path(), &["--url", &url, "."], &[]).await?;
    assert_eq!(said.code, Some(0), "{}", said.out);
    let notice = "./a.wscat: skipped, because line 2 needs a local stack: restart the gateway\n";
    assert!(said.out.contains(notice), "{}", said.out);
    assert!(said.out.contains("1 passed, 0 failed, 1 skipped, against"));
    Ok(())
}

#[tokio::test]
async fn the_whole_conversation_is_shown_on_request() -> Result<()> {
    let server = Server::start().await?;
    let url = format!("ws://{}/dev", server.address());
    let folder = transcripts(&[("a.wscat", PASSING)])?;
    let said = e2e(folder.path(), &["--url", &url, "--verbose", "."], &[]).await?;
    let lines: Vec<_> = said
        .out
        .lines()
        .filter_map(|line| line.trim_start().split_once(' '))
        .filter(|(time, _)| time.parse::<f64>().is_ok_and(|seconds| seconds < 60.0))
        .map(|(_, what)| what.to_owned())
        .take(4)
        .collect();
    let connecting = format!("$ wscat -c {url}");
    assert_eq!(
        lines,
        [&connecting, "Connected", "> echo oi", "< oi"],
        "{}",
        said.out
    );
    Ok(())
}

#[tokio::test]
async fn the_report_names_every_ending() -> Result<()> {
    let server = Server::start().await?;
    let url = format!("ws://{}/dev", server.address());
    let files = [
        ("a.wscat", FAILING),
        ("b.wscat", PASSING),
        ("c.wscat", SKIPPED),
        ("d.wscat", "oi"),
    ];
    let folder = transcripts(&files)?;
    let arguments = [
        "--url",
        &url,
        "--jobs",
        "2",
        "--report",
        "junit",
        "report.xml",
        ".",
    ];
    let said = e2e(folder.path(), &arguments, &[]).await?;
    assert_eq!(said.code, Some(2), "{}{}", said.out, said.err);
    let xml = std::fs::read_to_string(folder.path().join("report.xml"))?;
    let report = quick_junit::Report::deserialize_from_str(&xml)?;
    let suite = &report.test_suites[0];
    assert_eq!(
        (suite.tests, suite.failures, suite.errors, suite.skipped),
        (4, 1, 1, 1)
    );
    let names: Vec<_> = suite
        .test_cases
        .iter()
        .map(|case| case.name.to_string())
        .collect();
    assert_eq!(names, ["./a.wscat", "./b.wscat", "./c.wscat", "./d.wscat"]);
    assert!(
        xml.contains("<failure message=\"the text differs\""),
        "{xml}"
    );
    assert!(
        xml.contains("&gt; echo oi"),
        "the conversation is in it: {xml}"
    );
    Ok(())
}

#[tokio::test]
async fn another_report_is_refused() -> Result<()> {
    let folder = transcripts(&[("a.wscat", PASSING)])?;
    let said = e2e(folder.path(), &["--report", "html", "x", "."], &[]).await?;
    assert_eq!(said.code, Some(2));
    assert_eq!(
        said.err,
        "error: there is no report of format html; junit is one\n"
    );
    Ok(())
}

#[tokio::test]
async fn colours_are_for_those_who_want_them() -> Result<()> {
    let server = Server::start().await?;
    let url = format!("ws://{}/dev", server.address());
    let folder = transcripts(&[("a.wscat", FAILING), ("b.wscat", "oi")])?;
    let arguments = ["--url", &url, "."];
    let plain = e2e(folder.path(), &arguments, &[]).await?.out;
    assert!(!plain.contains('\u{1b}'), "{plain:?}");
    let forced = e2e(folder.path(), &arguments, &[("CLICOLOR_FORCE", "1")])
        .await?
        .out;
    assert!(
        forced.contains("\u{1b}[31m< tchau") || forced.contains("\u{1b}[32m< tchau"),
        "{forced:?}"
    );
    let both = [("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")];
    let neither = e2e(folder.path(), &arguments, &both).await?.out;
    assert!(!neither.contains('\u{1b}'), "NO_COLOR wins: {neither:?}");
    Ok(())
}

#[tokio::test]
async fn a_template_that_does_not_exist_is_2_and_named() -> Result<()> {
    let folder = transcripts(&[("a.wscat", PASSING)])?;
    let said = e2e(folder.path(), &["--template", "none.yaml", "."], &[]).await?;
    assert_eq!(said.code, Some(2), "{}", said.out);
    assert!(said.err.contains("gateway"), "{}", said.err);
    Ok(())
}

#[tokio::test]
async fn an_encrypted_endpoint_works() -> Result<()> {
    let certificate = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
    let server = Server::start_tls(&certificate).await?;
    let url = format!("wss://{}/dev", server.address());
    let folder = transcripts(&[("a.wscat", PASSING), ("ca.pem", &certificate.cert.pem())])?;
    let arguments = ["--url", &url, "."];
    let said = e2e(folder.path(), &arguments, &[("SSL_CERT_FILE", "ca.pem")]).await?;
    assert_eq!(said.code, Some(0), "{}", said.out);
    Ok(())
}

#[tokio::test]
async fn a_certificate_that_nobody_trusts_is_2() -> Result<()> {
    let (shown, trusted) = (
        rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?,
        rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?,
    );
    let server = Server::start_tls(&shown).await?;
    let url = format!("wss://{}/dev", server.address());
    let folder = transcripts(&[("a.wscat", PASSING), ("ca.pem", &trusted.cert.pem())])?;
    let arguments = ["--url", &url, "."];
    let said = e2e(folder.path(), &arguments, &[("SSL_CERT_FILE", "ca.pem")]).await?;
    assert_eq!(said.code, Some(2), "{}", said.out);
    assert!(said.out.contains("certificate"), "{}", said.out);
    Ok(())
}
