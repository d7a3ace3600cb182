//! The output and the reports.

use anyhow::Result;
use rustix::process::Signal;
use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::server::Server;
use super::{FAILING, Folder, PASSING, SKIPPED};

#[tokio::test]
async fn the_whole_conversation_is_shown_on_request() -> Result<()> {
    let server = Server::start().await?;
    let url = server.url();
    let folder = Folder::with(&[("a.wscat", PASSING)])?;
    let said = folder.run(&format!("--url {url} --verbose .")).await?;
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
    let url = server.url();
    let files = [
        ("a.wscat", FAILING),
        ("b.wscat", PASSING),
        ("c.wscat", SKIPPED),
        ("d.wscat", "oi"),
    ];
    let folder = Folder::with(&files)?;
    let said = folder
        .run(&format!("--url {url} --jobs 2 --report junit report.xml ."))
        .await?;
    assert_eq!(said.code, Some(2), "{}{}", said.out, said.err);
    let xml = folder.read("report.xml")?;
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
async fn a_report_that_cannot_be_written_is_an_error_before_anything_is_played() -> Result<()> {
    let folder = Folder::with(&[("a.wscat", "$ wscat -c ws://127.0.0.1:9/dev\n")])?;
    let said = folder
        .run("--report junit a.wscat/report.xml a.wscat")
        .await?;
    said.ended(2, "error: cannot write a.wscat/report.xml: ");
    assert!(!said.out.contains("cannot connect"), "{}", said.out);
    let said = folder
        .run("--report junit ci/reports/a.xml a.wscat")
        .await?;
    said.ended(2, "cannot connect");
    let report = folder.read("ci/reports/a.xml")?;
    assert!(report.contains("cannot connect"), "{report}");
    Ok(())
}

#[tokio::test]
async fn colours_are_printed_on_terminals_and_on_request() -> Result<()> {
    let server = Server::start().await?;
    let url = server.url();
    let folder = Folder::with(&[("a.wscat", FAILING), ("b.wscat", "oi")])?;
    let arguments = format!("--url {url} .");
    let plain = folder.run(&arguments).await?.out;
    assert!(!plain.contains('\u{1b}'), "{plain:?}");
    let forced = folder
        .run_with(&[("CLICOLOR_FORCE", "1")], &arguments)
        .await?
        .out;
    assert!(
        forced.contains("\u{1b}[31m< tchau") || forced.contains("\u{1b}[32m< tchau"),
        "{forced:?}"
    );
    let both = [("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")];
    let neither = folder.run_with(&both, &arguments).await?.out;
    assert!(!neither.contains('\u{1b}'), "NO_COLOR wins: {neither:?}");
    Ok(())
}

#[tokio::test]
async fn an_interrupted_run_writes_its_report() -> Result<()> {
    let server = Server::start().await?;
    let url = server.url();
    let slow = "$ wscat -c ws://127.0.0.1:3001/dev\npause 10 min\n";
    let folder = Folder::with(&[
        ("a.wscat", PASSING),
        ("b.wscat", slow),
        ("c.wscat", PASSING),
    ])?;
    for signal in [Signal::INT, Signal::TERM] {
        let mut child = folder
            .command(&format!("--url {url} --report junit r.xml ."))
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
        rustix::process::kill_process(id.expect("it runs"), signal)?;
        assert_eq!(child.wait().await?.code(), Some(130));
        let last = lines.next_line().await?.unwrap_or_default();
        assert!(last.contains("interrupted after 1 of 3"), "{last}");
        let report = folder.read("r.xml")?;
        assert!(report.contains("name=\"./a.wscat\""), "{report}");
        // The others must not look as if they had passed.
        assert!(report.contains("tests=\"3\""), "{report}");
        assert!(report.contains("errors=\"2\""), "{report}");
    }
    Ok(())
}

#[tokio::test]
async fn output_stays_small_whatever_arrives() -> Result<()> {
    let server = Server::start().await?;
    let url = server.url();
    let long = format!(
        "$ wscat -c ws://a/dev\n> echo {{}}\n< {{\"a\":\"{}\"}}\n",
        "x".repeat(500_000)
    );
    let many = "$ wscat -c ws://a/dev\n> many 20000\n< tick 1\n";
    let folder = Folder::with(&[("a.wscat", &long), ("b.wscat", many)])?;
    let said = folder
        .run(&format!("--url {url} --verbose --report junit r.xml ."))
        .await?;
    assert_eq!(said.code, Some(1));
    assert!(said.out.len() < 200_000, "{}", said.out.len());
    let report = std::fs::metadata(folder.path("r.xml"))?.len();
    assert!(report < 200_000, "{report}");
    Ok(())
}
