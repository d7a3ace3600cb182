//! The report that CI systems read: `JUnit`'s XML in its common schema.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::outcome::{Outcome, Verdict};
use super::printer::conversation;
use crate::diagnostic::Rendered;

/// Writes what was played to `path`, whose folder need not exist. Outcomes are sorted by name, so that two reports of one suite can be compared.
pub(super) fn write(path: &Path, outcomes: &[Outcome], took: Duration) -> Result<()> {
    let xml = xml(&report(outcomes, took))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(path, xml))
        .with_context(|| format!("cannot write {}", path.display()))
}

fn xml(report: &Report) -> Result<String> {
    let xml = report
        .to_string()
        .context("the report cannot be written as XML")?;
    // The common schema (Jenkins' junit-10.xsd) has `skipped` in each suite, and not in the element around them, which comes first.
    let skipped = format!(" skipped=\"{}\"", report.skipped);
    Ok(xml.replacen(&skipped, "", 1))
}

fn report(outcomes: &[Outcome], took: Duration) -> Report {
    let mut sorted: Vec<_> = outcomes.iter().collect();
    sorted.sort_by(|left, right| left.name.cmp(&right.name));
    let mut suite = TestSuite::new("transcripts");
    suite.set_time(took);
    suite.add_test_cases(sorted.into_iter().map(case));
    let mut report = Report::new("papagaio");
    report.set_time(took);
    report.add_test_suite(suite);
    report
}

fn case(outcome: &Outcome) -> TestCase {
    let non_success = |kind, message: &Rendered| {
        let message = message.to_string();
        let mut status = TestCaseStatus::non_success(kind);
        let title = message.lines().next().unwrap_or_default();
        status.set_message(title.strip_prefix("error: ").unwrap_or(title));
        status.set_description(message);
        status
    };
    let status = match &outcome.verdict {
        Verdict::Passed => TestCaseStatus::success(),
        Verdict::Failed(message) => non_success(NonSuccessKind::Failure, message),
        Verdict::NotRun(message) => non_success(NonSuccessKind::Error, message),
        Verdict::Skipped(why) => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(why.as_str());
            status
        }
    };
    let mut case = TestCase::new(outcome.name.as_str(), status);
    case.set_classname("transcripts");
    case.set_time(outcome.took);
    if !outcome.log.is_empty() {
        case.set_system_out(conversation(outcome));
    }
    case
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(name: &str, verdict: Verdict) -> Outcome {
        Outcome {
            name: name.to_owned(),
            verdict,
            took: Duration::from_millis(1_500),
            log: Vec::new(),
            terminals: Vec::new(),
        }
    }

    #[test]
    fn every_ending_has_its_element_and_everything_is_counted() {
        let said = |message: &str| Rendered::of(&message);
        let outcomes = [
            outcome("d", Verdict::NotRun(said("no such file"))),
            outcome("a", Verdict::Passed),
            outcome(
                "b",
                Verdict::Failed(said("error: a < b & \"c\" \u{1b}[31m\nmore")),
            ),
            outcome("c", Verdict::Skipped("no stack".to_owned())),
        ];
        let xml = xml(&report(&outcomes, Duration::from_secs(6))).unwrap();
        assert_eq!(
            xml,
            r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="papagaio" tests="4" failures="1" errors="1" time="6.000">
    <testsuite name="transcripts" tests="4" skipped="1" errors="1" failures="1" time="6.000">
        <testcase name="a" classname="transcripts" time="1.500"/>
        <testcase name="b" classname="transcripts" time="1.500">
            <failure message="a &lt; b &amp; &quot;c&quot; ">error: a &lt; b &amp; &quot;c&quot; 
more</failure>
        </testcase>
        <testcase name="c" classname="transcripts" time="1.500">
            <skipped message="no stack"/>
        </testcase>
        <testcase name="d" classname="transcripts" time="1.500">
            <error message="no such file">no such file</error>
        </testcase>
    </testsuite>
</testsuites>
"#
        );
        let read = Report::deserialize_from_str(&xml).unwrap();
        assert_eq!(read.test_suites[0].test_cases.len(), 4);
    }
}
