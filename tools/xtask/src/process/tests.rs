//! Starting and terminating programs, tried with `sh`.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{Job, command, group_is_alive, line, output, run, terminate};

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
            "{what} did not happen within 20 s"
        );
        std::thread::yield_now();
    }
}

#[test]
fn a_missing_program_is_reported_with_the_remedy() {
    let error = run(&mut command("no-such-program-anywhere"))
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "cannot start no-such-program-anywhere: is it installed and on PATH?"
    );
}

#[test]
fn the_error_of_a_failed_command_includes_its_standard_error() {
    let mut command = command("sh");
    command.args(["-c", "echo 'disk full' >&2; exit 1"]);
    let error = output(&mut command).unwrap_err().to_string();
    assert!(
        error.ends_with("failed (exit status: 1): disk full"),
        "{error}"
    );
}

#[test]
fn children_that_outlive_their_parent_are_terminated_too() {
    let mut job = Job::start("parent", &mut sh("sleep 1000 & exit 0")).unwrap();
    let group = job.group;
    eventually("the parent's exit", || job.exit_status().unwrap().is_some());
    assert!(group_is_alive(group), "the child should still sleep");
    drop(job);
    assert!(!group_is_alive(group));
}

#[test]
fn a_job_that_ignores_sigterm_is_killed() {
    let directory = tempfile::tempdir().unwrap();
    let ready = directory.path().join("ready");
    let mut job = [Job::start(
        "stubborn",
        sh("trap '' TERM; : > \"$READY\"; while :; do sleep 1; done").env("READY", &ready),
    )
    .unwrap()];
    eventually("the trap", || ready.exists());
    terminate(&mut job, Duration::from_millis(300));
    assert!(!group_is_alive(job[0].group));
}

#[test]
fn command_lines_are_shown_with_shell_quoting() {
    let mut command = command("/usr/bin/cargo");
    command.args(["test", "-p", "papo-app", "--", "it's here", ""]);
    assert_eq!(
        line(&command),
        r"cargo test -p papo-app -- 'it'\''s here' ''"
    );
}
