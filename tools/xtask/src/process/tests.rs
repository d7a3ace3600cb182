//! What holds for programs that we start, tried with `sh`.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{Job, command, end, group::Group, is_about_our_own_package, line, output, run};

fn sh(script: &str) -> Command {
    let mut command = command("sh");
    command
        .args(["-c", script])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

#[track_caller]
fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "{what} did not happen in 20 s"
        );
        std::thread::yield_now();
    }
}

#[test]
fn a_command_that_fails_is_an_error_that_names_it_and_its_status() {
    let error = run(&mut sh("exit 7")).unwrap_err().to_string();
    assert_eq!(error, "`sh -c 'exit 7'` failed (exit status: 7)");
}

#[test]
fn a_command_that_is_missing_is_an_error_that_says_what_to_look_at() {
    let error = run(&mut command("no-such-program-anywhere"))
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "cannot start no-such-program-anywhere: is it installed and on PATH?"
    );
}

#[test]
fn the_answer_of_a_command_that_fails_holds_its_own_words() {
    let mut command = command("sh");
    command.args(["-c", "echo 'out of cheese' >&2; exit 1"]);
    let error = output(&mut command).unwrap_err().to_string();
    assert!(
        error.ends_with("failed (exit status: 1): out of cheese"),
        "{error}"
    );
}

#[test]
fn a_job_that_is_dropped_takes_its_own_children_along() {
    let job = Job::start("parent", &mut sh("sleep 1000 & sleep 1000 & wait")).unwrap();
    let group: Group = job.group;
    assert!(group.is_alive());
    drop(job);
    assert!(!group.is_alive());
}

#[test]
fn children_that_outlive_their_parent_are_ended_too() {
    let mut job = Job::start("parent", &mut sh("sleep 1000 & exit 0")).unwrap();
    let group = job.group;
    eventually("the parent's end", || job.ended().unwrap().is_some());
    assert!(group.is_alive(), "the child should still sleep");
    drop(job);
    assert!(!group.is_alive());
}

#[test]
fn a_job_that_ignores_the_polite_signal_is_killed() {
    let directory = tempfile::tempdir().unwrap();
    let ready = directory.path().join("ready");
    let mut job = [Job::start(
        "stubborn",
        sh("trap '' TERM; : > \"$READY\"; while :; do sleep 1; done").env("READY", &ready),
    )
    .unwrap()];
    eventually("the trap", || ready.exists());
    end(&mut job, Duration::from_millis(300));
    assert!(!job[0].group.is_alive());
}

#[test]
fn a_command_line_is_shown_as_one_would_type_it() {
    let mut command = command("/usr/bin/cargo");
    command.args(["test", "-p", "papo-app", "--", "it's here", ""]);
    assert_eq!(
        line(&command),
        r"cargo test -p papo-app -- 'it'\''s here' ''"
    );
}

#[test]
fn only_what_cargo_says_about_this_package_is_taken_out_of_the_environment() {
    assert!(is_about_our_own_package("CARGO_PKG_NAME"));
    assert!(is_about_our_own_package("CARGO_MANIFEST_DIR"));
    assert!(!is_about_our_own_package("CARGO_TARGET_DIR"));
    assert!(!is_about_our_own_package("CARGO_HOME"));
    assert!(!is_about_our_own_package("CARGO"));
}
