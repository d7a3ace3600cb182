//! The program `papagaio`, started as a user starts it: exit codes, output, TLS, variables.

#[path = "player/server.rs"]
mod server;

use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;

use anyhow::Result;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Command;

use self::server::Server;

const PASSING: &str = "$ wscat -c ws://127.0.0.1:3001/dev\n> echo oi\n< oi\n";
const FAILING: &str = "$ wscat -c ws://127.0.0.1:3001/dev\n> echo oi\n< tchau\n";

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
async fn no_answer_at_the_address_exits_with_2() -> Result<()> {
    // Nothing listens at a port that was free a moment ago.
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let url = format!("ws://{address}");
    let folder = transcripts(&[("a.wscat", PASSING)])?;
    let said = papagaio(folder.path(), &["--url", &url, "."], &[]).await?;
    assert_eq!(said.code, Some(2), "{}", said.out);
    assert!(
        said.out
            .contains(&format!("cannot connect to {url}/dev: connection refused")),
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
async fn an_invalid_address_exits_with_2() -> Result<()> {
    let folder = transcripts(&[("a.wscat", PASSING)])?;
    let said = papagaio(folder.path(), &["--url", "http://a", "."], &[]).await?;
    assert_eq!(said.code, Some(2));
    assert!(
        said.err
            .contains("the address of a WebSocket begins with ws:// or wss://"),
        "{}",
        said.err
    );
    Ok(())
}

const SKIPPED: &str = "$ wscat -c ws://127.0.0.1:3001/dev\nrestart the gateway\n";

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
async fn the_whole_conversation_is_shown_on_request() -> Result<()> {
    let server = Server::start().await?;
    let url = format!("ws://{}", server.address());
    let folder = transcripts(&[("a.wscat", PASSING)])?;
    let said = papagaio(folder.path(), &["--url", &url, "--verbose", "."], &[]).await?;
    let lines: Vec<_> = said
        .out
        .lines()
        .filter_map(|line| line.trim_start().split_once(' '))
        .filter(|(time, _)| time.parse::<f64>().is_ok_and(|seconds| seconds < 60.0))
        .map(|(_, what)| what.to_owned())
        .take(4)
        .collect();
    let connecting = format!("$ wscat -c {url}/dev");
    assert_eq!(
        lines,
        [&connecting, "Connected", "> echo oi", "< oi"],
        "{}",
        said.out
    );
    Ok(())
}

#[tokio::test]
async fn the_report_contains_every_result() -> Result<()> {
    let server = Server::start().await?;
    let url = format!("ws://{}", server.address());
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
    let said = papagaio(folder.path(), &arguments, &[]).await?;
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
async fn an_unknown_report_format_is_rejected() -> Result<()> {
    let folder = transcripts(&[("a.wscat", PASSING)])?;
    let said = papagaio(folder.path(), &["--report", "html", "x", "."], &[]).await?;
    assert_eq!(said.code, Some(2));
    assert_eq!(
        said.err,
        "error: unknown report format html; the only one is junit\n"
    );
    Ok(())
}

#[tokio::test]
async fn colours_are_printed_on_terminals_and_on_request() -> Result<()> {
    let server = Server::start().await?;
    let url = format!("ws://{}", server.address());
    let folder = transcripts(&[("a.wscat", FAILING), ("b.wscat", "oi")])?;
    let arguments = ["--url", &url, "."];
    let plain = papagaio(folder.path(), &arguments, &[]).await?.out;
    assert!(!plain.contains('\u{1b}'), "{plain:?}");
    let forced = papagaio(folder.path(), &arguments, &[("CLICOLOR_FORCE", "1")])
        .await?
        .out;
    assert!(
        forced.contains("\u{1b}[31m< tchau") || forced.contains("\u{1b}[32m< tchau"),
        "{forced:?}"
    );
    let both = [("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")];
    let neither = papagaio(folder.path(), &arguments, &both).await?.out;
    assert!(!neither.contains('\u{1b}'), "NO_COLOR wins: {neither:?}");
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
async fn an_encrypted_endpoint_works() -> Result<()> {
    let certificate = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
    let server = Server::start_tls(&certificate).await?;
    let url = format!("wss://{}", server.address());
    let folder = transcripts(&[("a.wscat", PASSING), ("ca.pem", &certificate.cert.pem())])?;
    let arguments = ["--url", &url, "."];
    let said = papagaio(folder.path(), &arguments, &[("SSL_CERT_FILE", "ca.pem")]).await?;
    assert_eq!(said.code, Some(0), "{}", said.out);
    Ok(())
}

#[tokio::test]
async fn an_untrusted_certificate_exits_with_2() -> Result<()> {
    let (shown, trusted) = (
        rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?,
        rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?,
    );
    let server = Server::start_tls(&shown).await?;
    let url = format!("wss://{}", server.address());
    let folder = transcripts(&[("a.wscat", PASSING), ("ca.pem", &trusted.cert.pem())])?;
    let arguments = ["--url", &url, "."];
    let said = papagaio(folder.path(), &arguments, &[("SSL_CERT_FILE", "ca.pem")]).await?;
    assert_eq!(said.code, Some(2), "{}", said.out);
    assert!(said.out.contains("certificate"), "{}", said.out);
    Ok(())
}

#[tokio::test]
async fn a_self_signed_certificate_is_trusted_by_file_or_not_checked_at_all() -> Result<()> {
    let certificate = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
    let server = Server::start_tls(&certificate).await?;
    let url = format!("wss://{}", server.address());
    let no_check = PASSING.replace("wscat -c", "wscat -n -c");
    let files = [
        ("a.wscat", PASSING),
        ("b.wscat", &no_check),
        ("ca.pem", &certificate.cert.pem()),
    ];
    let folder = transcripts(&files)?;
    for (options, file) in [
        (&["--insecure"][..], "a.wscat"),
        (&["--cacert", "ca.pem"], "a.wscat"),
        (&[], "b.wscat"),
    ] {
        let arguments = [&["--url", &url, file], options].concat();
        let said = papagaio(folder.path(), &arguments, &[]).await?;
        assert_eq!(said.code, Some(0), "{options:?} {}", said.out);
    }
    let arguments = ["--url", &url, "--cacert", "a.wscat", "a.wscat"];
    let said = papagaio(folder.path(), &arguments, &[]).await?;
    assert!(
        said.out.contains("cannot read certificates from a.wscat"),
        "{}",
        said.out
    );
    Ok(())
}

#[tokio::test]
async fn without_a_url_each_file_goes_to_its_own_server() -> Result<()> {
    let (one, two) = (Server::start().await?, Server::start().await?);
    let text = format!(
        "[a]\n$ wscat -c ws://{}/ws/chat/?x=1\n> request\n< {{\"path\":\"/ws/chat/?x=1\"}}\n\
         [b]\n$ wscat -c ws://{}/\n> request\n< {{\"path\":\"/\"}}\n",
        one.address(),
        two.address()
    );
    let folder = transcripts(&[("a.wscat", &text)])?;
    let said = papagaio(folder.path(), &["a.wscat"], &[]).await?;
    assert_eq!(said.code, Some(0), "{}", said.out);
    Ok(())
}

#[tokio::test]
async fn the_base_path_says_which_part_of_paths_is_replaced() -> Result<()> {
    let server = Server::start().await?;
    let url = format!("ws://{}/prod", server.address());
    let text = "$ wscat -c ws://127.0.0.1:3001/dev/x\n> request\n< {\"path\":\"/prod/x\"}\n";
    let folder = transcripts(&[("a.wscat", text)])?;
    let arguments = ["--url", &url, "--base-path", "/dev", "."];
    let said = papagaio(folder.path(), &arguments, &[]).await?;
    assert_eq!(said.code, Some(0), "{}", said.out);
    let said = papagaio(folder.path(), &["--url", &url, "."], &[]).await?;
    assert_eq!(said.code, Some(2));
    assert!(
        said.err.contains("for example --base-path /prod"),
        "{}",
        said.err
    );
    Ok(())
}

#[tokio::test]
async fn credentials_of_an_address_are_sent_and_never_printed() -> Result<()> {
    let server = Server::start().await?;
    let url = format!("ws://me:s3cret@{}", server.address());
    let text = "$ wscat -c ws://a/dev -H \"Host: other\"\n> request\n\
                < {\"authorization\":\"Basic bWU6czNjcmV0\"}\n> host\n< other\n> request\n< {\"x\":1}\n";
    let folder = transcripts(&[("a.wscat", text)])?;
    let arguments = ["--url", &url, "--verbose", "."];
    let said = papagaio(folder.path(), &arguments, &[]).await?;
    assert_eq!(said.code, Some(1), "{}", said.out);
    assert!(said.out.contains("this field is missing"), "{}", said.out);
    assert!(!said.out.contains("expected \"other\""), "{}", said.out);
    assert!(!said.out.contains("s3cret"), "{}", said.out);
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
async fn a_connection_error_can_be_expected() -> Result<()> {
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let text = format!("$ wscat -c ws://{address}\nerror: connection refused\n");
    let folder = transcripts(&[("a.wscat", &text)])?;
    let said = papagaio(folder.path(), &["a.wscat"], &[]).await?;
    assert_eq!(said.code, Some(0), "{}", said.out);
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

#[tokio::test]
async fn an_interrupted_run_writes_its_report() -> Result<()> {
    let server = Server::start().await?;
    let url = format!("ws://{}", server.address());
    let slow = "$ wscat -c ws://127.0.0.1:3001/dev\npause 10 min\n";
    let folder = transcripts(&[("a.wscat", PASSING), ("b.wscat", slow)])?;
    let mut child = Command::new(env!("CARGO_BIN_EXE_papagaio"))
        .args(["--url", &url, "--report", "junit", "r.xml", "."])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    assert!(
        lines
            .next_line()
            .await?
            .is_some_and(|line| line.contains("a.wscat: ok"))
    );
    let id = child
        .id()
        .and_then(|id| rustix::process::Pid::from_raw(id.cast_signed()));
    rustix::process::kill_process(id.expect("it runs"), rustix::process::Signal::INT)?;
    assert_eq!(child.wait().await?.code(), Some(130));
    let last = lines.next_line().await?.unwrap_or_default();
    assert!(last.contains("interrupted after 1 of 2"), "{last}");
    let report = std::fs::read_to_string(folder.path().join("r.xml"))?;
    assert!(report.contains("name=\"./a.wscat\""), "{report}");
    Ok(())
}

#[tokio::test]
async fn output_stays_small_whatever_arrives() -> Result<()> {
    let server = Server::start().await?;
    let url = format!("ws://{}", server.address());
    let long = format!(
        "$ wscat -c ws://a/dev\n> echo {{}}\n< {{\"a\":\"{}\"}}\n",
        "x".repeat(500_000)
    );
    let many = "$ wscat -c ws://a/dev\n> many 20000\n< tick 1\n";
    let folder = transcripts(&[("a.wscat", &long), ("b.wscat", many)])?;
    let arguments = [
        "--url",
        &url,
        "--verbose",
        "--report",
        "junit",
        "r.xml",
        ".",
    ];
    let said = papagaio(folder.path(), &arguments, &[]).await?;
    assert_eq!(said.code, Some(1));
    assert!(said.out.len() < 200_000, "{}", said.out.len());
    let report = std::fs::metadata(folder.path().join("r.xml"))?.len();
    assert!(report < 200_000, "{report}");
    Ok(())
}

#[tokio::test]
async fn a_load_counts_clients_and_measures_each_expected_line() -> Result<()> {
    let server = Server::start().await?;
    let url = format!("ws://{}", server.address());
    let folder = transcripts(&[
        ("a.wscat", PASSING),
        ("b.wscat", FAILING),
        ("c.wscat", SKIPPED),
    ])?;
    let load = [
        "load",
        "--json",
        "--clients",
        "7",
        "--rate",
        "200",
        "--url",
        &url,
    ];
    let said = papagaio(folder.path(), &[&load[..], &["a.wscat"]].concat(), &[]).await?;
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    let json: serde_json::Value = serde_json::from_str(&said.out)?;
    assert_eq!(json["passed"], 7, "{json}");
    assert_eq!(json["lines"][0]["count"], 7, "{json}");
    assert_eq!(json["lines"][0]["text"], "< oi", "{json}");
    let said = papagaio(folder.path(), &[&load[..], &["b.wscat"]].concat(), &[]).await?;
    assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    let json: serde_json::Value = serde_json::from_str(&said.out)?;
    assert_eq!(
        json["failures"]["the text differs (b.wscat:3:1)"], 7,
        "{json}"
    );
    assert_eq!(json["lines"], serde_json::json!([]), "{json}");
    let said = papagaio(folder.path(), &[&load[..], &["c.wscat"]].concat(), &[]).await?;
    assert_eq!(said.code, Some(2), "{}", said.out);
    assert!(said.err.contains("nothing to measure"), "{}", said.err);
    Ok(())
}
